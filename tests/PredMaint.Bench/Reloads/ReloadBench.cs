using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PredMaint.Bench.Brokers;
using PredMaint.Bench.Measuring;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Host;

namespace PredMaint.Bench.Reloads;

/// <summary>
/// Loads a model again and again while the worker scores: a worker in this process, since only that can collect its garbage
/// for a measurement, and the product's own simulator as the load. Memory must not grow, and no reading may be lost.
/// </summary>
public sealed class ReloadBench(BenchOptions options, Cluster cluster, string folder, TextWriter output) : IDisposable
{
    private const int ReadingsPerSecond = 5000;

    /// <summary>A file of another version now and then, of other weights always.</summary>
    private const int NewVersionEvery = 10;

    /// <summary>What memory must not exceed at the end, against that after a fifth of the reloads.</summary>
    private const double MostGrowth = 1.05;

    private const int Samples = 5;

    private static readonly TimeSpan BetweenSamples = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(5);

    private readonly Counter reloads = new();

    private string ModelFile => Path.Combine(folder, "reloaded.onnx");

    public void Dispose() => reloads.Dispose();

    /// <returns>Whether memory stayed.</returns>
    public async Task<bool> RunAsync(CancellationToken cancel)
    {
        Put(0);
        var config = await ConfigureAsync(cancel);
        var (worker, models, mistakes) = ConfigurationLoader.LoadWithModels(config, [], ConfigurationLoader.ProcessEnvironment(), _ => { });
        if (worker is null) throw new BenchException(string.Join('\n', mistakes));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var host = new WorkerHost(worker, models!, new WatchfulTime(), reloads);
        var running = host.RunAsync(stop.Token);
        await using var load = Child.Start(
            [options.Product, "simulate", "--config", config, "--machines", $"{options.Machines}", "--rate", $"{ReadingsPerSecond}"]);
        var memory = await ReloadAsync(host, running, load, cancel);
        await load.StopAsync();
        var sent = JsonElement.Parse(load.Output.Split('\n')[^1]).GetProperty("delivered").GetInt64();
        while (Readings(host) < sent) await Task.Delay(Between, cancel);
        await stop.CancelAsync();
        await running;
        return Write(memory, sent, Readings(host));
    }

    /// <returns>Resident megabytes after each tenth of the reloads.</returns>
    private async Task<IReadOnlyList<(int Reload, double Megabytes, double Managed)>> ReloadAsync(WorkerHost host, Task running, Child load, CancellationToken cancel)
    {
        List<(int, double, double)> memory = [];
        for (var n = 1; n <= options.Reloads; n++)
        {
            var before = Scores(host);
            Put(n);
            // Loaded, and at work: more was scored than what waited when the threads went over.
            while (reloads.Count < n || Scores(host) < before + 2 * Mode.Batch)
            {
                if (running.IsCompleted) await running;
                if (load.HasExited) throw new BenchException($"the load ended:\n{load.Output}");
                await Task.Delay(Between, cancel);
            }
            if (n % Math.Max(1, options.Reloads / 10) != 0) continue;
            var (resident, managed) = await MeasureAsync(cancel);
            memory.Add((n, resident, managed));
            await output.WriteLineAsync($"reload {n,5}: {resident,6:F1} MB resident, {managed,6:F1} MB managed, {Readings(host):N0} readings");
        }
        return memory;
    }

    private bool Write(IReadOnlyList<(int Reload, double Megabytes, double Managed)> memory, long sent, long read)
    {
        var (early, late) = (memory[memory.Count / 5 - 1], memory[^1]);
        var growth = late.Megabytes / early.Megabytes;
        output.WriteLine($"resident after reload {late.Reload}: {growth:F3} x that after {early.Reload}, wanted {MostGrowth} or less; both after a forced full collection");
        output.WriteLine($"readings sent {sent:N0}, scored by the worker {read:N0}; refused or failed loads: {reloads.Errors}");
        return growth <= MostGrowth && sent == read && reloads.Errors == 0;
    }

    private static long Scores(WorkerHost host) => host.Counters.Sum(c => c.Scores);

    private static long Readings(WorkerHost host) => host.Counters.Sum(c => c.Readings);

    /// <summary>The smallest of some, a moment apart: what a batch, a backlog or a commit holds just then is not what reloads left.</summary>
    private static async Task<(double Resident, double Managed)> MeasureAsync(CancellationToken cancel)
    {
        List<(double Resident, double Managed)> samples = [];
        for (var i = 0; i < Samples; i++)
        {
            await Task.Delay(BetweenSamples, cancel);
            samples.Add(Measured());
        }
        return samples.MinBy(s => s.Resident);
    }

    private static (double Resident, double Managed) Measured()
    {
        for (var i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return (long.Parse(line["VmRSS:".Length..^"kB".Length], CultureInfo.InvariantCulture) / 1024.0, GC.GetTotalMemory(forceFullCollection: false) / 1048576.0);
    }

    /// <summary>Puts the n-th file in the place of the last: the same graph in other bytes, by the field doc_string (6) of the outermost message.</summary>
    private void Put(int n)
    {
        var source = Path.Combine(options.Models, "stateful.onnx");
        var manifest = JsonNode.Parse(File.ReadAllText(Path.ChangeExtension(source, ".json")))!;
        manifest["version"] = $"{1 + n / NewVersionEvery}";
        var note = Encoding.ASCII.GetBytes($"{n:00000000}");
        Replace(Path.ChangeExtension(ModelFile, ".json"), Encoding.UTF8.GetBytes(manifest.ToJsonString()));
        Replace(ModelFile, [.. File.ReadAllBytes(source), 6 << 3 | 2, (byte)note.Length, .. note]);
    }

    private static void Replace(string file, byte[] content)
    {
        File.WriteAllBytes($"{file}.new", content);
        File.Move($"{file}.new", file, overwrite: true);
    }

    private async Task<string> ConfigureAsync(CancellationToken cancel)
    {
        var config = Path.Combine(folder, "reloads.yaml");
        await File.WriteAllTextAsync(config, $$"""
            group: {{cluster.Group("reloads")}}
            instance: bench
            # What the client fetches ahead, up to 64 MB in a backlog, is not to be measured.
            kafka: { bootstrap.servers: "{{cluster.Broker}}", queued.max.messages.kbytes: 1024 }
            topics: { readings: {{cluster.Topic("reloads-readings")}}, alerts: {{cluster.Topic("reloads-alerts")}} }
            startAt: earliest
            threads: 2
            models: [{ file: "{{ModelFile}}", device: cpu }]
            """, cancel);
        await Child.RunAsync([options.Product, "topics", "create", "--config", config, "--partitions", $"{options.Partitions}"], cancel);
        return config;
    }
}
