using Confluent.Kafka;
using PredMaint.Core.Readings;

namespace PredMaint.Simulation.Kafka;

/// <summary>
/// Kafka as far as the protocol rests on it: topics, transactions whose markers reach partitions at different times, the
/// group's offsets, compaction. Every method is one request that the broker carries out at once.
/// </summary>
internal sealed class Broker(Random random, int partitions, Func<TimeSpan> now)
{
    private readonly Dictionary<string, PartitionLog[]> topics = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Coordinated> producers = new(StringComparer.Ordinal);
    private readonly List<Transaction> unfinished = [];
    private readonly List<(TimeSpan Due, Action Request)> delayed = [];

    public int Partitions => partitions;

    public Group Group { get; } = new(random, partitions);

    /// <summary>The group's offsets, by partition.</summary>
    public Dictionary<int, long> Committed { get; } = [];

    /// <summary>Told each transaction when its outcome is decided to be a commit.</summary>
    public Action<Transaction> OnCommit { get; set; } = _ => { };

    /// <summary>Told offsets that the group takes, and the member that sent them.</summary>
    public Action<string, IEnumerable<int>> OnOffsets { get; set; } = (_, _) => { };

    public bool IsQuiet => unfinished.Count == 0 && delayed.Count == 0;

    public TimeSpan NextEvent
    {
        get
        {
            var due = TimeSpan.MaxValue;
            foreach (var transaction in unfinished)
            {
                var next = transaction.IsCommitted is null ? transaction.Deadline : now() + TimeSpan.FromMilliseconds(1);
                if (next < due) due = next;
            }
            foreach (var (at, _) in delayed) if (at < due) due = at;
            return due;
        }
    }

    public PartitionLog[] Topic(string name)
    {
        if (!topics.TryGetValue(name, out var logs)) topics.Add(name, logs = [.. Enumerable.Range(0, partitions).Select(_ => new PartitionLog())]);
        return logs;
    }

    public long TimestampMs => 1_767_225_600_000 + (long)now().TotalMilliseconds;

    /// <summary>What happens by itself: markers are written, transactions time out, requests arrive late.</summary>
    public void Turn()
    {
        for (var i = delayed.Count - 1; i >= 0; i--)
        {
            if (i >= delayed.Count || delayed[i].Due > now()) continue;
            var request = delayed[i].Request;
            delayed.RemoveAt(i);
            request();
        }
        for (var i = unfinished.Count - 1; i >= 0; i--)
        {
            var transaction = unfinished[i];
            if (transaction.IsCommitted is null && transaction.Deadline <= now()) TimeOut(transaction);
            if (transaction.IsCommitted is not null) WriteMarkers(transaction);
            if (transaction.IsComplete) unfinished.RemoveAt(i);
        }
    }

    /// <summary>A request that is still on its way when its sender has given it up.</summary>
    public void Delay(TimeSpan time, Action request) => delayed.Add((now() + time, request));

    /// <summary>The coordinator aborts transactions that were open too long, and fences their producer off.</summary>
    public void TimeOutSome(double chance)
    {
        foreach (var transaction in unfinished)
            if (transaction.IsCommitted is null && random.NextDouble() < chance) TimeOut(transaction);
    }

    /// <summary>InitProducerId: fences predecessors off and ends their transaction. Null while that is not done: ask again.</summary>
    public int? Initialise(string producer)
    {
        var entry = Coordinate(producer);
        if (entry.Current is { IsCommitted: null } open)
        {
            entry.Epoch++;
            Decide(open, commit: false);
        }
        return entry.Current is { IsComplete: false } ? null : ++entry.Epoch;
    }

    /// <summary>False while the producer's last transaction still writes markers: ask again.</summary>
    public bool TryProduce(string producer, int epoch, TimeSpan timeout, TopicPartition to, Message<byte[], byte[]?> message)
    {
        if (Begin(producer, epoch, timeout) is not { } transaction) return false;
        var log = Topic(to.Topic)[to.Partition == Partition.Any ? Murmur2.Partition(message.Key ?? [], partitions) : to.Partition.Value];
        log.Append(message.Key, message.Value, message.Headers, TimestampMs, transaction);
        transaction.Partitions.Add(log);
        return true;
    }

    /// <summary>AddOffsetsToTxn and TxnOffsetCommit: the group checks the member, if one is named, never who owns the partition.</summary>
    public bool TrySendOffsets(string producer, int epoch, TimeSpan timeout, IReadOnlyList<TopicPartitionOffset> offsets, MemberMetadata member)
    {
        if (Begin(producer, epoch, timeout) is not { } transaction) return false;
        Group.Check(member);
        OnOffsets(member.Id, offsets.Select(o => o.Partition.Value));
        foreach (var offset in offsets) transaction.Offsets[offset.Partition.Value] = offset.Offset.Value;
        transaction.AreOffsetsDone = false;
        return true;
    }

    /// <summary>EndTxn. The outcome is decided here; that it shows everywhere takes its time.</summary>
    public void End(string producer, int epoch, bool commit)
    {
        var entry = Coordinate(producer);
        if (entry.Epoch != epoch) throw Fenced();
        if (entry.Current is { IsCommitted: null } open) Decide(open, commit);
        else if (entry.Current?.IsCommitted != commit && entry.Current is not null && commit) throw new KafkaException(new Error(ErrorCode.InvalidTxnState, "no transaction is open"));
    }

    /// <summary>Someone's transaction has offsets of the partition that are neither committed nor aborted yet.</summary>
    public bool IsPending(int partition) => unfinished.Exists(t => !t.AreOffsetsDone && t.Offsets.ContainsKey(partition));

    public void Compact(string topic, int partition, bool removesTombstones) => Topic(topic)[partition].Compact(removesTombstones);

    public static KafkaException Fenced() => new(new Error(ErrorCode.Local_Fenced, "fenced off by a newer producer", isFatal: true));

    private Transaction? Begin(string producer, int epoch, TimeSpan timeout)
    {
        var entry = Coordinate(producer);
        if (entry.Epoch != epoch) throw Fenced();
        if (entry.Current is { IsCommitted: null } open) return open;
        if (entry.Current is { IsComplete: false }) return null;
        entry.Current = new Transaction(producer) { Deadline = now() + timeout, AreOffsetsDone = true };
        unfinished.Add(entry.Current);
        return entry.Current;
    }

    private void TimeOut(Transaction transaction)
    {
        producers[transaction.Producer].Epoch++;
        Decide(transaction, commit: false);
    }

    private void Decide(Transaction transaction, bool commit)
    {
        if (commit) OnCommit(transaction);
        transaction.IsCommitted = commit;
    }

    private void WriteMarkers(Transaction transaction)
    {
        foreach (var log in transaction.Partitions.Where(_ => random.NextDouble() < 0.3).ToList())
        {
            log.Mark(transaction, TimestampMs);
            transaction.Partitions.Remove(log);
        }
        if (transaction.AreOffsetsDone || random.NextDouble() < 0.7) return;
        transaction.AreOffsetsDone = true;
        if (transaction.IsCommitted == true)
            foreach (var (partition, offset) in transaction.Offsets) Committed[partition] = offset;
    }

    private Coordinated Coordinate(string producer)
    {
        if (!producers.TryGetValue(producer, out var entry)) producers.Add(producer, entry = new Coordinated());
        return entry;
    }

    /// <summary>A transactional id.</summary>
    private sealed class Coordinated
    {
        public int Epoch { get; set; }
        public Transaction? Current { get; set; }
    }
}
