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
        using var reader = Reader(broker, group);
        return Committed(reader, topic, (await broker.EndsAsync(topic)).Keys);
    }

    /// <summary>Waits until the group has committed the last reading of every partition.</summary>
    public static async Task CaughtUpAsync(this KafkaBroker broker, string group, string topic, TimeSpan? deadline = null, Func<string>? state = null)
    {
        using var reader = Reader(broker, group);
        var ends = await broker.EndsAsync(topic);
        IReadOnlyDictionary<int, long> committed = new Dictionary<int, long>();
        await Eventually.TrueAsync(
            () =>
            {
                committed = Committed(reader, topic, ends.Keys);
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

    /// <summary>Asks without joining. (librdkafka 2.16's admin client dies of a coordinator that is still loading: it has no group to tell.)</summary>
    private static IConsumer<Ignore, Ignore> Reader(KafkaBroker broker, string group) =>
        new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = broker.Bootstrap, GroupId = group }).Build();

    /// <summary>Empty, too, while the group's coordinator is on the move: a condition asks again.</summary>
    private static Dictionary<int, long> Committed(IConsumer<Ignore, Ignore> reader, string topic, IEnumerable<int> partitions)
    {
        try
        {
            return reader.Committed(partitions.Select(p => new TopicPartition(topic, p)), RequestTimeout)
                .Where(p => p.Offset.Value >= 0).ToDictionary(p => p.Partition.Value, p => p.Offset.Value);
        }
        catch (KafkaException e) when (!e.Error.IsFatal)
        {
            return [];
        }
    }
}
