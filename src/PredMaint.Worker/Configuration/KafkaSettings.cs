using System.Globalization;

namespace PredMaint.Worker.Configuration;

/// <summary>
/// The settings of our clients: our defaults, the user's properties over them. Each client gets the properties that
/// concern its kind alone. What a user may not change (<see cref="KafkaProperties"/>) has been refused before.
/// </summary>
public static class KafkaSettings
{
    /// <summary>How long a killed worker's open transaction holds up readers of the alerts.</summary>
    private const int TransactionTimeoutMs = 10_000;

    /// <summary>Bounds the memory of a producer whose brokers are away; the line waits when it is full.</summary>
    private const int QueueKbytes = 64 * 1024;

    /// <summary>The consumer of the readings: a member of the group.</summary>
    public static ConsumerConfig Consumer(WorkerOptions options, int thread)
    {
        var config = Reader(options, thread);
        // Each thread is a member of its own.
        if (config.GroupInstanceId is { } member) config.GroupInstanceId = $"{member}-{thread}";
        // They tell an idle line whether brokers answer.
        SetDefault(config, options, "statistics.interval.ms", "5000");
        // KIP-848: the broker assigns, and the client refuses the classic protocol's own properties.
        if (options.Kafka.GetValueOrDefault("group.protocol") == "consumer") return config;
        SetDefault(config, options, "partition.assignment.strategy", "cooperative-sticky");
        // A member learns by its heartbeat that another has come or gone: at the client's default of 3 s a partition that moves stands still for as long.
        SetDefault(config, options, "heartbeat.interval.ms", "1000");
        return config;
    }

    /// <summary>The consumer of the state topic, assigned by hand. The client wants a group, which it never joins.</summary>
    public static ConsumerConfig StateReader(WorkerOptions options, int thread)
    {
        var config = Reader(options, thread);
        // The end of a state that ends with a transaction's own records is told by an empty fetch, which the broker holds back so long (500 ms by default).
        SetDefault(config, options, "fetch.wait.max.ms", "50");
        return config;
    }

    /// <summary>How long the brokers hold back an answer to the consumer of the readings where there are none (librdkafka's default: 500 ms).</summary>
    public static TimeSpan FetchWait(WorkerOptions options) => Milliseconds(options, "fetch.wait.max.ms", 500);

    /// <summary>How long the group waits for a member's next poll.</summary>
    public static TimeSpan PollLimit(WorkerOptions options) => Milliseconds(options, "max.poll.interval.ms", KafkaProperties.MaxPollIntervalMs);

    private static TimeSpan Milliseconds(WorkerOptions options, string property, int byDefault) =>
        TimeSpan.FromMilliseconds(options.Kafka.TryGetValue(property, out var ms) ? int.Parse(ms, CultureInfo.InvariantCulture) : byDefault);

    private static ConsumerConfig Reader(WorkerOptions options, int thread)
    {
        var config = new ConsumerConfig
        {
            GroupId = options.Group,
            ClientId = ClientId(options, thread),
            IsolationLevel = IsolationLevel.ReadCommitted,
            EnableAutoCommit = false,
            EnableAutoOffsetStore = false,
            AutoOffsetReset = AutoOffsetReset.Error,
            // Where a partition ends cannot be told from offsets: the records of transactions have some too.
            EnablePartitionEof = true,
            // After a full queue the next fetch waits this long; the default of a second starves a line that took it all.
            FetchQueueBackoffMs = 10,
            // Of each consumer's memory in a backlog; the client's default is 64 MB.
            QueuedMaxMessagesKbytes = 16 * 1024,
        };
        Lay(options.Kafka, config, KafkaProperties.ForConsumers);
        return config;
    }

    public static ProducerConfig Producer(WorkerOptions options, int thread)
    {
        var config = new ProducerConfig
        {
            ClientId = ClientId(options, thread),
            TransactionalId = $"{options.Group}-{options.Instance}-{thread}",
            TransactionTimeoutMs = TransactionTimeoutMs,
            EnableIdempotence = true,
            Partitioner = Partitioner.Murmur2Random,
            // What a transaction holds waits for its partitions to be registered; that gathers requests enough.
            LingerMs = 0,
            // While the last transaction's markers are being written the next one is refused: the client's default is to ask again after 100 ms.
            RetryBackoffMs = 5,
            // Another thread that takes the delivery reports would leave a flush to find out by itself, every 10 ms.
            EnableBackgroundPoll = false,
            QueueBufferingMaxKbytes = QueueKbytes,
        };
        Lay(options.Kafka, config, KafkaProperties.ForProducers);
        return config;
    }

    /// <summary>For commands that know no more than how to reach the brokers.</summary>
    public static AdminClientConfig Admin(IReadOnlyDictionary<string, string> kafka)
    {
        var config = new AdminClientConfig();
        Lay(kafka, config, property => KafkaProperties.ForConsumers(property) && KafkaProperties.ForProducers(property));
        return config;
    }

    /// <summary>Reads a topic on its own: no group, nothing committed, nothing of aborted transactions.</summary>
    public static ConsumerConfig Subscriber(IReadOnlyDictionary<string, string> kafka)
    {
        var config = new ConsumerConfig
        {
            GroupId = "predmaint",
            IsolationLevel = IsolationLevel.ReadCommitted,
            EnableAutoCommit = false,
            EnablePartitionEof = true,
            AutoOffsetReset = AutoOffsetReset.Earliest,
        };
        Lay(kafka, config, KafkaProperties.ForConsumers);
        return config;
    }

    /// <summary>Produces readings as a gateway would: no transaction, machines in the partitions that Java would choose.</summary>
    public static ProducerConfig Gateway(IReadOnlyDictionary<string, string> kafka)
    {
        var config = new ProducerConfig
        {
            EnableIdempotence = true,
            Partitioner = Partitioner.Murmur2Random,
            LingerMs = 10,
            QueueBufferingMaxKbytes = QueueKbytes,
        };
        Lay(kafka, config, KafkaProperties.ForProducers);
        return config;
    }

    private static string ClientId(WorkerOptions options, int thread) => $"{options.Group}-{options.Instance}-{thread}";

    private static void Lay(IReadOnlyDictionary<string, string> kafka, ClientConfig config, Func<string, bool> concerns)
    {
        // A topic that is made by being used has the broker's defaults: a state that is not compacted, other numbers of partitions.
        config.AllowAutoCreateTopics = false;
        foreach (var (property, value) in kafka)
            if (concerns(property)) config.Set(property, value);
    }

    private static void SetDefault(ClientConfig config, WorkerOptions options, string property, string value)
    {
        if (!options.Kafka.ContainsKey(property)) config.Set(property, value);
    }
}
