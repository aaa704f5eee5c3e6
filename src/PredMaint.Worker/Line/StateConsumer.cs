using PredMaint.Worker.Brokers;
using PredMaint.Worker.Configuration;

namespace PredMaint.Worker.Line;

/// <summary>
/// A thread's second consumer, assigned by hand, member of no group: reads partitions of the state topic up to an end that
/// was fixed before, and the commands beside the readings.
/// </summary>
public sealed class StateConsumer(ConsumerConfig config, LineClients clients, TopicNames topics, ClientLog log) : IDisposable
{
    private readonly Dictionary<int, long> targets = [];
    private readonly HashSet<int> commands = [];
    private readonly HashSet<int> awaited = [];
    private IConsumer<byte[], byte[]>? consumer;

    public bool IsReading => targets.Count > 0;

    public bool AwaitsCommands => awaited.Count > 0;

    public bool HasCommands => commands.Count > 0;

    /// <summary>Begins to read a partition of the state.</summary>
    /// <param name="target">
    /// The partition's end, open transactions included: the last stable offset can lie before a committed snapshot.
    /// </param>
    public void Add(int partition, long target)
    {
        targets.Add(partition, target);
        Assign(new TopicPartitionOffset(topics.State, partition, Offset.Beginning));
    }

    /// <summary>Begins to read a partition's commands, where it has not yet; true when all that were there have come.</summary>
    public bool HasCommandsFrom(int partition, long position)
    {
        if (commands.Add(partition))
        {
            awaited.Add(partition);
            Assign(new TopicPartitionOffset(topics.Commands, partition, position));
        }
        return !awaited.Contains(partition);
    }

    public void Remove(int partition)
    {
        if (targets.Remove(partition)) consumer!.IncrementalUnassign([new TopicPartition(topics.State, partition)]);
        awaited.Remove(partition);
        if (commands.Remove(partition)) consumer!.IncrementalUnassign([new TopicPartition(topics.Commands, partition)]);
    }

    /// <summary>The next record, of state or a command; null where none came in time.</summary>
    /// <param name="ended">A partition whose state is now read to its target, or null.</param>
    public ConsumeResult<byte[], byte[]>? Read(TimeSpan wait, out int? ended)
    {
        ended = null;
        ConsumeResult<byte[], byte[]>? record = null;
        try { record = consumer!.Consume(wait); }
        catch (ConsumeException e) when (Resilience.ComesBack(e.Error)) { log.Write(e.Error); }
        catch (ConsumeException e) { throw new KafkaException(new Error(e.Error.Code, $"{e.ConsumerRecord.Topic ?? topics.State}: {e.Error.Reason}"), e); }
        if (record is null) return null;
        // The end that the client reports lies behind records of transactions themselves, which it does not hand out.
        var next = record.IsPartitionEOF ? record.Offset.Value : record.Offset.Value + 1;
        if (IsCommand(record))
        {
            if (record.IsPartitionEOF) awaited.Remove(record.Partition.Value);
        }
        else if (targets.TryGetValue(record.Partition.Value, out var end) && next >= end) ended = record.Partition.Value;
        return record.IsPartitionEOF ? null : record;
    }

    public bool IsCommand(ConsumeResult<byte[], byte[]> record) => record.Topic == topics.Commands;

    private void Assign(TopicPartitionOffset from)
    {
        consumer ??= BrokerConnection.Make(clients.State(config)
            .SetLogHandler((_, m) => log.Write(m))
            // Polled after a commit, it tells of outages that are over; the line's other clients tell of them in time.
            .SetErrorHandler((_, e) => { if (e.Code != ErrorCode.Local_AllBrokersDown) log.Write(e); })
            .Build);
        consumer.IncrementalAssign([from]);
    }

    public void Dispose()
    {
        consumer?.Close();
        consumer?.Dispose();
    }
}
