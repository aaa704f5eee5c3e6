using Confluent.Kafka;
using PredMaint.Simulation.Kafka;

namespace PredMaint.Simulation.Clients;

internal sealed class StateReaderBuilder(Host host, string topic, string commands, ConsumerConfig config) : ConsumerBuilder<byte[], byte[]>(config)
{
    public override IConsumer<byte[], byte[]> Build() => new StateReader(host, topic, commands, config);
}

/// <summary>A consumer that is no member of a group: partitions are assigned by hand.</summary>
internal sealed class StateReader(Host host, string topic, string commands, ConsumerConfig config) : FetchingConsumer<byte[], byte[]>(host, topic, config)
{
    protected override IReadOnlyList<string> Others { get; } = [commands];

    public override void IncrementalAssign(IEnumerable<TopicPartitionOffset> partitions)
    {
        foreach (var partition in partitions) Assign(PlaceOf(partition.TopicPartition), partition.Offset);
        Host.StateReaders = Fetches.Keys.Count(place => TopicOf(place) == TopicName);
    }

    public override void IncrementalUnassign(IEnumerable<TopicPartition> partitions)
    {
        foreach (var partition in partitions) Fetches.Remove(PlaceOf(partition));
        Host.StateReaders = Fetches.Keys.Count(place => TopicOf(place) == TopicName);
    }

    public override ConsumeResult<byte[], byte[]>? Consume(TimeSpan timeout)
    {
        Host.Schedule.Pass();
        return Next(timeout, static () => false);
    }

    public override void Dispose()
    {
        base.Dispose();
        Host.StateReaders = 0;
    }

    protected override ConsumeResult<byte[], byte[]> Result(string from, int partition, LogRecord record) => new()
    {
        Topic = from,
        Partition = partition,
        Offset = record.Offset,
        Message = new Message<byte[], byte[]> { Key = record.Key!, Value = record.Value!, Timestamp = new Timestamp(record.TimestampMs, TimestampType.CreateTime) },
    };
}
