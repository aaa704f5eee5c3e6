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

/// <summary>
/// Asks the brokers about topics and about partitions that were assigned. It blocks, so the line has it done beside itself.
/// </summary>
public sealed class Inquiry(WorkerOptions options, LineClients clients, ResiliencePipeline metadata, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The client itself asks every five minutes what has become of its topics.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource cancel = new();
    private volatile IReadOnlyList<Topic>? known;
    private Task? look;
    private long lookedAt = time.GetTimestamp();

    /// <param name="anyCount">Topics with other numbers of partitions are what is looked into.</param>
    /// <exception cref="KafkaException">The brokers do not answer.</exception>
    /// <exception cref="StateException">A topic is not there, or readings and state have other numbers of partitions.</exception>
    public IReadOnlyDictionary<int, PartitionFacts> Ask(IConsumer<Ignore, Ignore> consumer, IReadOnlyList<TopicPartition> partitions, CancellationToken cancel, bool anyCount = false)
    {
        using var admin = clients.Admin(consumer);
        var (topicIds, commandsCount) = options.IsEmbedded ? (default, int.MaxValue) : Topics(admin, anyCount, cancel);
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
            return new PartitionFacts(new StartFacts(topicIds, committed, marks.Low.Value, startAt.Value, commands.Low.Value, commands.High.Value, marks.High.Value), ends[o.Partition.Value]);
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

    /// <summary>
    /// Looks now and then, beside the line, whether the topics are those that it began with: the clients wait for one that
    /// was deleted, go on with one that was made anew, and learn late that one has grown.
    /// </summary>
    /// <exception cref="StateException">One is not there any more.</exception>
    /// <exception cref="KafkaException">One is another, or has grown: a new beginning finds out what that means.</exception>
    public void Watch(IConsumer<Ignore, Ignore> consumer)
    {
        if (look is { IsCompleted: true } done)
        {
            look = null;
            done.GetAwaiter().GetResult();
        }
        if (options.IsEmbedded || look is not null || time.GetElapsedTime(lookedAt) < LookEvery) return;
        lookedAt = time.GetTimestamp();
        look = clients.Run(() => Look(consumer));
    }

    /// <summary>Destroying a client in the midst of a call is not allowed.</summary>
    public void Dispose()
    {
        cancel.Cancel();
        if (look is not null) clients.Await(look, Timeout.InfiniteTimeSpan);
        cancel.Dispose();
    }

    private void Look(IConsumer<Ignore, Ignore> consumer)
    {
        using var admin = clients.Admin(consumer);
        try { Describe(admin); }
        // Nobody can say.
        catch (KafkaException e) when (Resilience.ComesBack(e.Error)) { }
        catch (KafkaException e) when (e.Error.Code == ErrorCode.UnknownTopicOrPart) { Require(admin, cancel.Token); }
    }

    private (TopicIds Ids, int CommandsCount) Topics(IAdminClient admin, bool anyCount, CancellationToken stop)
    {
        var topics = Require(admin, stop);
        var (readings, state, commands) = (topics[0], topics[1], topics[2]);
        foreach (var topic in (ReadOnlySpan<Topic>)[state, commands])
            if (!anyCount && topic.Partitions != readings.Partitions)
                throw new StateException($"topic {topic.Name} has {topic.Partitions} partitions, {readings.Name} has {readings.Partitions}; `predmaint state repartition` moves the state to as many");
        return (new TopicIds(readings.Id, state.Id, commands.Id), commands.Partitions);
    }

    private List<Topic> Require(IAdminClient admin, CancellationToken stop)
    {
        try
        {
            return metadata.Execute(_ => Describe(admin), stop);
        }
        catch (KafkaException e) when (e.Error.Code == ErrorCode.UnknownTopicOrPart)
        {
            throw new StateException($"{e.Error.Reason}; `predmaint topics create` makes what is missing");
        }
    }

    /// <summary>Readings, state, commands, and what is only written, as they are now.</summary>
    /// <exception cref="KafkaException">The brokers do not answer, or one is not what it was when it was asked about first.</exception>
    private List<Topic> Describe(IAdminClient admin)
    {
        var now = Ask(admin);
        foreach (var (topic, before) in now.Zip(known ??= now))
        {
            if (topic.Id != before.Id) throw new KafkaException(new Error(ErrorCode.Local_State, $"topic {topic.Name} was made anew"));
            // Whoever only writes into one learns in time where it has grown.
            if (topic.Partitions != before.Partitions && topic.Name != options.Topics.Alerts && topic.Name != options.Topics.DeadLetters) throw new KafkaException(new Error(ErrorCode.Local_State, $"topic {topic.Name} has {topic.Partitions} partitions, and had {before.Partitions}"));
        }
        return now;
    }

    private List<Topic> Ask(IAdminClient admin)
    {
        var names = TopicCollection.OfTopicNames([options.Topics.Readings, options.Topics.State, options.Topics.Commands, options.Topics.Alerts, options.Topics.DeadLetters]);
        try
        {
            var described = clients.DescribeTopics(admin, names, new DescribeTopicsOptions { RequestTimeout = RequestTimeout }).GetAwaiter().GetResult().TopicDescriptions;
            return [.. described.Select(t => new Topic(t.Name, Id(t.TopicId), t.Partitions.Count))];
        }
        catch (DescribeTopicsException e) when (e.Results.TopicDescriptions.Find(t => t.Error.IsError) is { } topic)
        {
            throw new KafkaException(new Error(topic.Error.Code, $"topic {topic.Name}: {topic.Error.Reason}"), e);
        }
    }

    private static Guid Id(Uuid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, id.MostSignificantBits);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], id.LeastSignificantBits);
        return new Guid(bytes, bigEndian: true);
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

    private readonly record struct Topic(string Name, Guid Id, int Partitions);
}
