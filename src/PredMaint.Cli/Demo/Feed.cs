using System.Text;
using Confluent.Kafka;
using PredMaint.Core.Readings;

namespace PredMaint.Cli.Demo;

/// <summary>Replays all engines side by side, a cycle after the other, one second of event time each.</summary>
internal sealed class Feed(string bootstrap, string topic, IReadOnlyList<Engine> engines, long firstCycleUs)
{
    /// <summary>The embedded broker drops what is not read in time, so the feed never runs further ahead than this.</summary>
    private const int MaxAhead = 2_000;

    private static readonly TimeSpan Check = TimeSpan.FromMilliseconds(5);

    public const long CycleUs = 1_000_000;

    public int Cycles { get; } = engines.Max(e => e.Cycles.Count);

    public int Total { get; } = engines.Sum(e => e.Cycles.Count);

    /// <summary>Sends everything, at the pace of the processing, and no faster than <paramref name="atLeast"/> in all.</summary>
    /// <param name="processed">How many readings have been processed.</param>
    public async Task RunAsync(TimeSpan atLeast, Func<long> processed, CancellationToken cancel)
    {
        var config = new ProducerConfig { BootstrapServers = bootstrap, Partitioner = Partitioner.Murmur2Random, LingerMs = 1 };
        using var producer = new ProducerBuilder<string, byte[]>(config).SetLogHandler((_, _) => { }).Build();
        var start = TimeProvider.System.GetTimestamp();
        var sent = 0;
        for (var cycle = 0; cycle < Cycles; cycle++)
        {
            foreach (var engine in engines)
            {
                if (cycle >= engine.Cycles.Count) continue;
                producer.Produce(topic, new Message<string, byte[]> { Key = engine.Id, Value = Encoding.UTF8.GetBytes(Json(engine, cycle)) });
                sent++;
            }
            while (sent - processed() > MaxAhead || TimeProvider.System.GetElapsedTime(start) < atLeast * (cycle + 1) / Cycles)
                await Task.Delay(Check, cancel);
        }
        producer.Flush(cancel);
        while (processed() < Total) await Task.Delay(Check, cancel);
    }

    private string Json(Engine engine, int cycle)
    {
        var values = string.Join(',', engine.Cycles[cycle].Select((value, i) => $"\"{Turbofan.Columns[i]}\":{value}"));
        return $"{{\"machineId\":\"{engine.Id}\",\"timestamp\":\"{Rfc3339.Format(firstCycleUs + cycle * CycleUs)}\",\"values\":{{{values}}}}}";
    }
}
