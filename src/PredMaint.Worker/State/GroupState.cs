using Confluent.Kafka.Admin;
using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;
using PredMaint.Core.Snapshots;
using PredMaint.Worker.Brokers;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Line;

namespace PredMaint.Worker.State;

/// <summary>
/// A group's state for those who look into it or mend it beside the workers: the same clients as a line's, but never a
/// member of the group. What is written is one transaction with the committed offsets, so nothing is ever half done.
/// </summary>
public sealed class GroupState : IDisposable
{
    /// <summary>The most that brokers allow by default: a repartition of many machines takes longer than a line's commit.</summary>
    private const string TransactionTimeoutMs = "900000";

    /// <summary>More than a killed worker's transaction stays open.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan PollFor = TimeSpan.FromMilliseconds(100);

    private readonly LineClients clients = new();
    private readonly WorkerOptions options;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly ClientLog clientLog;
    private readonly MachineCodec codec;
    private readonly ReadingBatch batch;
    private readonly IConsumer<Ignore, Ignore> consumer;
    private readonly FetchedRecords fetched;
    private readonly CancellationToken cancel;

    /// <param name="models">Those of the workers where readings are replayed; none where state is only looked into.</param>
    public GroupState(WorkerOptions options, IReadOnlyList<ModelEntry> models, TimeProvider time, ILogger log, CancellationToken cancel)
    {
        (this.time, this.log, this.cancel) = (time, log, cancel);
        // A producer of its own name: two of these commands at once fence each other off, and no worker.
        var kafka = new Dictionary<string, string>(options.Kafka, StringComparer.Ordinal);
        kafka.Remove("group.instance.id");
        kafka.TryAdd("transaction.timeout.ms", TransactionTimeoutMs);
        this.options = options with { Instance = "state-command", Kafka = kafka };
        clientLog = new ClientLog(log, time);
        var sensors = Scorer.SensorsOf(models);
        (codec, batch) = (new MachineCodec(models, sensors), new ReadingBatch(capacity: 1));
        batch.Use(new WideJsonDecoder(sensors, options.Readings), sensors.Count);
        Admin = BrokerConnection.Connect(options.Kafka, time, BrokerConnection.Limit);
        var config = KafkaSettings.Consumer(this.options, 0);
        consumer = clients.Readings(config)
            .SetLogHandler((_, m) => clientLog.Write(m)).SetErrorHandler((_, e) => clientLog.Write(e)).Build();
        fetched = clients.Fetched(consumer, 1);
    }

    public IAdminClient Admin { get; }

    /// <summary>How many consumers are in the group.</summary>
    public int Members()
    {
        var groups = Admin.DescribeConsumerGroupsAsync([options.Group], new DescribeConsumerGroupsOptions { RequestTimeout = BrokerConnection.Limit }).GetAwaiter().GetResult();
        return groups.ConsumerGroupDescriptions[0].Members.Count;
    }

    /// <exception cref="StateException">The group has members.</exception>
    public void RequireNoMembers()
    {
        if (Members() is > 0 and var members)
            throw new StateException($"group {options.Group} has {members} member(s); stop its workers first (one that was killed is a member until its session ends)");
    }

    /// <summary>What the brokers say of the partitions, whatever the topics' numbers of them.</summary>
    public IReadOnlyDictionary<int, PartitionFacts> Ask(IEnumerable<int> partitions)
    {
        using var inquiry = new Inquiry(options, clients, Resilience.Metadata(time, log, clients.Chance), time);
        return inquiry.Ask(consumer, [.. partitions.Select(p => new TopicPartition(options.Topics.Readings, p))], cancel, anyCount: true);
    }

    public IReadOnlyList<StoredPartition> Read(IEnumerable<int> partitions)
    {
        var stored = Ask(partitions).ToDictionary(f => f.Key, f => new StoredPartition(f.Key, f.Value));
        ReadState(stored.ToDictionary(s => s.Key, s => s.Value.Facts), (partition, record) => stored[partition].Take(record));
        return [.. stored.Values.OrderBy(s => s.Partition)];
    }

