using System.Collections.Concurrent;
using Confluent.Kafka;
using PredMaint.Worker.Configuration;

namespace PredMaint.Worker.Tests.Configuration;

public sealed class KafkaSettingsTests : IDisposable
{
    private const string Minimal = ConfigurationFolder.Minimal;

    private readonly ConfigurationFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("group.id", "the option group")]
    [InlineData("transactional.id", "the options group and instance")]
    [InlineData("isolation.level", "always read_committed")]
    [InlineData("enable.auto.commit", "the option commitInterval")]
    [InlineData("auto.offset.reset", "the option startAt")]
    [InlineData("enable.partition.eof", "lag rests on it")]
    [InlineData("partitioner", "always murmur2_random")]
    [InlineData("allow.auto.create.topics", "always false")]
    public void What_carries_a_promise_is_refused_with_its_reason(string property, string reason)
    {
        var mistake = Assert.Single(folder.Mistakes(Minimal, [$"kafka.{property}=x"]));
        Assert.StartsWith($"--set kafka.{property}: cannot be given, it ", mistake, StringComparison.Ordinal);
        Assert.Contains(reason, mistake, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_property_that_the_client_refuses_is_named_without_a_broker()
    {
        var mistakes = folder.Mistakes(Minimal,
            ["kafka.bootstrap.server=x", "kafka.linger.ms=soon", "kafka.security.protocol=tls", "kafka.session.timeout.ms=-5", "kafka.acks=all"]);
        Assert.Equal(["bootstrap.server", "linger.ms", "security.protocol", "session.timeout.ms"],
            mistakes.Select(m => m.Split(": ")[0]["--set kafka.".Length..]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_port_that_is_none_is_a_mistake() =>
        Assert.Equal(
            "--set kafka.bootstrap.servers: b:99999 has a port that is none, allowed is 1 to 65535", Assert.Single(folder.Mistakes(Minimal, ["kafka.bootstrap.servers=a:9092, b:99999, [::1]:9092"])));

    [Fact]
    public void A_secret_that_the_client_refuses_is_not_shown()
    {
        var mistake = Assert.Single(folder.Mistakes(Minimal, ["kafka.security.protocol=ssl", "kafka.ssl.key.pem=hunter2"]));
        Assert.StartsWith("--set kafka.ssl.key.pem: the Kafka client refuses it, or kafka.ssl.key.password does not unlock it: error:", mistake, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", mistake, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sasl.mechanism", "sasl.mechanism=scram-sha-512", "sasl.username=u", "sasl.password=p")]
    [InlineData("sasl.username", "sasl.mechanism=PLAIN", "sasl.password=p")]
    [InlineData("sasl.password", "sasl.mechanism=PLAIN", "sasl.username=u", "sasl.password=")]
    [InlineData("sasl.pasword", "sasl.mechanism=PLAIN", "sasl.username=u", "sasl.pasword=p")]
    [InlineData("sasl.oauthbearer.method", "sasl.mechanism=OAUTHBEARER")]
    public void What_the_client_says_of_several_properties_is_one_mistake_of_the_one_that_is_meant(string meant, params string[] settings)
    {
        var mistake = Assert.Single(folder.Mistakes(Minimal, [.. settings.Prepend("security.protocol=sasl_ssl").Select(s => $"kafka.{s}")]));
        Assert.Contains($" kafka.{meant}: ", mistake, StringComparison.Ordinal);
    }

    [Fact]
    public void Classic_timeouts_with_group_protocol_consumer_are_refused() =>
        Assert.Contains("kafka.session.timeout.ms: ", Assert.Single(folder.Mistakes(Minimal, ["kafka.group.protocol=consumer", "kafka.session.timeout.ms=9000"])), StringComparison.Ordinal);

    [Fact]
    public void A_transaction_may_not_outlast_the_membership()
    {
        Assert.Contains("must be less than max.poll.interval.ms (300000)", Assert.Single(folder.Mistakes(Minimal, ["kafka.transaction.timeout.ms=300000"])), StringComparison.Ordinal);
        Assert.Equal("300000", folder.Load(Minimal, ["kafka.transaction.timeout.ms=300000", "kafka.max.poll.interval.ms=400000"]).Kafka["transaction.timeout.ms"]);
    }

    [Fact]
    public void Servers_are_missing_only_once() =>
        Assert.Equal(["c.yaml:1:8: kafka.bootstrap.servers: is missing (host:port, several with commas)"],
            folder.Mistakes(Minimal.Replace("kafka:\n  bootstrap.servers: localhost:9092", "kafka: { linger.ms: 1 }", StringComparison.Ordinal)));

    [Fact]
    public void The_defaults_keep_the_promises()
    {
        var options = folder.Load(Minimal + "instance: w1\n");
        var c = KafkaSettings.Consumer(options, 2);
        Assert.Equal(("predmaint", IsolationLevel.ReadCommitted, false, false, AutoOffsetReset.Error, PartitionAssignmentStrategy.CooperativeSticky),
            (c.GroupId, c.IsolationLevel, c.EnableAutoCommit, c.EnableAutoOffsetStore, c.AutoOffsetReset, c.PartitionAssignmentStrategy));
        var p = KafkaSettings.Producer(options, 2);
        Assert.Equal(("predmaint-w1-2", Confluent.Kafka.Partitioner.Murmur2Random, 10_000, true), (p.TransactionalId, p.Partitioner, p.TransactionTimeoutMs, p.EnableIdempotence));
        // A state topic that was deleted must not come back by itself, with the broker's defaults.
        ClientConfig[] all = [c, p, KafkaSettings.StateReader(options, 2), KafkaSettings.Admin(options.Kafka), KafkaSettings.Subscriber(options.Kafka), KafkaSettings.Gateway(options.Kafka)];
        Assert.All(all, config => Assert.False(config.AllowAutoCreateTopics));
    }

    [Fact]
    public void With_group_protocol_consumer_nothing_of_the_classic_protocol_is_set()
    {
        var options = folder.Load(Minimal, ["kafka.group.protocol=consumer"]);
        var keys = KafkaSettings.Consumer(options, 0).Select(p => p.Key).ToList();
        Assert.Contains("group.protocol", keys);
        Assert.Empty(keys.Intersect(["partition.assignment.strategy", "session.timeout.ms", "heartbeat.interval.ms"]));
    }

    [Fact]
    public void A_static_member_is_one_a_thread() =>
        Assert.Equal("w-1", KafkaSettings.Consumer(folder.Load(Minimal, ["kafka.group.instance.id=w"]), 1).GroupInstanceId);

    [Fact]
    public void Each_kind_of_client_gets_the_properties_that_concern_it_and_warns_of_none()
    {
        var options = folder.Load(Minimal,
        [
            "kafka.linger.ms=1", "kafka.acks=all", "kafka.compression.type=lz4", "kafka.max.poll.interval.ms=60000", "kafka.fetch.min.bytes=1",
            "kafka.session.timeout.ms=10000", "kafka.client.id=me", "kafka.message.max.bytes=2000000", "kafka.statistics.interval.ms=0",
        ]);
        var consumer = KafkaSettings.Consumer(options, 0);
        Assert.Equal((10_000, 60_000, "me", 2_000_000), (consumer.SessionTimeoutMs, consumer.MaxPollIntervalMs, consumer.ClientId, consumer.MessageMaxBytes));
        var producer = KafkaSettings.Producer(options, 0);
        Assert.Equal((1, Acks.All, CompressionType.Lz4, "me"), (producer.LingerMs, producer.Acks, producer.CompressionType, producer.ClientId));
        var warnings = new ConcurrentQueue<LogMessage>();
        using (new ConsumerBuilder<Ignore, Ignore>(consumer).SetLogHandler((_, m) => warnings.Enqueue(m)).Build())
        using (new ProducerBuilder<Null, Null>(producer).SetLogHandler((_, m) => warnings.Enqueue(m)).Build())
        using (new AdminClientBuilder(KafkaSettings.Admin(options.Kafka)).SetLogHandler((_, m) => warnings.Enqueue(m)).Build()) { }
        Assert.DoesNotContain(warnings, m => m.Facility == "CONFWARN");
    }
}
