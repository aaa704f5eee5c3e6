using PredMaint.Core.Commands;
using PredMaint.Core.Machines;
using PredMaint.Core.Readings;
using PredMaint.Worker.Telemetry;

namespace PredMaint.Worker.Line;

/// <summary>
/// Commands that have come and wait, by partition, until all readings whose records are not younger than theirs are with the
/// machines. After an outage both come in one heap: a reset must not leave what was before the repair nor forget what came after it.
/// </summary>
/// <param name="readings">The topic.</param>
internal sealed class CommandQueue(string readings, TimeProvider time)
{
    /// <summary>So many may wait before no more are read.</summary>
    private const int Max = 10_000;

    /// <summary>More than a fetch waits (500 ms by default): what a client that was held up knows of a partition's end is old by that.</summary>
    private static readonly TimeSpan FetchWait = TimeSpan.FromSeconds(1);

    private readonly Dictionary<int, Queue<Waiting>> partitions = [];

    public bool IsFull => partitions.Values.Sum(q => q.Count) >= Max;

    public void Add(ConsumeResult<byte[], byte[]> record)
    {
        var (partition, sent) = (record.Partition.Value, record.Message.Timestamp);
        if (!partitions.TryGetValue(partition, out var queue)) partitions.Add(partition, queue = []);
        var command = Command.Read(record.Message.Key, record.Message.Value, partition, record.Offset.Value);
        queue.Enqueue(new Waiting(command, sent.Type == TimestampType.NotAvailable ? null : sent.UnixTimestampMs * 1000, time.GetTimestamp()));
    }

    /// <summary>The partition is not this line's any more.</summary>
    public void Remove(int partition) => partitions.Remove(partition);

    /// <summary>Carries out what stands before a reading that comes next.</summary>
    public void CarryOutBefore(Reading reading, PartitionTask task)
    {
        // What stood before a reading that is replayed was carried out then.
        if (partitions.Count == 0 || reading.Offset < task.LiveFrom || !partitions.TryGetValue(task.Partition, out var queue)) return;
        task.Pass(reading.Offset);
        while (queue.TryPeek(out var next) && reading.RecordTimeUs > next.SentUs) task.Add(queue.Dequeue().Command);
        if (queue.Count == 0) partitions.Remove(task.Partition);
    }

    /// <summary>Carries out all of those partitions whose readings have come to their end. All that was polled must have been admitted.</summary>
    public void CarryOut(IConsumer<Ignore, Ignore> consumer, IReadOnlyDictionary<int, PartitionTask> tasks, IReadOnlyDictionary<int, PartitionStatus> owned)
    {
        if (partitions.Count == 0) return;
        foreach (var (partition, queue) in partitions.Where(p => time.GetElapsedTime(p.Value.Peek().Since) >= FetchWait).ToList())
        {
            if (!tasks.TryGetValue(partition, out var task) || !task.IsLive || !(owned[partition].IsAtEnd || IsAtEnd(consumer, partition))) continue;
            foreach (var waiting in queue) task.Add(waiting.Command);
            partitions.Remove(partition);
        }
    }

    /// <summary>Where readings flow without a pause the client never tells of an end.</summary>
    private bool IsAtEnd(IConsumer<Ignore, Ignore> consumer, int partition)
    {
        var of = new TopicPartition(readings, partition);
        return consumer.GetWatermarkOffsets(of).High is { IsSpecial: false } end && consumer.Position(of) is { IsSpecial: false } position && position >= end;
    }

    /// <param name="SentUs">The record's timestamp, µs since 1970; null where it has none: then it waits for the end of the readings.</param>
    private readonly record struct Waiting(Command Command, long? SentUs, long Since);
}
