using System.Collections.Concurrent;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace PredMaint.Bench.Brokers;

/// <summary>What the benchmark asks of the brokers. Disposing deletes the topics and groups that were made for this run.</summary>
public sealed class Cluster(string broker, int partitions) : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    private readonly IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker }).SetLogHandler((_, _) => { }).Build();
    private readonly List<string> topics = [];
    private readonly List<string> groups = [];
    private readonly ConcurrentDictionary<string, IConsumer<Ignore, Ignore>> outsiders = new(StringComparer.Ordinal);

    /// <summary>Unique among all who use the same brokers.</summary>
    private readonly string prefix = $"bench-{Guid.NewGuid():N}"[..14];

    public string Broker => broker;

    /// <summary>True where a broker answers.</summary>
    public bool Answers()
    {
        try
        {
            return admin.GetMetadata(Timeout).Brokers.Count > 0;
        }
        catch (KafkaException)
        {
            return false;
        }
    }

    /// <summary>A name that is deleted, as topic, at the end; with it the topics that the product derives from a group's name.</summary>
    public string Topic(string name)
    {
        topics.Add($"{prefix}-{name}");
        return topics[^1];
    }

    public string Group(string name)
    {
        groups.Add($"{prefix}-{name}");
        foreach (var derived in (string[])["state", "commands", "dead-letters"]) topics.Add($"{groups[^1]}-{derived}");
        return groups[^1];
    }

    public Task CreateAsync(string topic) =>
        admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = partitions, ReplicationFactor = -1 }], new CreateTopicsOptions { OperationTimeout = Timeout });

    /// <summary>How many readings the group has committed, in all partitions.</summary>
    /// <remarks>
    /// Asks in the group's name and never joins it: the admin client's own request crashes librdkafka 2.16 while a
    /// coordinator loads.
    /// </remarks>
    public long Committed(string group, string topic)
    {
        var outsider = outsiders.GetOrAdd(group, id => new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig
        {
            BootstrapServers = broker, GroupId = id, EnableAutoCommit = false, IsolationLevel = IsolationLevel.ReadUncommitted,
        }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build());
        try
        {
            return outsider.Committed(Partitions(topic), Timeout).Sum(p => Math.Max(0, p.Offset.Value));
        }
        catch (KafkaException e) when (!e.Error.IsFatal)
        {
            // The group, or its coordinator, is not there yet.
            return 0;
        }
    }

    /// <summary>The group has settled and owns all partitions.</summary>
    public async Task<bool> OwnsAllAsync(string group, string topic)
    {
        try
        {
            var result = await admin.DescribeConsumerGroupsAsync([group], new DescribeConsumerGroupsOptions { RequestTimeout = Timeout });
            var described = result.ConsumerGroupDescriptions[0];
            return described.State == ConsumerGroupState.Stable && described.Members.Sum(m => m.Assignment.TopicPartitions.Count(p => p.Topic == topic)) == partitions;
        }
        catch (KafkaException e) when (!e.Error.IsFatal)
        {
            return false;
        }
    }

    /// <summary>Reads all that is committed in a topic, once no transaction in it is open.</summary>
    public async Task ReadAsync(string topic, Action<ConsumeResult<byte[], byte[]>> take, CancellationToken cancel)
    {
        while (!(await EndsAsync(topic, IsolationLevel.ReadUncommitted)).SequenceEqual(await EndsAsync(topic, IsolationLevel.ReadCommitted)))
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancel);
        var config = new ConsumerConfig
        {
            BootstrapServers = broker, GroupId = "bench-reads", IsolationLevel = IsolationLevel.ReadCommitted, EnableAutoCommit = false, EnablePartitionEof = true,
        };
        using var consumer = new ConsumerBuilder<byte[], byte[]>(config).Build();
        consumer.Assign(Partitions(topic).Select(p => new TopicPartitionOffset(p, Offset.Beginning)));
        for (var left = partitions; left > 0;)
        {
            var record = consumer.Consume(cancel);
            if (record.IsPartitionEOF) left--;
            else take(record);
        }
        consumer.Close();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var outsider in outsiders.Values) outsider.Dispose();
        if (topics.Count > 0)
            await TryAsync(() =>
            {
                var existing = admin.GetMetadata(Timeout).Topics.Select(t => t.Topic).Intersect(topics, StringComparer.Ordinal).ToList();
                return existing.Count == 0 ? Task.CompletedTask : admin.DeleteTopicsAsync(existing);
            });
        foreach (var group in groups) await TryAsync(() => admin.DeleteGroupsAsync([group]));
        admin.Dispose();
    }

    /// <summary>What cannot be tidied up is left: the measurement stands.</summary>
    private static async Task TryAsync(Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (KafkaException e)
        {
            // A floor's or the peer's group may never have been made.
            if (e.Error.Code is not (ErrorCode.GroupIdNotFound or ErrorCode.Local_Partial)) await Console.Error.WriteLineAsync($"bench: {e.Error.Reason}");
        }
    }

    private async Task<IReadOnlyList<TopicPartitionOffset>> EndsAsync(string topic, IsolationLevel isolation)
    {
        var specs = Partitions(topic).Select(p => new TopicPartitionOffsetSpec { TopicPartition = p, OffsetSpec = OffsetSpec.Latest() });
        var result = await admin.ListOffsetsAsync(specs, new ListOffsetsOptions { IsolationLevel = isolation, RequestTimeout = Timeout });
        return [.. result.ResultInfos.Select(r => r.TopicPartitionOffsetError.TopicPartitionOffset).OrderBy(p => p.Partition.Value)];
    }

    private List<TopicPartition> Partitions(string topic) => [.. Enumerable.Range(0, partitions).Select(p => new TopicPartition(topic, p))];
}
