using Confluent.Kafka;
using PredMaint.Testing;

namespace PredMaint.Chaos;

/// <summary>A subscriber as the contract wants it, read_committed, that follows the alerts while everything else dies around it.</summary>
public sealed class AlertWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly List<(int Partition, long Offset)> seen = [];
    private readonly Task work;
    private int count;

    public AlertWatch(KafkaBroker broker, string topic, int partitions) => work = Task.Run(() => Follow(broker, topic, partitions));

    /// <summary>How many have been committed so far.</summary>
    public int Count => Volatile.Read(ref count);

    /// <summary>Where it saw them; it must have been stopped.</summary>
    public async Task<IReadOnlyCollection<(int Partition, long Offset)>> StopAsync()
    {
        await stop.CancelAsync();
        await work;
        return seen;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }

    private void Follow(KafkaBroker broker, string topic, int partitions)
    {
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig
        {
            BootstrapServers = broker.Bootstrap, GroupId = KafkaBroker.UniqueName("watch"), IsolationLevel = IsolationLevel.ReadCommitted, EnableAutoCommit = false,
            AutoOffsetReset = AutoOffsetReset.Error,
        }).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        consumer.Assign(Enumerable.Range(0, partitions).Select(p => new TopicPartitionOffset(topic, p, 0)));
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (consumer.Consume(TimeSpan.FromMilliseconds(100)) is not { } record) continue;
                seen.Add((record.Partition.Value, record.Offset.Value));
                Volatile.Write(ref count, seen.Count);
            }
            catch (ConsumeException e) when (!e.Error.IsFatal)
            {
                // Brokers are being killed; it goes on where it was.
            }
        }
    }
}
