using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Confluent.Kafka;
using PredMaint.Testing;
using PredMaint.Worker.Embedded;

namespace PredMaint.Worker.Tests.Embedded;

public sealed class EmbeddedBrokerTests
{
    private static readonly TimeSpan ClientTimeout = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task What_is_produced_is_consumed_in_order()
    {
        using var embedded = new EmbeddedBroker();
        embedded.CreateTopic("readings", partitions: 2);
        var broker = new KafkaBroker(embedded.Bootstrap);

        await broker.ProduceAsync("readings", Enumerable.Range(0, 100).Select(i => ((string?)$"machine-{i % 7}", $"{i}")));

        var records = await broker.ReadCommittedAsync("readings");
        Assert.Equal(Enumerable.Range(0, 100), records.Select(r => int.Parse(r.Text())).Order());
        Assert.All(records.GroupBy(r => r.Message.Key), g => Assert.Equal(g.Select(r => int.Parse(r.Text())).Order(), g.Select(r => int.Parse(r.Text()))));
        Assert.Equal([0, 1], records.Select(r => r.Partition.Value).Distinct().Order());
    }

    [Fact]
    public async Task A_transaction_with_offsets_commits()
    {
        using var embedded = new EmbeddedBroker();
        embedded.CreateTopic("readings", partitions: 1);
        embedded.CreateTopic("alerts", partitions: 1);
        var broker = new KafkaBroker(embedded.Bootstrap);
        await broker.ProduceAsync("readings", [("m", "1")]);
        using var consumer = Member(embedded, "group");
        consumer.Subscribe("readings");
        var read = await Eventually.ValueAsync(() => consumer.Consume(100), "the reading");
        using var producer = new ProducerBuilder<string, string>(
            new ProducerConfig { BootstrapServers = embedded.Bootstrap, TransactionalId = "group-a-0" }).Build();

        producer.InitTransactions(ClientTimeout);
        producer.BeginTransaction();
        producer.Produce("alerts", new Message<string, string> { Key = "m", Value = "raised" });
        producer.SendOffsetsToTransaction([new TopicPartitionOffset(read.TopicPartition, read.Offset + 1)], consumer.ConsumerGroupMetadata, ClientTimeout);
        producer.CommitTransaction(ClientTimeout);

        Assert.Equal("raised", Assert.Single(await broker.ReadCommittedAsync("alerts")).Text());
    }

    [Fact]
    public async Task Members_of_a_group_share_the_partitions_cooperatively()
    {
        using var embedded = new EmbeddedBroker();
        embedded.CreateTopic("readings", partitions: 4);
        var broker = new KafkaBroker(embedded.Bootstrap);
        using var first = Member(embedded, "group");
        first.Subscribe("readings");
        await Eventually.TrueAsync(() => Polled(first) && first.Assignment.Count == 4, "all partitions with the only member");
        using var second = Member(embedded, "group");
        second.Subscribe("readings");

        await Eventually.TrueAsync(
            () => Polled(first) && Polled(second) && first.Assignment.Count == 2 && second.Assignment.Count == 2,
            "two partitions with each member", state: () => $"{first.Assignment.Count} and {second.Assignment.Count}");

        for (var partition = 0; partition < 4; partition++) await broker.ProduceAsync("readings", [("m", $"{partition}")], partition);
        var values = new List<string>();
        await Eventually.TrueAsync(
            () =>
            {
                values.AddRange(new[] { first.Consume(50), second.Consume(50) }.Where(r => r is not null).Select(r => r.Message.Value));
                return values.Count >= 4;
            },
            "a record of each partition");
        Assert.Equal(["0", "1", "2", "3"], values.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Two_brokers_live_side_by_side_and_know_nothing_of_each_other()
    {
        using var one = new EmbeddedBroker();
        using var two = new EmbeddedBroker();
        foreach (var (embedded, value) in new[] { (one, "one"), (two, "two") })
        {
            embedded.CreateTopic("readings", partitions: 1);
            await new KafkaBroker(embedded.Bootstrap).ProduceAsync("readings", [("m", value)]);
        }

        Assert.NotEqual(one.Bootstrap, two.Bootstrap);
        Assert.Equal("one", Assert.Single(await new KafkaBroker(one.Bootstrap).ReadCommittedAsync("readings")).Text());
        Assert.Equal("two", Assert.Single(await new KafkaBroker(two.Bootstrap).ReadCommittedAsync("readings")).Text());
    }

    [Fact]
    public async Task Dispose_closes_the_port_under_a_connected_client()
    {
        var embedded = new EmbeddedBroker();
        embedded.CreateTopic("readings", partitions: 1);
        var address = IPEndPoint.Parse(embedded.Bootstrap);
        Assert.True(await AcceptsAsync(address));
        using var consumer = Member(embedded, "group");
        consumer.Subscribe("readings");
        await Eventually.TrueAsync(() => Polled(consumer) && consumer.Assignment.Count == 1, "the partition");

        embedded.Dispose();
        embedded.Dispose();

        Assert.False(await AcceptsAsync(address));
        Assert.Null(consumer.Consume(100));
        Assert.Throws<ObjectDisposedException>(() => embedded.CreateTopic("more", 1));
    }

    [Fact]
    public void It_starts_and_stops_many_times()
    {
        for (var i = 0; i < 5; i++)
        {
            using var embedded = new EmbeddedBroker();
            embedded.CreateTopic("readings", partitions: 1 + i);
            Assert.NotEmpty(embedded.Bootstrap);
        }
    }

    [Fact]
    public void A_topic_that_exists_is_not_created_again()
    {
        using var embedded = new EmbeddedBroker();
        embedded.CreateTopic("readings", partitions: 1);
        var thrown = Assert.Throws<KafkaException>(() => embedded.CreateTopic("readings", partitions: 2));
        Assert.Equal(ErrorCode.TopicAlreadyExists, thrown.Error.Code);
    }

    [Fact]
    public void It_lives_in_the_library_that_the_client_loaded()
    {
        using var embedded = new EmbeddedBroker();
        using var process = Process.GetCurrentProcess();
        Assert.Single(process.Modules.Cast<ProcessModule>(), m => m.FileName.Contains("librdkafka", StringComparison.OrdinalIgnoreCase));
    }

    private static IConsumer<string, string> Member(EmbeddedBroker embedded, string group) => new ConsumerBuilder<string, string>(new ConsumerConfig
    {
        BootstrapServers = embedded.Bootstrap, GroupId = group, EnableAutoCommit = false, AutoOffsetReset = AutoOffsetReset.Earliest,
        PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky,
        // A rebalance is learnt of by a heartbeat, and lasts the session timeout less 1 s on this broker.
        HeartbeatIntervalMs = 100, SessionTimeoutMs = 3000,
    }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();

    /// <summary>Serves the member's callbacks; there is nothing to read yet.</summary>
    private static bool Polled(IConsumer<string, string> member)
    {
        Assert.Null(member.Consume(10));
        return true;
    }

    private static async Task<bool> AcceptsAsync(IPEndPoint address)
    {
        using var socket = new TcpClient();
        try
        {
            await socket.ConnectAsync(address);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