    /// <summary>All committed records of the state topic up to its end, partition by partition in their order.</summary>
    public void ReadState(IReadOnlyDictionary<int, PartitionFacts> facts, Action<int, Message<byte[], byte[]>> take)
    {
        using var reader = new StateConsumer(KafkaSettings.StateReader(options, 0), clients, options.Topics, clientLog);
        foreach (var (partition, fact) in facts)
            if (fact.StateEnd > 0) reader.Add(partition, fact.StateEnd);
        Poll(options.Topics.State, () => reader.IsReading, () =>
        {
            var record = reader.Read(PollFor, out var ended);
            if (record is not null) take(record.Partition.Value, record.Message);
            if (ended is { } partition) reader.Remove(partition);
            return record is not null || ended is not null;
        });
    }

    /// <summary>Readings from the offsets on, up to the end of each partition.</summary>
    /// <param name="take">Given each record; the slot is used again.</param>
    /// <param name="end">Told a partition and where it ends.</param>
    public void ReadReadings(IReadOnlyDictionary<int, long> from, Action<Reading> take, Action<int, long> end)
    {
        consumer.Assign(from.Select(f => new TopicPartitionOffset(options.Topics.Readings, f.Key, f.Value)));
        var open = from.Keys.ToHashSet();
        Poll(options.Topics.Readings, () => open.Count > 0, () =>
        {
            var isSilent = true;
            fetched.Poll(PollFor, most: 1, record =>
            {
                isSilent = false;
                if (record.IsEnd)
                {
                    if (consumer.GetWatermarkOffsets(new TopicPartition(options.Topics.Readings, record.Partition)).High > record.Offset) throw new StateException($"a producer's transaction is open in partition {record.Partition} of {options.Topics.Readings}; try again when it has ended");
                    if (open.Remove(record.Partition)) end(record.Partition, record.Offset);
                }
                else if (record.Error is not null) throw new KafkaException(record.Error);
                else if (open.Contains(record.Partition))
                {
                    batch.Take(record);
                    take(batch[0]);
                    batch.Clear();
                }
            });
            return !isSilent;
        });
    }

    /// <summary>Writes all of it and commits the offsets, or nothing.</summary>
    /// <exception cref="StateException">The group has members, or nobody knows whether it is written.</exception>
    public void Commit(IReadOnlyList<TaskCommit> commits)
    {
        using var publisher = new Publisher(options, clients, 0, codec.Write, Resilience.Initialise(time, log, clients.Chance, () => { }), time, log, clientLog);
        publisher.Renew(cancel);
        RequireNoMembers();
        // Offsets of nobody's are taken unchecked; that no worker has begun meanwhile is looked at once more.
        var outcome = publisher.TryCommit(commits, consumer.ConsumerGroupMetadata, trace: null);
        if (outcome == CommitOutcome.Aborted) throw new StateException($"the brokers did not take it within kafka.transaction.timeout.ms ({options.Kafka["transaction.timeout.ms"]}); nothing has changed");
        if (outcome == CommitOutcome.Unknown) throw new StateException("the brokers took it or not, their answer is lost; run the same command again, which finds out");
        RequireNoMembers();
    }

    public void Dispose()
    {
        fetched.Dispose();
        consumer.Close();
        consumer.Dispose();
        Admin.Dispose();
    }

    private void Poll(string topic, Func<bool> goesOn, Func<bool> poll)
    {
        for (var heard = time.GetTimestamp(); goesOn(); cancel.ThrowIfCancellationRequested())
            if (poll()) heard = time.GetTimestamp();
            else if (time.GetElapsedTime(heard) > Patience)
                throw new KafkaException(new Error(ErrorCode.Local_TimedOut, $"the end of {topic} is not reached within {Patience.TotalMinutes} minutes: the brokers are silent, or a transaction is open in it"));
    }
}
