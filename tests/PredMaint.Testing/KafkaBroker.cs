using System.Text;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace PredMaint.Testing;

/// <summary>What tests do with a broker, real or embedded (which has no admin calls: topics appear by use there).</summary>
public sealed class KafkaBroker(string bootstrap)
{
    private static readonly TimeSpan PollFor = TimeSpan.FromMilliseconds(100);

    /// <summary>host:port</summary>
    public string Bootstrap => bootstrap;

    /// <summary>A name that no other test or run uses, for topics and groups.</summary>
    public static string UniqueName(string stem) => $"{stem}-{Guid.NewGuid():N}";

    public IAdminClient Admin() => new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrap }).Build();

    /// <summary>Creates a topic of its own for the test and gives its name.</summary>
    public async Task<string> NewTopicAsync(string stem, int partitions = 1, Dictionary<string, string>? config = null)
    {
        var name = UniqueName(stem);
        await CreateTopicAsync(name, partitions, config);
        return name;
    }

    /// <summary>Creates a topic and waits until every partition has a leader.</summary>
    public async Task CreateTopicAsync(string name, int partitions = 1, Dictionary<string, string>? config = null)
    {
        using var admin = Admin();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = name, NumPartitions = partitions, ReplicationFactor = 1, Configs = config }]);
        await LedAsync(admin, name, partitions);
    }

    /// <summary>Gives a topic as many partitions and waits until every one has a leader.</summary>
    public async Task GrowTopicAsync(string name, int partitions)
    {
        using var admin = Admin();
        await admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = name, IncreaseTo = partitions }]);
        await LedAsync(admin, name, partitions);
    }

    /// <summary>Deletes a topic and waits until nobody knows it.</summary>
    public async Task DeleteTopicAsync(string name)
    {
        using var admin = Admin();
        await admin.DeleteTopicsAsync([name]);
        await Eventually.TrueAsync(() => admin.GetMetadata(TimeSpan.FromSeconds(10)).Topics.TrueForAll(t => t.Topic != name), $"the end of {name}");
    }

    /// <summary>Produces outside of any transaction, in order, and waits for every acknowledgement.</summary>
    /// <param name="partition">Where given, the partition; else murmur2 of the key, as everywhere in the product.</param>
    public Task<IReadOnlyList<TopicPartitionOffset>> ProduceAsync(string topic, IEnumerable<(string? Key, string Value)> records, int? partition = null) =>
        ProduceAsync(topic, records.Select(r => new Message<string?, byte[]> { Key = r.Key, Value = Encoding.UTF8.GetBytes(r.Value) }), partition);

    public async Task<IReadOnlyList<TopicPartitionOffset>> ProduceAsync(string topic, IEnumerable<Message<string?, byte[]>> records, int? partition = null)
    {
        var config = new ProducerConfig { BootstrapServers = bootstrap, EnableIdempotence = true, LingerMs = 0, Partitioner = Partitioner.Murmur2Random };
        using var producer = new ProducerBuilder<string?, byte[]>(config).Build();
        var target = new TopicPartition(topic, partition is null ? Partition.Any : new Partition(partition.Value));
        var sent = records.Select(r => producer.ProduceAsync(target, r)).ToList();
        var done = await Task.WhenAll(sent);
        return [.. done.Select(d => d.TopicPartitionOffset)];
    }

    /// <summary>All records that a read_committed subscriber is given now, a partition after the other.</summary>
    public async Task<IReadOnlyList<ConsumeResult<string?, byte[]>>> ReadCommittedAsync(string topic, TimeSpan? deadline = null)
    {
        var result = new List<ConsumeResult<string?, byte[]>>();
        using var consumer = Subscriber(topic, out var partitions);
        var ended = new HashSet<int>();
        await Eventually.TrueAsync(
            () =>
            {
                while (ended.Count < partitions && consumer.Consume(PollFor) is { } next)
                {
                    if (next.IsPartitionEOF) ended.Add(next.Partition.Value);
                    else result.Add(next);
                }
                return ended.Count == partitions;
            },
            $"the end of {topic}", deadline, () => $"{ended.Count} of {partitions} partitions ended, {result.Count} records read");
        consumer.Close();
        return [.. result.OrderBy(r => r.Partition.Value).ThenBy(r => r.Offset.Value)];
    }

    /// <summary>Reads on, committed records only, until there are enough.</summary>
    public async Task<IReadOnlyList<ConsumeResult<string?, byte[]>>> ReadCommittedUntilAsync(
        string topic, Func<IReadOnlyList<ConsumeResult<string?, byte[]>>, bool> enough, string what, TimeSpan? deadline = null)
    {
        var result = new List<ConsumeResult<string?, byte[]>>();
        using var consumer = Subscriber(topic, out _);
        await Eventually.TrueAsync(
            () =>
            {
                while (!enough(result) && consumer.Consume(PollFor) is { } next)
                    if (!next.IsPartitionEOF) result.Add(next);
                return enough(result);
            },
            what, deadline, () => $"{result.Count} records of {topic} read");
        consumer.Close();
        return result;
    }

    private IConsumer<string?, byte[]> Subscriber(string topic, out int partitions)
    {
        using (var admin = Admin()) partitions = Partitions(admin, topic).Count;
        if (partitions == 0) throw new InvalidOperationException($"Topic {topic} does not exist.");
        var config = new ConsumerConfig
        {
            BootstrapServers = bootstrap, GroupId = UniqueName("reader"), IsolationLevel = IsolationLevel.ReadCommitted,
            EnableAutoCommit = false, EnablePartitionEof = true, AutoOffsetReset = AutoOffsetReset.Error,
            // An end is told by the answer to a fetch: tests read topics that have one.
            FetchWaitMaxMs = 50,
        };
        var consumer = new ConsumerBuilder<string?, byte[]>(config).Build();
        consumer.Assign(Enumerable.Range(0, partitions).Select(p => new TopicPartitionOffset(topic, p, Offset.Beginning)));
        return consumer;
    }

    private static Task LedAsync(IAdminClient admin, string topic, int partitions) => Eventually.TrueAsync(
        () => Partitions(admin, topic).Count(p => p.Error.Code == ErrorCode.NoError && p.Leader >= 0) == partitions,
        $"topic {topic} with {partitions} partitions");

    private static List<PartitionMetadata> Partitions(IAdminClient admin, string topic) =>
        admin.GetMetadata(topic, Eventually.DefaultDeadline).Topics.Single().Partitions;
}
