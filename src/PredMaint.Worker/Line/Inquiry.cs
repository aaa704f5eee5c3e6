using System.Buffers.Binary;
using Confluent.Kafka.Admin;
using PredMaint.Core.Machines;
using PredMaint.Core.Readings;
using PredMaint.Core.Snapshots;
using PredMaint.Worker.Configuration;
using Polly;

namespace PredMaint.Worker.Line;

/// <summary>What must be known of a partition before its state is read.</summary>
/// <param name="StateEnd">End of its state partition after the assignment, open transactions included.</param>
public readonly record struct PartitionFacts(StartFacts Start, long StateEnd);

/// <summary>Asks the brokers about partitions that were assigned. It blocks, so the line has it done beside itself.</summary>
public sealed class Inquiry(WorkerOptions options, LineClients clients, ResiliencePipeline metadata)
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);

    /// <param name="anyCount">Topics with other numbers of partitions are what is looked into.</param>
    /// <exception cref="KafkaException">The brokers do not answer.</exception>
    /// <exception cref="StateException">A topic is not there, or readings and state have other numbers of partitions.</exception>
    public IReadOnlyDictionary<int, PartitionFacts> Ask(IConsumer<Ignore, Ignore> consumer, IReadOnlyList<TopicPartition> partitions, CancellationToken cancel, bool anyCount = false)
    {
        using var admin = clients.Admin(consumer);
        var (topicId, commandsCount) = options.IsEmbedded ? (Guid.Empty, int.MaxValue) : Topics(admin, anyCount, cancel);
        // The offsets first: a predecessor's transaction that is pending holds this answer back, and its state is there then.
        var offsets = Committed(consumer, partitions, cancel);
        var ends = metadata.Execute(_ => Ends(admin, options.Topics.State, partitions), cancel);
        return offsets.ToDictionary(o => o.Partition.Value, o =>
        {
            var marks = metadata.Execute(_ => consumer.QueryWatermarkOffsets(o.TopicPartition, RequestTimeout), cancel);
            long? committed = o.Offset == Offset.Unset ? null : o.Offset.Value;
            var commands = o.Partition.Value >= commandsCount ? new WatermarkOffsets(0, 0)
                : metadata.Execute(_ => consumer.QueryWatermarkOffsets(new TopicPartition(options.Topics.Commands, o.Partition), RequestTimeout), cancel);
            var startAt = options.StartAt == StartAt.Earliest ? marks.Low : marks.High;
            return new PartitionFacts(new StartFacts(topicId, committed, marks.Low.Value, startAt.Value, commands.Low.Value, commands.High.Value, marks.High.Value), ends[o.Partition.Value]);
        });
    }

    /// <summary>The ends of the partitions, open transactions included.</summary>
    /// <exception cref="KafkaException">The brokers do not answer.</exception>
    public Dictionary<int, long> Ends(IConsumer<Ignore, Ignore> consumer, IReadOnlyList<TopicPartition> partitions, CancellationToken cancel)
    {
        using var admin = clients.Admin(consumer);
        return metadata.Execute(_ => Ends(admin, options.Topics.Readings, partitions), cancel);
    }

    /// <summary>The group's committed offsets. A predecessor's open transaction makes this time out, which is not "none": it is asked again.</summary>
    public IReadOnlyList<TopicPartitionOffset> Committed(IConsumer<Ignore, Ignore> consumer, IReadOnlyList<TopicPartition> partitions, CancellationToken cancel) =>
        metadata.Execute(_ => consumer.Committed(partitions, RequestTimeout), cancel);

    /// <summary>Looks once, for seconds at most, whether the topics are there: of one that was deleted the producer says nothing.</summary>
    /// <exception cref="KafkaException">A broker does not know one.</exception>
    public void RequireTopics(IConsumer<Ignore, Ignore> consumer)
    {
        if (options.IsEmbedded) return;
        using var admin = clients.Admin(consumer);
        try { Describe(admin); }
        // Nobody can say.
        catch (KafkaException e) when (Resilience.ComesBack(e.Error)) { }
    }

    private (Guid ReadingsId, int CommandsCount) Topics(IAdminClient admin, bool anyCount, CancellationToken cancel)
    {
        List<TopicDescription> topics;
        try
        {
            topics = metadata.Execute(_ => Describe(admin), cancel);
        }
        catch (KafkaException e) when (e.Error.Code == ErrorCode.UnknownTopicOrPart)
        {
            throw new StateException($"{e.Error.Reason}; `predmaint topics create` makes what is missing");
        }
        var readings = topics[0];
        foreach (var topic in topics.Take(3))
            if (!anyCount && topic.Partitions.Count != readings.Partitions.Count)
                throw new StateException($"topic {topic.Name} has {topic.Partitions.Count} partitions, {readings.Name} has {readings.Partitions.Count}; `predmaint state repartition` moves the state to as many");
        Span<byte> id = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(id, readings.TopicId.MostSignificantBits);
        BinaryPrimitives.WriteInt64BigEndian(id[8..], readings.TopicId.LeastSignificantBits);
        return (new Guid(id, bigEndian: true), topics[2].Partitions.Count);
    }

    /// <summary>Readings, state and commands, which have as many partitions, and what is only written.</summary>
    private List<TopicDescription> Describe(IAdminClient admin)
    {
        var names = TopicCollection.OfTopicNames([options.Topics.Readings, options.Topics.State, options.Topics.Commands, options.Topics.Alerts, options.Topics.DeadLetters]);
        try
        {
            return clients.DescribeTopics(admin, names, new DescribeTopicsOptions { RequestTimeout = RequestTimeout }).GetAwaiter().GetResult().TopicDescriptions;
        }
        catch (DescribeTopicsException e) when (e.Results.TopicDescriptions.Find(t => t.Error.IsError) is { } topic)
        {
            throw new KafkaException(new Error(topic.Error.Code, $"topic {topic.Name}: {topic.Error.Reason}"), e);
        }
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
