using Confluent.Kafka;
using PredMaint.Cli.Output;
using PredMaint.Worker.Brokers;
using PredMaint.Worker.Configuration;

namespace PredMaint.Cli.Alerts;

/// <summary>Reads the alert topic on its own: no group, committed messages only.</summary>
internal static class AlertReader
{
    private static readonly TimeSpan PollFor = TimeSpan.FromMilliseconds(200);

    /// <summary>How long brokers may be silent before an end that was asked for is given up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Reads from an offset on and hands over each message, null for what is not an alert.</summary>
    /// <param name="toEnd">Returns at the end of the topic as it is now; else when cancelled.</param>
    public static async Task ReadAsync(
        IReadOnlyDictionary<string, string> kafka, string topic, Offset from, bool toEnd, Action<AlertMessage?> handle, CancellationToken cancel) =>
        Read(kafka, topic, await TopicArguments.PartitionsAsync(kafka, topic), from, toEnd, handle, cancel);

    /// <summary>The same on the calling thread, where it is known how many partitions the topic has.</summary>
    public static void Read(
        IReadOnlyDictionary<string, string> kafka, string topic, int partitions, Offset from, bool toEnd, Action<AlertMessage?> handle, CancellationToken cancel)
    {
        var errors = new BrokerErrors();
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(KafkaSettings.Subscriber(kafka))
            .SetErrorHandler((_, error) => errors.Note(error)).SetLogHandler((_, _) => { }).Build();
        consumer.Assign(Enumerable.Range(0, partitions).Select(p => new TopicPartitionOffset(topic, p, from)));
        var ended = new HashSet<Partition>();
        var heard = TimeProvider.System.GetTimestamp();
        while (!cancel.IsCancellationRequested && (!toEnd || ended.Count < partitions))
        {
            var next = consumer.Consume(PollFor);
            if (errors.Refusal is { } refusal) throw new BrokerRefusedException(refusal);
            if (next is not null)
            {
                heard = TimeProvider.System.GetTimestamp();
                if (next.IsPartitionEOF) ended.Add(next.Partition);
                else handle(AlertMessage.Read(next.Message.Value));
            }
            else if (toEnd && TimeProvider.System.GetElapsedTime(heard) > Patience)
                throw new BrokerUnreachableException($"the end of {topic} is not reached, the brokers are silent for {Patience.TotalSeconds} s: {errors.Last}");
        }
    }
}
