using System.Buffers.Binary;
using Confluent.Kafka.Admin;
using PredMaint.Core.Snapshots;
using PredMaint.Worker.Configuration;
using Polly;

namespace PredMaint.Worker.Line;

/// <summary>A topic as the brokers describe it.</summary>
/// <param name="Id">Another one where a topic of the same name was made anew.</param>
public readonly record struct KnownTopic(string Name, Guid Id, int Partitions);

/// <summary>The topics that a line works with: as it finds them when it begins, and whether they are still those.</summary>
public sealed class TopicWatch(WorkerOptions options, LineClients clients, ResiliencePipeline metadata, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The client itself asks every five minutes what has become of its topics.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource end = new();
    private volatile IReadOnlyList<KnownTopic>? known;
    private Task? look;
    private long lookedAt = time.GetTimestamp();

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

    /// <summary>Readings, state, commands, and what is only written, as they are now.</summary>
    /// <exception cref="KafkaException">The brokers do not answer, or one is not what it was when it was asked about first.</exception>
    /// <exception cref="StateException">One is not there.</exception>
    public IReadOnlyList<KnownTopic> Require(IAdminClient admin, CancellationToken stop)
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

    /// <summary>Destroying a client in the midst of a call is not allowed.</summary>
    public void Dispose()
    {
        end.Cancel();
        if (look is not null) clients.Await(look, Timeout.InfiniteTimeSpan);
        end.Dispose();
    }

    private void Look(IConsumer<Ignore, Ignore> consumer)
    {
        using var admin = clients.Admin(consumer);
        try { Describe(admin); }
        // Nobody can say.
        catch (KafkaException e) when (Resilience.ComesBack(e.Error)) { }
        catch (KafkaException e) when (e.Error.Code == ErrorCode.UnknownTopicOrPart) { Require(admin, end.Token); }
    }

    private List<KnownTopic> Describe(IAdminClient admin)
    {
        var now = DescribeNow(admin);
        foreach (var (topic, before) in now.Zip(known ??= now))
        {
            if (topic.Id != before.Id) throw new KafkaException(new Error(ErrorCode.Local_State, $"topic {topic.Name} was made anew"));
            // Whoever only writes into one learns in time where it has grown.
            var isRead = topic.Name != options.Topics.Alerts && topic.Name != options.Topics.DeadLetters;
            if (isRead && topic.Partitions != before.Partitions)
                throw new KafkaException(new Error(ErrorCode.Local_State, $"topic {topic.Name} has {topic.Partitions} partitions, and had {before.Partitions}"));
        }
        return now;
    }

    private List<KnownTopic> DescribeNow(IAdminClient admin)
    {
        var names = TopicCollection.OfTopicNames([options.Topics.Readings, options.Topics.State, options.Topics.Commands, options.Topics.Alerts, options.Topics.DeadLetters]);
        try
        {
            var described = clients.DescribeTopics(admin, names, new DescribeTopicsOptions { RequestTimeout = RequestTimeout }).GetAwaiter().GetResult().TopicDescriptions;
            // In the order of the names: the client sorts what the brokers say.
            return [.. described.Select(t => new KnownTopic(t.Name, Id(t.TopicId), t.Partitions.Count))];
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
}
