using System.Diagnostics;
using Confluent.Kafka;
using PredMaint.Core.Readings;
using PredMaint.Worker.Configuration;

namespace PredMaint.Bench.Floors;

/// <summary>
/// The least that any consumer costs: the product's own client settings, nothing done with the records but to decode them
/// where that is wanted. Offsets are committed ten times a second, so that progress shows.
/// </summary>
public static class ConsumeFloor
{
    private static readonly TimeSpan CommitInterval = TimeSpan.FromMilliseconds(100);

    public static void Run(WorkerOptions options, bool decode, CancellationToken stop)
    {
        if (!decode)
        {
            Run(options, Nothing.Instance, Nothing.Instance, stop);
            return;
        }
        var sensors = new SensorIndex(Enumerable.Range(1, Brokers.ReadingGenerator.Sensors).Select(s => $"s{s}"));
        var decoding = new Decoding(new WideJsonDecoder(sensors, options.Readings), new Reading(sensors.Count));
        Run(options, decoding.Keys, decoding.Values, stop);
    }

    private static void Run<T>(WorkerOptions options, IDeserializer<T> keys, IDeserializer<T> values, CancellationToken stop)
    {
        var config = KafkaSettings.Consumer(options, 0);
        config.AutoOffsetReset = AutoOffsetReset.Earliest;
        using var consumer = new ConsumerBuilder<T, T>(config).SetKeyDeserializer(keys).SetValueDeserializer(values).Build();
        consumer.Subscribe(options.Topics.Readings);
        var next = new Dictionary<int, long>();
        var lastCommit = Stopwatch.GetTimestamp();
        while (!stop.IsCancellationRequested)
        {
            // A batch at a time, as the product's line does: the clock is not asked for each record.
            var isIdle = false;
            for (var i = 0; i < options.BatchMax && !isIdle; i++)
            {
                if (consumer.Consume(i == 0 ? CommitInterval : TimeSpan.Zero) is { } record) next[record.Partition.Value] = record.Offset.Value + 1;
                else isIdle = true;
            }
            if (next.Count == 0 || Stopwatch.GetElapsedTime(lastCommit) < CommitInterval) continue;
            consumer.Commit(next.Select(p => new TopicPartitionOffset(options.Topics.Readings, p.Key, p.Value)));
            next.Clear();
            lastCommit = Stopwatch.GetTimestamp();
        }
        consumer.Close();
    }

    private sealed class Nothing : IDeserializer<int>
    {
        public static readonly Nothing Instance = new();

        public int Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context) => 0;
    }

    /// <summary>The product's decoder, into one slot.</summary>
    private sealed class Decoding(WideJsonDecoder decoder, Reading slot)
    {
        public IDeserializer<Reading> Keys => new Key(slot);

        public IDeserializer<Reading> Values => new Value(decoder, slot);

        private sealed class Key(Reading slot) : IDeserializer<Reading>
        {
            public Reading Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context)
            {
                WideJsonDecoder.DecodeKey(data, isNull, slot);
                return slot;
            }
        }

        private sealed class Value(WideJsonDecoder decoder, Reading slot) : IDeserializer<Reading>
        {
            public Reading Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context)
            {
                decoder.Decode(data, isNull, slot);
                return slot.Fault == Fault.None ? slot : throw new InvalidOperationException(slot.FaultDetail);
            }
        }
    }
}
