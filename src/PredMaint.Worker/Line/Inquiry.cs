using Confluent.Kafka.Admin;
using PredMaint.Core.Machines;
using PredMaint.Core.Readings;
using PredMaint.Core.Snapshots;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Topics;
using Polly;

namespace PredMaint.Worker.Line;

/// <summary>What must be known of a partition before its state is read.</summary>
/// <param name="StateEnd">End of its state partition after the assignment, open transactions included.</param>
public readonly record struct PartitionFacts(StartFacts Start, long StateEnd);

/// <summary>Asks the brokers about partitions that were assigned. It blocks, so the line has most of it done beside itself.</summary>
public sealed class Inquiry(WorkerOptions options, LineClients clients, ResiliencePipeline metadata, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);

    public TopicWatch Topics { get; } = new(options, clients, metadata, time);

    /// <param name="anyCount">Topics with other numbers of partitions are what is looked into.</param>
    /// <exception cref="KafkaException">The brokers do not answer.</exception>
    /// <exception cref="StateException">A topic is not there, or readings and state have other numbers of partitions.</exception>
    public IReadOnlyDictionary<int, PartitionFacts> Ask(IConsumer<Ignore, Ignore> consumer, IReadOnlyList<TopicPartition> partitions, CancellationToken stop, bool anyCount = false)
    {
        using var admin = clients.Admin(consumer);
        var (topicIds, commandsCount) = options.IsEmbedded ? (default, int.MaxValue) : Identify(admin, anyCount, stop);
        // The offsets first: a predecessor's transaction that is pending holds this answer back, and its state is there then.
        var offsets = Committed(consumer, partitions, stop);
        var ends = metadata.Execute(_ => Ends(admin, options.Topics.State, partitions), stop);
        return offsets.ToDictionary(o => o.Partition.Value, o =>
        {
            var marks = metadata.Execute(_ => consumer.QueryWatermarkOffsets(o.TopicPartition, RequestTimeout), stop);
            long? committed = o.Offset == Offset.Unset ? null : o.Offset.Value;
            var commands = o.Partition.Value >= commandsCount ? new WatermarkOffsets(0, 0)
                : metadata.Execute(_ => consumer.QueryWatermarkOffsets(new TopicPartition(options.Topics.Commands, o.Partition), RequestTimeout), stop);
            var (startAt, commandsStartAt) = options.StartAt == StartAt.Earliest ? (marks.Low, commands.Low) : (marks.High, commands.High);
            var start = new StartFacts(topicIds, committed, marks.Low.Value, startAt.Value, commands.Low.Value, commands.High.Value, marks.High.Value, commandsStartAt.Value);
            return new PartitionFacts(start, ends[o.Partition.Value]);
        });
    }

    /// <summary>The ends of the partitions, open transactions included; null where a stop is requested: nothing is read of them any more.</summary>
    /// <exception cref="KafkaException">The brokers do not answer.</exception>
    public Dictionary<int, long>? Ends(IConsumer<Ignore, Ignore> consumer, IReadOnlyList<TopicPartition> partitions, CancellationToken stop)
    {
        using var admin = clients.Admin(consumer);
        try
        {
            return metadata.Execute(_ => Ends(admin, options.Topics.Readings, partitions), stop);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>The group's committed offsets. A predecessor's open transaction makes this time out, which is not "none": it is asked again.</summary>
    public IReadOnlyList<TopicPartitionOffset> Committed(IConsumer<Ignore, Ignore> consumer, IReadOnlyList<TopicPartition> partitions, CancellationToken stop) =>
        metadata.Execute(_ => consumer.Committed(partitions, RequestTimeout), stop);

    public void Dispose() => Topics.Dispose();

    private (TopicIds Ids, int CommandsCount) Identify(IAdminClient admin, bool anyCount, CancellationToken stop)
    {
        var topics = Topics.Require(admin, stop);
        var (readings, state, commands) = (topics[0], topics[1], topics[2]);
        foreach (var topic in (ReadOnlySpan<KnownTopic>)[state, commands])
            if (!anyCount && topic.Partitions != readings.Partitions)
                throw new StateException($"topic {topic.Name} has {topic.Partitions} partitions, {readings.Name} has {readings.Partitions}; {TopicPlan.Cure(options.Topics, topic.Name, topic.Partitions, readings.Partitions)}");
        return (new TopicIds(readings.Id, state.Id, commands.Id), commands.Partitions);
    }

    private Dictionary<int, long> Ends(IAdminClient admin, string topic, IReadOnlyList<TopicPartition> partitions)
    {
        var asked = partitions.Select(p => new TopicPartitionOffsetSpec { TopicPartition = new TopicPartition(topic, p.Partition), OffsetSpec = OffsetSpec.Latest() });
        var wishes = new ListOffsetsOptions { RequestTimeout = RequestTimeout, IsolationLevel = IsolationLevel.ReadUncommitted };
        try
        {
            return clients.ListOffsets(admin, asked, wishes).GetAwaiter().GetResult().ResultInfos
                .ToDictionary(r => r.TopicPartitionOffsetError.Partition.Value, r => r.TopicPartitionOffsetError.Offset.Value);
        }
        catch (ListOffsetsException e)
        {
            var error = e.Result.ResultInfos.First(r => r.TopicPartitionOffsetError.Error.IsError).TopicPartitionOffsetError.Error;
            throw new KafkaException(new Error(error.Code, $"topic {topic}: {error.Reason}"), e);
        }
    }
}
