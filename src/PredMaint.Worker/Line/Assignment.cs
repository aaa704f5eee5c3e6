using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using PredMaint.Core.Machines;
using PredMaint.Worker.Configuration;
using Polly;

namespace PredMaint.Worker.Line;

/// <summary>Which partitions a thread owns: makes their tasks when they come and drops them when they go.</summary>
public sealed class Assignment(WorkerOptions options, Func<int, PartitionTask> createTask, ResiliencePipeline metadata, ILogger log)
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    private readonly Dictionary<int, PartitionTask> tasks = [];
    private bool saidCold;

    public IReadOnlyDictionary<int, PartitionTask> Tasks => tasks;

    /// <summary>
    /// Partitions come: each starts at the group's committed offset, with cold machines, or at <c>startAt</c> where there
    /// is none. Explicit offsets are returned, because seeking fails in this handler.
    /// </summary>
    public IEnumerable<TopicPartitionOffset> Assigned(IConsumer<Core.Readings.Reading, Core.Readings.Reading> consumer, IReadOnlyList<TopicPartition> partitions)
    {
        if (partitions.Count == 0) return [];
        var starts = new List<TopicPartitionOffset>();
        foreach (var committed in Committed(consumer, partitions))
        {
            var task = tasks[committed.Partition.Value] = createTask(committed.Partition.Value);
            var start = committed.Offset == Offset.Unset ? new TopicPartitionOffset(committed.TopicPartition, Begin(consumer, committed.TopicPartition)) : committed;
            if (committed.Offset == Offset.Unset) task.BeginAt(start.Offset.Value);
            starts.Add(start);
            log.LogInformation("Partition {Partition} assigned, from offset {Offset}", start.Partition.Value, start.Offset.Value);
        }
        if (!saidCold) log.LogWarning("Machines start cold: their history begins anew at the group's committed offsets");
        saidCold = true;
        return starts;
    }

    /// <summary>The group's committed offsets. A predecessor's open transaction makes this time out, which is not "none": it is asked again.</summary>
    public IReadOnlyList<TopicPartitionOffset> Committed(IConsumer<Core.Readings.Reading, Core.Readings.Reading> consumer, IReadOnlyList<TopicPartition> partitions) =>
        metadata.Execute(() => consumer.Committed(partitions, RequestTimeout));

    public void Remove(IEnumerable<TopicPartitionOffset> partitions, string how)
    {
        foreach (var partition in partitions)
            if (tasks.Remove(partition.Partition.Value)) log.LogInformation("Partition {Partition} {How}", partition.Partition.Value, how);
    }

    private Offset Begin(IConsumer<Core.Readings.Reading, Core.Readings.Reading> consumer, TopicPartition partition)
    {
        var marks = metadata.Execute(() => consumer.QueryWatermarkOffsets(partition, RequestTimeout));
        return options.StartAt == StartAt.Earliest ? marks.Low : marks.High;
    }
}
