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
        return await EndsAsync(admin, topic);
    }

    /// <summary>The committed offset of each partition that has one.</summary>
    public static async Task<IReadOnlyDictionary<int, long>> CommittedAsync(this KafkaBroker broker, string group, string topic)
    {
        using var admin = broker.Admin();
        return await CommittedAsync(admin, group, topic);
    }

    /// <summary>Waits until the group has committed the last reading of every partition.</summary>
    public static async Task CaughtUpAsync(this KafkaBroker broker, string group, string topic, TimeSpan? deadline = null, Func<string>? state = null)
    {
        using var admin = broker.Admin();
        var ends = await EndsAsync(admin, topic);
        IReadOnlyDictionary<int, long> committed = new Dictionary<int, long>();
        await Eventually.TrueAsync(
            async () =>
            {
                committed = await CommittedAsync(admin, group, topic);
                return ends.All(e => e.Value == 0 || committed.GetValueOrDefault(e.Key, -1) >= e.Value);
            },
            $"{group} at the end of {topic} ({Text(ends)})", deadline, () => $"{Text(committed)}{(state is null ? "" : $"\n{state()}")}");
    }

    private static string Text(IReadOnlyDictionary<int, long> offsets) => string.Join(' ', offsets.OrderBy(o => o.Key).Select(o => $"{o.Key}:{o.Value}"));

    private static async Task<IReadOnlyDictionary<int, long>> EndsAsync(IAdminClient admin, string topic)
    {
        var partitions = admin.GetMetadata(topic, RequestTimeout).Topics.Single().Partitions;
        var asked = partitions.Select(p => new TopicPartitionOffsetSpec { TopicPartition = new TopicPartition(topic, p.PartitionId), OffsetSpec = OffsetSpec.Latest() });
        var answer = await admin.ListOffsetsAsync(asked, new ListOffsetsOptions { RequestTimeout = RequestTimeout });
        return answer.ResultInfos.ToDictionary(r => r.TopicPartitionOffsetError.Partition.Value, r => r.TopicPartitionOffsetError.Offset.Value);
    }

    private static async Task<IReadOnlyDictionary<int, long>> CommittedAsync(IAdminClient admin, string group, string topic)
    {
        var answer = await admin.ListConsumerGroupOffsetsAsync(
            [new ConsumerGroupTopicPartitions(group, null)], new ListConsumerGroupOffsetsOptions { RequestTimeout = RequestTimeout });
        return answer.Single().Partitions.Where(p => p.Topic == topic && p.Offset.Value >= 0).ToDictionary(p => p.Partition.Value, p => p.Offset.Value);
    }
}
