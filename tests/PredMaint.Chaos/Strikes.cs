using System.Runtime.InteropServices;
using PredMaint.Testing;

namespace PredMaint.Chaos;

/// <summary>What can befall a round.</summary>
public enum Strike
{
    /// <summary>SIGKILL to a worker, which is started again.</summary>
    KillWorker,

    /// <summary>SIGKILL to all workers at once.</summary>
    KillAllWorkers,

    /// <summary>SIGTERM: it must end well, then it is started again.</summary>
    StopWorker,

    /// <summary>SIGSTOP for longer than its session, then SIGCONT.</summary>
    FreezeWorker,

    /// <summary>From two workers to three, or back.</summary>
    Scale,

    /// <summary>SIGKILL to a broker, which is started again.</summary>
    KillBroker,
}

/// <summary>What befalls the workers and the brokers of a round. Strikes are dealt from a deck that is shuffled anew when it is empty; the same seed deals the same.</summary>
public sealed class Strikes(ChaosOptions options, Crew crew, Stillness stillness, OwnCluster? cluster, Random chance, Journal journal)
{
    private static readonly string[] Regulars = ["one", "two"];
    private const string Extra = "three";

    private static readonly Strike[] OfOne =
    [
        Strike.KillWorker, Strike.KillWorker, Strike.KillWorker, Strike.KillWorker, Strike.KillWorker, Strike.KillWorker, Strike.KillAllWorkers, Strike.KillBroker,
        Strike.StopWorker, Strike.FreezeWorker, Strike.Scale,
    ];

    private static readonly Strike[] OfThree =
    [
        Strike.KillWorker, Strike.KillWorker, Strike.KillWorker, Strike.KillWorker, Strike.KillAllWorkers, Strike.KillBroker, Strike.KillBroker, Strike.KillBroker,
        Strike.StopWorker, Strike.FreezeWorker, Strike.Scale,
    ];

    private readonly List<Strike> deck = [];

    private readonly SortedDictionary<string, int> counts = new(StringComparer.Ordinal);

    /// <summary>SIGKILLs so far, of workers and of brokers.</summary>
    public int Kills { get; private set; }

    public string Summary => string.Join(", ", counts.Select(c => $"{c.Value} {c.Key}"));

    /// <summary>The two that always run.</summary>
    public void Begin()
    {
        foreach (var place in Regulars) crew.Start(place);
    }

    /// <summary>Deals a strike and carries it out; what fell is running again when it returns.</summary>
    public Task StrikeAsync()
    {
        var place = Any(crew.Places);
        return Deal() switch
        {
            Strike.KillWorker => KillAsync(place),
            Strike.KillAllWorkers => KillAsync([.. crew.Places]),
            Strike.StopWorker => StopAsync(place),
            Strike.FreezeWorker => FreezeAsync(place),
            Strike.Scale => ScaleAsync(),
            Strike.KillBroker when cluster is not null => KillBrokerAsync(cluster),
            _ => Task.CompletedTask,
        };
    }

    private Strike Deal()
    {
        if (deck.Count == 0)
        {
            deck.AddRange(options.Deck ?? (cluster?.Nodes == 3 ? OfThree : OfOne));
            if (options.Deck is null) chance.Shuffle(CollectionsMarshal.AsSpan(deck));
        }
        var strike = deck[0];
        deck.RemoveAt(0);
        return strike;
    }

    /// <summary>A worker is killed, or all at once; sometimes its partitions are another's before it is back.</summary>
    private async Task KillAsync(params string[] places)
    {
        journal.Say($"kill -9 worker {string.Join(" and ", places)}");
        foreach (var place in places)
        {
            await crew.KillAsync(place);
            Count("workers killed");
            Kills++;
        }
        await WaitAsync(chance.Next(5) == 0 ? Crew.Session + TimeSpan.FromSeconds(2) : Up(TimeSpan.FromSeconds(2)));
        foreach (var place in places) crew.Start(place);
    }

    private async Task StopAsync(string place)
    {
        journal.Say($"SIGTERM to worker {place}");
        await crew.StopAsync(place);
        Count("workers stopped");
        await WaitAsync(Up(TimeSpan.FromSeconds(1)));
        crew.Start(place);
    }

    /// <summary>A zombie: the group gives its partitions away, then it goes on in the belief that they are its own.</summary>
    private async Task FreezeAsync(string place)
    {
        var length = Crew.Session + TimeSpan.FromSeconds(1 + chance.Next(6));
        journal.Say($"SIGSTOP to worker {place} for {length.TotalSeconds} s");
        crew[place].Freeze();
        await WaitAsync(length);
        crew[place].Thaw();
        Count("workers frozen");
    }

    private async Task ScaleAsync()
    {
        var more = !crew.Places.Contains(Extra);
        journal.Say(more ? "scale to three workers" : "scale back to two workers");
        if (more) crew.Start(Extra);
        else await crew.StopAsync(Extra);
        Count("scalings");
    }

    private async Task KillBrokerAsync(OwnCluster cluster)
    {
        var node = cluster.Nodes == 1 ? 1 : await stillness.LeaderAsync(counts.GetValueOrDefault("brokers killed"));
        if (node is null) return;
        if (cluster.Nodes == 1 && !options.IsReckless)
        {
            if (!await FreezeBetweenTransactionsAsync()) return;
            await cluster.KillAsync();
            foreach (var place in crew.Places) crew[place].Thaw();
        }
        else await cluster.KillAsync(node.Value);
        journal.Say($"kill -9 broker {node}");
        Count("brokers killed");
        Kills++;
        await WaitAsync(TimeSpan.FromSeconds(1) + Up(TimeSpan.FromSeconds(5)));
        await cluster.StartAgainAsync();
        await stillness.WholeAsync(cluster.Nodes);
        journal.Say($"broker {node} is back");
    }

    /// <summary>
    /// A single broker that dies before it has marked a committed transaction in every partition drops the remaining
    /// markers when it starts again: its coordinator knows no leader of them yet and takes them for deleted
    /// (TransactionMarkerChannelManager). So it is killed while all workers stand still and no partition has an open end.
    /// </summary>
    private async Task<bool> FreezeBetweenTransactionsAsync()
    {
        for (var attempt = 0; attempt < 20; attempt++)
        {
            foreach (var place in crew.Places) crew[place].Freeze();
            if (await stillness.IsStillAsync()) return true;
            foreach (var place in crew.Places) crew[place].Thaw();
            await WaitAsync(Up(TimeSpan.FromSeconds(1)));
        }
        journal.Say("no moment without an open transaction: the broker lives on");
        return false;
    }

    private void Count(string what) => counts[what] = counts.GetValueOrDefault(what) + 1;

    private string Any(IReadOnlyCollection<string> places) => places.Order(StringComparer.Ordinal).ElementAt(chance.Next(places.Count));

    private TimeSpan Up(TimeSpan to) => to * chance.NextDouble();

    /// <summary>Chaos strikes at any moment, which no condition names.</summary>
    private static Task WaitAsync(TimeSpan length) => Task.Delay(length);
}
