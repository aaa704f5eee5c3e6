using Confluent.Kafka;

namespace PredMaint.Simulation.Kafka;

/// <summary>What a consumer knows of its membership; none at all has an empty id, which brokers take unchecked.</summary>
internal sealed record MemberMetadata(string Id, int Generation) : IConsumerGroupMetadata;

/// <summary>What the group's coordinator wants of a member, until its consumer has heard of it.</summary>
internal sealed class Member(string id)
{
    public string Id => id;

    /// <summary>Partitions that its consumer shall take.</summary>
    public SortedSet<int> ToAssign { get; } = [];

    /// <summary>Partitions that its consumer shall give back.</summary>
    public SortedSet<int> ToRevoke { get; } = [];

    /// <summary>What the client knows.</summary>
    public int KnownGeneration { get; set; }

    public bool IsExpelled { get; set; }
}

/// <summary>The consumer group: members, the generation, and who owns which partition, as the broker sees it.</summary>
internal sealed class Group(Random random, int partitions)
{
    private readonly List<Member> members = [];
    private readonly Dictionary<int, Member> owners = [];
    private int joined;

    public int Generation { get; private set; }

    public IReadOnlyList<Member> Members => members;

    public bool Owns(string member, int partition) => owners.TryGetValue(partition, out var owner) && owner.Id == member;

    public Member Join()
    {
        var member = new Member($"member-{++joined}");
        members.Add(member);
        member.KnownGeneration = ++Generation;
        return member;
    }

    /// <summary>It leaves, or has not been heard of for the session time-out.</summary>
    public void Remove(Member member)
    {
        if (member.IsExpelled) return;
        member.IsExpelled = true;
        members.Remove(member);
        foreach (var (partition, owner) in owners.ToList())
            if (owner == member) owners.Remove(partition);
        Generation++;
    }

    /// <summary>The member has given the partition back, in a cooperative rebalance.</summary>
    public void Release(Member member, int partition)
    {
        member.ToRevoke.Remove(partition);
        if (!Owns(member.Id, partition)) return;
        owners.Remove(partition);
        Generation++;
        member.KnownGeneration = Generation;
    }

    /// <summary>What the coordinator does by itself: it gives away what nobody owns, and members hear of the generation.</summary>
    /// <param name="moves">How often it takes a partition from one to give it to another.</param>
    public void Turn(double moves)
    {
        foreach (var member in members)
            if (member.KnownGeneration != Generation && random.NextDouble() < 0.3) member.KnownGeneration = Generation;
        if (members.Count == 0) return;
        for (var partition = 0; partition < partitions; partition++)
        {
            if (!owners.TryGetValue(partition, out var owner))
            {
                if (random.NextDouble() > 0.2) continue;
                var member = members[random.Next(members.Count)];
                owners.Add(partition, member);
                member.ToAssign.Add(partition);
                Generation++;
            }
            else if (members.Count > 1 && !owner.ToAssign.Contains(partition) && random.NextDouble() < moves) owner.ToRevoke.Add(partition);
        }
    }

    /// <exception cref="KafkaTxnRequiresAbortException">The member is none any more, or of another generation.</exception>
    public void Check(MemberMetadata member)
    {
        if (member.Id.Length == 0) return;
        if (!members.Exists(m => m.Id == member.Id)) throw new KafkaTxnRequiresAbortException(new Error(ErrorCode.UnknownMemberId, "unknown member"));
        if (member.Generation != Generation) throw new KafkaTxnRequiresAbortException(new Error(ErrorCode.IllegalGeneration, "another generation"));
    }
}
