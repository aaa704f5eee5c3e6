using Confluent.Kafka;
using PredMaint.Simulation.Kafka;

namespace PredMaint.Simulation.Clients;

/// <summary>Builds the model's consumer from what the line tells the builder.</summary>
internal sealed class ReadingsConsumerBuilder(Host host, string topic, ConsumerConfig config) : ConsumerBuilder<Ignore, Ignore>(config)
{
    // The ends of readings feed metrics alone; as events of the model they would crowd out those that matter.
    public override IConsumer<Ignore, Ignore> Build() => new ReadingsConsumer(
        host, topic, new ConsumerConfig(config) { EnablePartitionEof = false },
        (c, partitions) => PartitionsAssignedHandler(c, partitions),
        (c, partitions) => PartitionsRevokedHandler(c, partitions),
        (c, partitions) => PartitionsLostHandler(c, partitions));
}

/// <summary>A member of the group. As with the client, rebalance handlers run inside <see cref="Receive"/>, and the same call may then return a record of a new partition.</summary>
internal sealed class ReadingsConsumer(
    Host host, string topic, ConsumerConfig config,
    Func<IConsumer<Ignore, Ignore>, List<TopicPartition>, IEnumerable<TopicPartitionOffset>> assigned,
    Action<IConsumer<Ignore, Ignore>, List<TopicPartitionOffset>> revoked,
    Action<IConsumer<Ignore, Ignore>, List<TopicPartitionOffset>> lost) : FetchingConsumer<Ignore, Ignore>(host, topic, config)
{
    private readonly List<string> subscription = [];
    private Member? member;
    private bool knowsOfExpulsion;
    private bool isTooLate;
    private LogRecord? taken;

    public override List<string> Subscription => [.. subscription];

    /// <summary>Empty from when the client has heard that it is expelled until it joins again.</summary>
    public override string MemberId
    {
        get
        {
            Hear();
            return Metadata.Id;
        }
    }

    public override IConsumerGroupMetadata ConsumerGroupMetadata
    {
        get
        {
            Hear();
            return Metadata;
        }
    }

    private MemberMetadata Metadata => member is null || knowsOfExpulsion ? new MemberMetadata("", -1) : new MemberMetadata(member.Id, member.KnownGeneration);

    public override void Subscribe(string topic) => subscription.Add(topic);

    /// <summary>The next record or error; null where there is none in time.</summary>
    public Fetched? Receive(TimeSpan timeout)
    {
        Host.Schedule.Pass();
        Hear();
        if (member is not null && Host.Happens(Host.Trouble.TooLongBetweenPolls)) LeaveForLateness();
        if (isTooLate)
        {
            isTooLate = false;
            return new Fetched(-1, null, new Error(ErrorCode.Local_MaxPollExceeded, "too long between polls"));
        }
        if (subscription.Count > 0) Rebalance();
        return Next(timeout, () => member is { IsExpelled: true } or { ToAssign.Count: > 0 } or { ToRevoke.Count: > 0 }) is { } result ? new Fetched(result.Partition.Value, taken, null) : null;
    }

    public override ConsumeResult<Ignore, Ignore> Consume(TimeSpan timeout) => throw new NotSupportedException();

    public override List<TopicPartitionOffset> Committed(IEnumerable<TopicPartition> partitions, TimeSpan timeout)
    {
        Host.Travel(Host.Trouble.LostRequest);
        var asked = partitions.ToList();
        // Stable offsets are asked for by readers of committed records alone; those that are pending hold the answer back.
        if (CommittedOnly && !Host.Schedule.Wait(() => !asked.Exists(p => Host.Broker.IsPending(p.Partition.Value)), timeout)) throw Host.TimedOut();
        List<TopicPartitionOffset> answer =
            [.. asked.Select(p => new TopicPartitionOffset(p, Host.Broker.Committed.TryGetValue(p.Partition.Value, out var offset) ? offset : Offset.Unset))];
        Host.Travel(Host.Trouble.LostReply);
        return answer;
    }

    public override WatermarkOffsets QueryWatermarkOffsets(TopicPartition topicPartition, TimeSpan timeout)
    {
        Host.Travel(Host.Trouble.LostRequest);
        var log = Host.Broker.Topic(topicPartition.Topic)[topicPartition.Partition.Value];
        return new WatermarkOffsets(0, CommittedOnly ? log.LastStable : log.End);
    }

    public override void Close()
    {
        Host.Travel();
        if (member is null) return;
        if (Fetches.Count > 0) revoked(this, Owned());
        Fetches.Clear();
        Host.Schedule.Pass();
        Host.Broker.Group.Remove(member);
        member = Host.Member = null;
        Host.Travel();
    }

    protected override ConsumeResult<Ignore, Ignore> Result(string from, int partition, LogRecord record)
    {
        taken = record;
        return new ConsumeResult<Ignore, Ignore> { Partition = partition, Offset = record.Offset };
    }

    /// <summary>The client's own threads learn from heartbeats that it is expelled, at any time.</summary>
    private void Hear()
    {
        if (member is { IsExpelled: true } && Host.Happens(0.3)) knowsOfExpulsion = true;
    }

    /// <summary>The client leaves the group by itself and says so at the next poll.</summary>
    private void LeaveForLateness()
    {
        Host.Trace("too long between polls");
        Host.Broker.Group.Remove(member!);
        knowsOfExpulsion = isTooLate = true;
    }

    private void Rebalance()
    {
        if (member is { IsExpelled: true })
        {
            if (!knowsOfExpulsion) return;
            if (Fetches.Count > 0)
            {
                Host.Trace($"lost {string.Join(',', Fetches.Keys)}");
                lost(this, Owned());
                Fetches.Clear();
            }
            member = null;
        }
        if (member is null)
        {
            Host.Travel();
            member = Host.Member = Host.Broker.Group.Join();
            knowsOfExpulsion = false;
            return;
        }
        if (member.KnownGeneration != Host.Broker.Group.Generation) return;
        if (member.ToRevoke.Count > 0) Revoke(member);
        else if (member.ToAssign.Count > 0 || Host.Happens(0.01)) Assign(member);
    }

    private void Revoke(Member me)
    {
        var partitions = me.ToRevoke.Where(Fetches.ContainsKey).ToList();
        Host.Trace($"revoked {string.Join(',', partitions)}");
        revoked(this, [.. partitions.Select(p => new TopicPartitionOffset(TopicName, p, Fetches[p].Position))]);
        foreach (var partition in partitions) Fetches.Remove(partition);
        Host.Travel();
        foreach (var partition in partitions) Host.Broker.Group.Release(me, partition);
    }

    /// <summary>Also where none comes, as after a rebalance that concerned others.</summary>
    private void Assign(Member me)
    {
        List<TopicPartition> partitions = [.. me.ToAssign.Select(p => new TopicPartition(TopicName, p))];
        me.ToAssign.Clear();
        if (partitions.Count > 0) Host.Trace($"assigned {string.Join(',', partitions.Select(p => p.Partition.Value))}");
        foreach (var offset in assigned(this, partitions).ToList()) Assign(offset.Partition.Value, offset.Offset);
    }

    private List<TopicPartitionOffset> Owned() => [.. Fetches.Values.Select(f => new TopicPartitionOffset(TopicName, f.Partition, f.HasPosition ? f.Position : Offset.Unset))];
}
