using System.Diagnostics.CodeAnalysis;
using Confluent.Kafka;

namespace PredMaint.Worker.Line;

/// <summary>
/// A thread's second consumer, assigned by hand, member of no group: reads partitions of the state topic up to an end that
/// was fixed before.
/// </summary>
public sealed class StateConsumer(ConsumerConfig config, LineClients clients, string topic, ClientLog log) : IDisposable
{
    private readonly Dictionary<int, long> targets = [];
    private IConsumer<byte[], byte[]>? consumer;

    public bool IsReading => targets.Count > 0;

    /// <summary>Begins to read a partition.</summary>
    /// <param name="target">
    /// The partition's end, open transactions included: the last stable offset can lie before a committed snapshot.
    /// </param>
    public void Add(int partition, long target)
    {
        consumer ??= clients.State(config)
            .SetLogHandler((_, m) => log.Write(m))
            .SetErrorHandler((_, e) => log.Write(e))
            .Build();
        targets.Add(partition, target);
        consumer.IncrementalAssign([new TopicPartitionOffset(topic, partition, Offset.Beginning)]);
    }

    public void Remove(int partition)
    {
        if (targets.Remove(partition)) consumer!.IncrementalUnassign([new TopicPartition(topic, partition)]);
    }

    /// <summary>The next record; null where none came in time.</summary>
    /// <param name="ended">A partition that is now read to its target, or null.</param>
    public ConsumeResult<byte[], byte[]>? Read(TimeSpan wait, out int? ended)
    {
        ended = null;
        var record = consumer!.Consume(wait);
        if (record is null) return null;
        // The end that the client reports lies behind records of transactions themselves, which it does not hand out.
        var next = record.IsPartitionEOF ? record.Offset.Value : record.Offset.Value + 1;
        if (targets.TryGetValue(record.Partition.Value, out var end) && next >= end) ended = record.Partition.Value;
        return record.IsPartitionEOF ? null : record;
    }

    public void Dispose()
    {
        consumer?.Close();
        consumer?.Dispose();
    }
}
