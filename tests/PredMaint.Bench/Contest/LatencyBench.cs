using System.Globalization;
using System.Text.Json;
using PredMaint.Bench.Brokers;
using PredMaint.Bench.Measuring;

namespace PredMaint.Bench.Contest;

/// <summary>From a reading sent to its alert read (read committed), milliseconds.</summary>
public sealed record LatencyMeasurement(string Name, long Alerts, double P50, double P95, double P99, double Max);

/// <summary>Measures latency at a steady rate with the peers' own tool; product and peer take turns.</summary>
public sealed class LatencyBench(BenchOptions options, Cluster cluster, Contestants contestants, TextWriter say)
{
    private const int ReadingsPerSecond = 5000;
    private const int Seconds = 15;

    /// <summary>What is sent before does not count: the processors still compile.</summary>
    private const int WarmSeconds = 8;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    public async Task<IReadOnlyList<LatencyMeasurement>> RunAsync(CancellationToken cancel)
    {
        List<LatencyMeasurement> measured = [];
        var mode = Mode.Stateful(0);
        for (var n = 1; n <= options.Pairs; n++)
        {
            await say.WriteLineAsync($"latency: pair {n} of {options.Pairs}");
            foreach (var isPeer in (bool[])[n % 2 == 0, n % 2 == 1])
            {
                var topic = cluster.Topic($"latency-{n}-{(isPeer ? "peer" : "product")}");
                await cluster.CreateAsync(topic);
                var contestant = isPeer ? await contestants.PeerAsync(mode, topic) : await contestants.ProductAsync(mode, topic, cancel);
                measured.Add(await MeasureAsync(isPeer ? "peer" : "product", contestant, topic, cancel));
                await say.WriteLineAsync($"  {measured[^1]}");
            }
        }
        return measured;
    }

    private async Task<LatencyMeasurement> MeasureAsync(string name, Contestant contestant, string topic, CancellationToken cancel)
    {
        await using var child = Child.Start(contestant.Command);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(StartLimit);
        while (!await cluster.OwnsAllAsync(contestant.Group, topic))
        {
            if (child.HasExited) throw new BenchException($"{name}: exited {child.ExitCode}:\n{child.Output}");
            await Task.Delay(TimeSpan.FromMilliseconds(200), limit.Token);
        }
        var output = await Child.RunAsync(
        [
            "java", "-cp", options.Peer!, "peer.Latency", $"bootstrap={cluster.Broker}", $"topic={topic}", $"alerts={contestant.Alerts}",
            $"rate={ReadingsPerSecond}", $"seconds={Seconds}", $"warm={WarmSeconds}", "field=time",
        ], cancel);
        await child.StopAsync();
        return Parse(name, output.Split('\n').Last(l => l.StartsWith('{')));
    }

    private static LatencyMeasurement Parse(string name, string line)
    {
        using var json = JsonDocument.Parse(line);
        var root = json.RootElement;
        var matched = root.GetProperty("matched").GetInt64();
        if (matched == 0) throw new BenchException($"{name}: no alert came back: {line}");
        return new LatencyMeasurement(name, matched, Number("p50_ms"), Number("p95_ms"), Number("p99_ms"), Number("max_ms"));

        double Number(string key) => double.Parse(root.GetProperty(key).GetRawText(), CultureInfo.InvariantCulture);
    }
}
