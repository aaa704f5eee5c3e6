using System.Diagnostics;
using Confluent.Kafka;
using PredMaint.Core.Readings;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Line;

namespace PredMaint.Bench.Floors;

/// <summary>
/// The least that any consumer costs: the product's own client and settings, nothing done with the records but to decode them
/// where that is wanted. Offsets are committed ten times a second, so that progress shows.
/// </summary>
public static class ConsumeFloor
{
    private static readonly TimeSpan CommitInterval = TimeSpan.FromMilliseconds(100);

    public static void Run(WorkerOptions options, bool decode, CancellationToken stop)
    {
        var config = KafkaSettings.Consumer(options, 0);
        config.AutoOffsetReset = AutoOffsetReset.Earliest;
        var sensors = new SensorIndex(Enumerable.Range(1, Brokers.ReadingGenerator.Sensors).Select(s => $"s{s}"));
        var batch = new ReadingBatch(options.BatchMax);
        batch.Use(new WideJsonDecoder(sensors, options.Readings), sensors.Count);
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(config).Build();
        var fetched = new ClientRecords(consumer.Handle, options.BatchMax);
        consumer.Subscribe(options.Topics.Readings);
        var next = new Dictionary<int, long>();
        var lastCommit = Stopwatch.GetTimestamp();
        while (!stop.IsCancellationRequested)
        {
            batch.Clear();
            fetched.Poll(CommitInterval, options.BatchMax, record =>
            {
                if (record.Error is not null) throw new KafkaException(record.Error);
                if (decode) Decode(record, batch);
                next[record.Partition] = record.Offset + 1;
            });
            if (next.Count == 0 || Stopwatch.GetElapsedTime(lastCommit) < CommitInterval) continue;
            consumer.Commit(next.Select(p => new TopicPartitionOffset(options.Topics.Readings, p.Key, p.Value)));
            next.Clear();
            lastCommit = Stopwatch.GetTimestamp();
        }
        fetched.Dispose();
        consumer.Close();
    }

    private static void Decode(FetchedRecord record, ReadingBatch batch)
    {
        batch.Take(record);
        if (batch[batch.Count - 1] is { Fault: not Fault.None } reading) throw new InvalidOperationException(reading.FaultDetail);
    }
}
