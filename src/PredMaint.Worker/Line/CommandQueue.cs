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
/// <param name="fetchWait">By then a fetch has told where readings ended when the command came.</param>
public sealed class CommandQueue(string readings, TimeSpan fetchWait, TimeProvider time)
{
    /// <summary>Of all that waits; then no more are read.</summary>
    private const int MaxBytes = 16 << 20;

    private readonly Dictionary<int, Waiting> partitions = [];
    private int bytes;

    public bool IsFull => bytes >= MaxBytes;

    public void Add(ConsumeResult<byte[], byte[]> record)
    {
        var (partition, sent) = (record.Partition.Value, record.Message.Timestamp);
        if (!partitions.TryGetValue(partition, out var waiting)) partitions.Add(partition, waiting = new Waiting());
        var command = Command.Read(record.Message.Key, record.Message.Value, partition, record.Offset.Value);
        bytes += command.Bytes;
        waiting.Commands.Enqueue((command, ReadingBatch.TimeUs(sent.Type == TimestampType.NotAvailable ? null : sent.UnixTimestampMs), time.GetTimestamp()));
    }

    /// <summary>The partition is not this line's any more.</summary>
    public void Remove(int partition)
    {
        if (partitions.Remove(partition, out var waiting)) bytes -= waiting.Commands.Sum(c => c.Command.Bytes);
    }

    /// <summary>Carries out what stands before a reading that comes next.</summary>
    public void CarryOutBefore(Reading reading, PartitionTask task)
    {
        // What stood before a reading that is replayed was carried out then.
        if (bytes == 0 || reading.Offset < task.LiveFrom || !partitions.TryGetValue(task.Partition, out var waiting)) return;
        task.Pass(reading.Offset);
        while (waiting.Commands.TryPeek(out var next) && reading.RecordTimeUs > next.SentUs) CarryOutNext(waiting, task);
    }

    /// <summary>Carries out those that no reading stands before any more. All that was polled must have been admitted.</summary>
    public void CarryOut(IConsumer<Ignore, Ignore> consumer, IReadOnlyDictionary<int, PartitionTask> tasks, IReadOnlyDictionary<int, PartitionStatus> owned)
    {
        foreach (var (partition, waiting) in partitions)
        {
            if (waiting.Commands.Count == 0 || !tasks.TryGetValue(partition, out var task) || !task.IsLive) continue;
            var of = new TopicPartition(readings, partition);
            if (waiting.End is null && IsRipe(waiting, time.GetTimestamp()) && consumer.GetWatermarkOffsets(of).High is { IsSpecial: false } high)
                waiting.End = (high.Value, time.GetTimestamp());
            if (waiting.End is not { } end || Math.Max(consumer.Position(of) is { IsSpecial: false } position ? position.Value : -1, owned[partition].End) < end.Offset) continue;
            // Those that came too late for that end wait for the next.
            while (IsRipe(waiting, end.At) && task.HeldBytes < PartitionTask.MaxHeldBytes) CarryOutNext(waiting, task);
            waiting.End = null;
        }
    }

    /// <summary>The next one had come long enough before then.</summary>
    private bool IsRipe(Waiting waiting, long then) => waiting.Commands.TryPeek(out var next) && time.GetElapsedTime(next.Came, then) >= fetchWait;

    private void CarryOutNext(Waiting waiting, PartitionTask task)
    {
        var command = waiting.Commands.Dequeue().Command;
        bytes -= command.Bytes;
        task.Add(command);
    }

    /// <summary>Of one partition.</summary>
    private sealed class Waiting
    {
        /// <summary>With the record's timestamp, µs since 1970, null where it has none, and when it came (<see cref="TimeProvider.GetTimestamp"/>).</summary>
        public Queue<(Command Command, long? SentUs, long Came)> Commands { get; } = [];

        /// <summary>Where its readings ended when that was asked, and when; null before.</summary>
        public (long Offset, long At)? End { get; set; }
    }
}
