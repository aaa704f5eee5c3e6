using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace PredMaint.Testing;

/// <summary>How far a group has come in a topic, by partition.</summary>
public static class GroupOffsets
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The next offset of each partition.</summary>
    public static async Task<IReadOnlyDictionary<int, long>> EndsAsync(this KafkaBroker broker, string topic)
    {
        using var admin = broker.Admin();
        var partitions = admin.GetMetadata(topic, RequestTimeout).Topics.Single().Partitions;
        var asked = partitions.Select(p => new TopicPartitionOffsetSpec { TopicPartition = new TopicPartition(topic, p.PartitionId), OffsetSpec = OffsetSpec.Latest() });
        var answer = await admin.ListOffsetsAsync(asked, new ListOffsetsOptions { RequestTimeout = RequestTimeout });
        return answer.ResultInfos.ToDictionary(r => r.TopicPartitionOffsetError.Partition.Value, r => r.TopicPartitionOffsetError.Offset.Value);
    }

    /// <summary>The committed offset of each partition that has one.</summary>
    public static async Task<IReadOnlyDictionary<int, long>> CommittedAsync(this KafkaBroker broker, string group, string topic)
    {
        using var member = Outsider(broker, group);
        var partitions = (await broker.EndsAsync(topic)).Keys;
        return await Eventually.ValueAsync(() => Committed(member, topic, partitions), $"the committed offsets of {group}");
    }

    /// <summary>Waits until the group has committed the last reading of every partition.</summary>
    public static async Task CaughtUpAsync(this KafkaBroker broker, string group, string topic, TimeSpan? deadline = null, Func<string>? state = null)
    {
        using var member = Outsider(broker, group);
        var ends = await broker.EndsAsync(topic);
        IReadOnlyDictionary<int, long>? committed = null;
        await Eventually.TrueAsync(
            () => (committed = Committed(member, topic, ends.Keys)) is not null && ends.All(e => e.Value == 0 || committed.GetValueOrDefault(e.Key, -1) >= e.Value),
            $"{group} at the end of {topic} ({Text(ends)})", deadline, () => $"{Text(committed ?? new Dictionary<int, long>())}{(state is null ? "" : $"\n{state()}")}");
    }

    /// <summary>
    /// Asks in the group's name and never joins it. (The admin client's own request for offsets crashes librdkafka 2.16
    /// when the coordinator is loading: it reports to the group that an admin client does not have.)
    /// </summary>
    internal static IConsumer<Ignore, Ignore> Outsider(KafkaBroker broker, string group) => new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig
    {
        BootstrapServers = broker.Bootstrap, GroupId = group, EnableAutoCommit = false, IsolationLevel = IsolationLevel.ReadUncommitted,
    }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();

    /// <summary>Null where the coordinator does not say.</summary>
    internal static Dictionary<int, long>? Committed(IConsumer<Ignore, Ignore> outsider, string topic, IEnumerable<int> partitions)
    {
        try
        {
            return outsider.Committed(partitions.Select(p => new TopicPartition(topic, p)), RequestTimeout)
                .Where(p => p.Offset.Value >= 0).ToDictionary(p => p.Partition.Value, p => p.Offset.Value);
        }
        catch (KafkaException)
        {
            return null;
        }
    }

    private static string Text(IReadOnlyDictionary<int, long> offsets) => string.Join(' ', offsets.OrderBy(o => o.Key).Select(o => $"{o.Key}:{o.Value}"));
}
