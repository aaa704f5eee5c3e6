using Confluent.Kafka;
using Confluent.Kafka.Admin;
using PredMaint.Testing;

namespace PredMaint.Chaos;

/// <summary>What the brokers say of a job: whether a transaction is open, who leads, whether every copy is there.</summary>
public sealed class Stillness(Job job, int partitions) : IDisposable
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);

    /// <summary>A transaction that is being ended is ended within this, unless its worker stands still in the midst of it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>A node that comes back copies what it missed.</summary>
    private static readonly TimeSpan WholeDeadline = TimeSpan.FromMinutes(2);

    private readonly IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = job.Broker.Bootstrap })
        .SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();

    // Asks in the group's name and never joins it.
    private readonly IConsumer<Ignore, Ignore> asker = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig
    {
        BootstrapServers = job.Broker.Bootstrap, GroupId = job.Group, EnableAutoCommit = false, IsolationLevel = IsolationLevel.ReadCommitted,
    }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();

    /// <summary>The group's committed offsets; null while a transaction about them is open, or nobody answers.</summary>
    public IReadOnlyDictionary<int, long>? Committed()
    {
        try
        {
            return asker.Committed(Enumerable.Range(0, partitions).Select(p => new TopicPartition(job.Readings, p)), Patience)
                .ToDictionary(p => p.Partition.Value, p => p.Offset.Value);
        }
        catch (KafkaException)
        {
            return null;
        }
    }

    /// <summary>True as soon as no transaction of the job is open, nor committed without being marked in every partition.</summary>
    public async Task<bool> IsStillAsync()
    {
        var begun = TimeProvider.System.GetTimestamp();
        do
        {
            if (await HasNoOpenEndAsync() && Committed() is not null) return true;
        }
        while (TimeProvider.System.GetElapsedTime(begun) < Patience);
        return false;
    }

    /// <summary>Waits until every partition has all its copies in sync.</summary>
    public Task WholeAsync(int copies) => Eventually.TrueAsync(() => Metadata() is { } m && m.Topics.TrueForAll(t => t.Partitions.TrueForAll(p => p.Leader >= 0 && p.InSyncReplicas.Length >= copies)),
        $"{copies} copies of every partition in sync", WholeDeadline);

    /// <summary>The node that plays a part for the job: coordinator of its group, of a worker's transactions, leader of its readings or alerts, in turn.</summary>
    public Task<int?> LeaderAsync(int turn)
    {
        var (topic, key) = (turn % 4) switch
        {
            0 => ("__consumer_offsets", JavaHash(job.Group)),
            1 => (job.Readings, 0),
            2 => ("__transaction_state", JavaHash($"{job.Group}-one-0")),
            _ => (job.Alerts, 0),
        };
        var found = Metadata()?.Topics.Find(t => t.Topic == topic)?.Partitions;
        return Task.FromResult(found is { Count: > 0 } ? found[key % found.Count].Leader : (int?)null);
    }

    public void Dispose()
    {
        admin.Dispose();
        asker.Dispose();
    }

    /// <summary>The last stable offset of every partition is its end.</summary>
    private async Task<bool> HasNoOpenEndAsync()
    {
        try
        {
            var asked = new[] { job.Alerts, job.State, job.DeadLetters }.SelectMany(t => Enumerable.Range(0, partitions).Select(p => new TopicPartition(t, p)))
                .Select(p => new TopicPartitionOffsetSpec { TopicPartition = p, OffsetSpec = OffsetSpec.Latest() }).ToList();
            var stable = await admin.ListOffsetsAsync(asked, new ListOffsetsOptions { RequestTimeout = RequestTimeout, IsolationLevel = IsolationLevel.ReadCommitted });
            var ends = await admin.ListOffsetsAsync(asked, new ListOffsetsOptions { RequestTimeout = RequestTimeout, IsolationLevel = IsolationLevel.ReadUncommitted });
            return Offsets(stable).SequenceEqual(Offsets(ends));
        }
        catch (KafkaException)
        {
            return false;
        }
    }

    private Metadata? Metadata()
    {
        try
        {
            return admin.GetMetadata(RequestTimeout);
        }
        catch (KafkaException)
        {
            return null;
        }
    }

    private static IEnumerable<(string, int, long)> Offsets(ListOffsetsResult result) => result.ResultInfos
        .Select(r => (r.TopicPartitionOffsetError.Topic, r.TopicPartitionOffsetError.Partition.Value, r.TopicPartitionOffsetError.Offset.Value)).Order();

    /// <summary>String.hashCode of Java, without its sign: how Kafka finds a coordinator's partition.</summary>
    private static int JavaHash(string text) => text.Aggregate(0, (hash, c) => unchecked(31 * hash + c)) & int.MaxValue;
}
