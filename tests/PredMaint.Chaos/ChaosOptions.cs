namespace PredMaint.Chaos;

/// <summary>How workers are members of their group.</summary>
public enum Membership
{
    /// <summary>The classic protocol; a worker that comes back is a new member.</summary>
    Classic,

    /// <summary>The classic protocol with <c>group.instance.id</c>: a worker that comes back is the member it was.</summary>
    Static,

    /// <summary>KIP-848, <c>group.protocol: consumer</c>: the brokers assign.</summary>
    Consumer,
}

/// <summary>What stays the same from the first strike of a round to its verdict.</summary>
public sealed record RoundOptions(Membership Membership, int Threads, int Kills)
{
    public override string ToString() => $"{Membership}, {Threads} thread(s) a worker".ToLowerInvariant();
}

/// <summary>What a run of chaos is made of.</summary>
public sealed record ChaosOptions
{
    /// <summary>The same seed strikes in the same order; when it strikes depends on the machine.</summary>
    public required int Seed { get; init; }

    /// <summary>Each with topics and a group of its own.</summary>
    public required IReadOnlyList<RoundOptions> Rounds { get; init; }

    /// <summary>The published program; null for the one beside this program's binaries.</summary>
    public string? Program { get; init; }

    /// <summary>Strikes in this order, again and again; null for all kinds in an order of the seed's.</summary>
    public IReadOnlyList<Strike>? Deck { get; init; }

    /// <summary>Workers speak with the brokers through a proxy that loses and delays the ends of transactions.</summary>
    public bool UseProxy { get; init; }

    /// <summary>A single broker is killed whatever transaction is being ended: shows what Kafka itself loses then.</summary>
    public bool IsReckless { get; init; }

    public int Machines { get; init; } = 48;

    public int Partitions { get; init; } = 6;

    /// <summary>Whole steps of the fleet a second.</summary>
    public double StepsPerSecond { get; init; } = 5;

    /// <summary>Where logs are kept.</summary>
    public required string Folder { get; init; }

    /// <summary>All ways to be a member in turn, with one thread and with two, and the kills shared out between them.</summary>
    public static IReadOnlyList<RoundOptions> AllRounds(int kills)
    {
        RoundOptions[] all = [new(Membership.Classic, 1, 0), new(Membership.Consumer, 2, 0), new(Membership.Static, 2, 0), new(Membership.Consumer, 1, 0)];
        return [.. all.Take(kills).Select((r, i) => r with { Kills = (kills + i) / Math.Min(kills, all.Length) })];
    }
}
