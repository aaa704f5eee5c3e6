using Confluent.Kafka;
using PredMaint.Testing;

namespace PredMaint.Worker.Tests.Testing;

/// <summary>The tests' own tools against a real broker: what an aborted transaction said must not be read.</summary>
public sealed class KafkaBrokerTests(KafkaFixture kafka)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Only_committed_records_are_read()
    {
        var broker = await kafka.RequireAsync();
        var topic = await broker.NewTopicAsync("testing", partitions: 2);
        using var producer = new ProducerBuilder<string, string>(
            new ProducerConfig { BootstrapServers = broker.Bootstrap, TransactionalId = KafkaBroker.UniqueName("testing") }).Build();
        producer.InitTransactions(Timeout);
        Say(producer, topic, "aborted");
        producer.AbortTransaction(Timeout);
        Say(producer, topic, "committed");
        producer.CommitTransaction(Timeout);
        Say(producer, topic, "open");

        var records = await broker.ReadCommittedAsync(topic);

        Assert.Equal(["committed", "committed"], records.Select(r => r.Text()));
        Assert.Equal([0, 1], records.Select(r => r.Partition.Value));
        Assert.Equal("x", records[0].Header("h"));
        producer.CommitTransaction(Timeout);
        var more = await broker.ReadCommittedUntilAsync(topic, r => r.Count == 4, "both transactions");
        Assert.Equal(2, more.Count(r => r.Text() == "open"));
    }

    [Fact]
    public async Task Records_go_where_they_are_sent()
    {
        var broker = await kafka.RequireAsync();
        var topic = await broker.NewTopicAsync("testing", partitions: 3, new() { ["cleanup.policy"] = "compact" });

        var offsets = await broker.ProduceAsync(topic, [("a", "1"), ("b", "2")], partition: 2);

        Assert.Equal([(2, 0L), (2, 1L)], offsets.Select(o => (o.Partition.Value, o.Offset.Value)));
        Assert.Equal(["a", "b"], (await broker.ReadCommittedAsync(topic)).Select(r => r.Message.Key));
    }

    private static void Say(IProducer<string, string> producer, string topic, string value)
    {
        producer.BeginTransaction();
        for (var partition = 0; partition < 2; partition++)
            producer.Produce(new TopicPartition(topic, partition), new Message<string, string> { Key = "k", Value = value, Headers = [new Header("h", "x"u8.ToArray())] });
        producer.Flush(Timeout);
    }
}
