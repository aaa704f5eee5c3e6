using System.Globalization;
using System.Text;
using Confluent.Kafka;

namespace PredMaint.Bench.Brokers;

/// <summary>
/// Readings in wide JSON: machines round robin, 14 sensors, one reading a second of event time, every tenth machine
/// drifting away. The same seed gives the same bytes, those of the peers' own generator.
/// </summary>
public sealed class ReadingGenerator(int machines, ulong seed = 1)
{
    public const int Sensors = 14;

    /// <summary>2025-12-17T19:33:20Z.</summary>
    private const long StartSeconds = 1_766_000_000;

    private const int DriftAfterSteps = 30;

    private readonly string[] ids = [.. Enumerable.Range(0, machines).Select(i => $"machine-{i:D6}")];
    private readonly StringBuilder text = new(512);
    private ulong state = seed;

    /// <summary>Sends the readings, partitioned as Java's clients do.</summary>
    public void Send(string broker, string topic, long readings, CancellationToken cancel)
    {
        var config = new ProducerConfig
        {
            BootstrapServers = broker,
            Partitioner = Partitioner.Murmur2Random,
            Acks = Acks.All,
            EnableIdempotence = true,
            LingerMs = 20,
            BatchSize = 131_072,
            EnableDeliveryReports = false,
        };
        using var producer = new ProducerBuilder<byte[], byte[]>(config).SetLogHandler((_, _) => { }).Build();
        byte[][] keys = [.. ids.Select(Encoding.ASCII.GetBytes)];
        for (long n = 0; n < readings; n++)
        {
            cancel.ThrowIfCancellationRequested();
            Produce(producer, topic, new Message<byte[], byte[]> { Key = keys[n % machines], Value = Next(n) });
        }
        while (producer.Flush(TimeSpan.FromSeconds(1)) > 0) cancel.ThrowIfCancellationRequested();
    }

    /// <summary>The n-th reading; to be asked for in order.</summary>
    public byte[] Next(long n)
    {
        var machine = (int)(n % machines);
        var step = n / machines;
        var time = DateTimeOffset.FromUnixTimeSeconds(StartSeconds + step).UtcDateTime;
        text.Clear().Append("{\"machineId\":\"").Append(ids[machine])
            .Append("\",\"timestamp\":\"").Append(time.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture)).Append("Z\",\"values\":{");
        var wear = machine % 10 == 0 ? Math.Max(0, step - DriftAfterSteps) * 0.02 : 0;
        for (var s = 1; s <= Sensors; s++)
        {
            if (s > 1) text.Append(',');
            text.Append("\"s").Append(s).Append("\":");
            AppendValue(Math.Sin(step * 0.05 * s + machine) + 0.1 * (NextDouble() - 0.5) + wear * (s % 3));
        }
        text.Append("}}");
        var bytes = new byte[text.Length];
        var at = 0;
        foreach (var chunk in text.GetChunks()) at += Encoding.ASCII.GetBytes(chunk.Span, bytes.AsSpan(at));
        return bytes;
    }

    /// <summary>Four decimals, rounded half up.</summary>
    private void AppendValue(double value)
    {
        var scaled = (long)Math.Floor(value * 10_000 + 0.5);
        if (scaled < 0) text.Append('-');
        scaled = Math.Abs(scaled);
        text.Append(scaled / 10_000).Append('.');
        var fraction = scaled % 10_000;
        if (fraction < 1000) text.Append('0');
        if (fraction < 100) text.Append('0');
        if (fraction < 10) text.Append('0');
        text.Append(fraction);
    }

    /// <summary>SplitMix64 (Steele, Lea, Flood 2014): the generator of java.util.SplittableRandom.</summary>
    private double NextDouble()
    {
        state += 0x9E37_79B9_7F4A_7C15;
        var z = (state ^ state >> 30) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ z >> 27) * 0x94D0_49BB_1331_11EB;
        return ((z ^ z >> 31) >> 11) * (1.0 / (1L << 53));
    }

    private static void Produce(IProducer<byte[], byte[]> producer, string topic, Message<byte[], byte[]> message)
    {
        while (true)
        {
            try
            {
                producer.Produce(topic, message);
                return;
            }
            catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                producer.Poll(TimeSpan.FromMilliseconds(50));
            }
        }
    }
}
