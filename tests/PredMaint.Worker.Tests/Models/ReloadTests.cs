using System.Diagnostics.Metrics;
using System.Globalization;
using PredMaint.Testing;
using PredMaint.Worker.Embedded;
using PredMaint.Worker.Telemetry;
using PredMaint.Worker.Tests.Line;

namespace PredMaint.Worker.Tests.Models;

/// <summary>Models are loaded again while readings flow. On its own: it measures the process's memory.</summary>
[CollectionDefinition(nameof(ReloadTests), DisableParallelization = true)]
[Collection(nameof(ReloadTests))]
public sealed class ReloadTests(KafkaFixture kafka)
{
    private const int Reloads = 60;
    private const int Settled = 20;
    private const int Machines = 40;

    /// <summary>The long run, of which this is the short one, allows 1.05 over 800 reloads: see PredMaint.Bench.</summary>
    private const double MostGrowth = 1.25;

    private const string Loaded = " loaded in place of ";

    private readonly List<(string? Key, string Value)> sent = [];

    [Fact]
    public async Task Loaded_again_and_again_under_load_the_models_say_what_a_backtest_says_and_memory_stays()
    {
        using var embedded = new EmbeddedBroker();
        using var job = WorkerJob.Create(embedded);
        using var folder = new ModelFolder();
        await using var worker = Start(job, folder, "threads=2");
        var settled = 0L;
        for (var n = 1; n <= Reloads; n++)
        {
            await SendAsync(job, steps: 2);
            folder.Put("m", notes: n);
            await LoadedAsync(worker, n);
            if (n == Settled) settled = ResidentBytes();
        }
        var expected = Oracle.Alerts(job, sent);
        await job.Broker.ReadCommittedUntilAsync(job.Alerts, a => a.Count >= expected.Count, $"{expected.Count} alerts");
        var grown = (double)ResidentBytes() / settled;
        await worker.StopAsync();
        Alert.AssertSame(expected, await job.AlertsAsync());
        Assert.True(expected.Count > 50, $"only {expected.Count} alerts");
        Assert.True(grown < MostGrowth, $"memory after {Reloads} reloads is {grown:0.00} times that after {Settled}");
    }

    [Fact]
    [Trait("needs", "kafka")]
    public async Task Partitions_that_come_and_go_while_models_are_loaded_say_what_a_backtest_says()
    {
        using var job = await WorkerJob.CreateAsync(await kafka.RequireAsync());
        using var folder = new ModelFolder();
        using var end = new CancellationTokenSource();
        string[] settings = ["threads=2", "kafka.heartbeat.interval.ms=300", "snapshotInterval=1s", "replayMax=1000"];
        await using var first = Start(job, folder, settings);
        var reloading = ReloadAsync(job, folder, end.Token);
        await Eventually.TrueAsync(() => first.Owned == WorkerJob.Partitions, "all partitions with the only worker", state: () => first.Logs.Text);
        for (var visit = 0; visit < 3; visit++)
        {
            await using var second = Start(job, folder, [.. settings, "instance=two"]);
            await Eventually.TrueAsync(() => first.Owned == 2 && second.Owned == 2, "two partitions with each worker", state: () => $"{first.Logs.Text}\n--\n{second.Logs.Text}");
            await second.StopAsync();
        }
        await end.CancelAsync();
        await reloading;
        await job.CaughtUpAsync(first);
        await first.StopAsync();
        var expected = Oracle.Alerts(job, sent);
        Alert.AssertSame(expected, await job.AlertsAsync());
        Assert.True(expected.Count > 20, $"only {expected.Count} alerts");
        Assert.True(Count(first) > 10, $"only {Count(first)} reloads");
    }

    [Fact]
    public async Task Other_weights_keep_the_alert_and_another_version_clears_it()
    {
        using var embedded = new EmbeddedBroker();
        using var job = WorkerJob.Create(embedded);
        using var folder = new ModelFolder();
        // Every score raises, none clears.
        await using var worker = Start(job, folder, "models.0.alert.raiseAt=-1", "models.0.alert.clearAt=-2");
        await SendAsync(job, steps: 2);
        await ScoredAsync(worker);
        folder.Put("m", weights: 1);
        await LoadedAsync(worker, 1);
        await SendAsync(job, steps: 2);
        await ScoredAsync(worker);
        folder.Put("m.onnx", [0]);
        await Eventually.TrueAsync(() => worker.Logs.Says("goes on serving"), "a refusal", state: () => worker.Logs.Text);
        await SendAsync(job, steps: 2);
        await ScoredAsync(worker);
        folder.Put("m", version: "2", weights: 2);
        await LoadedAsync(worker, 2);
        Assert.Contains(ModelsAtWork(), m => m.StartsWith("stateful@2 ", StringComparison.Ordinal));
        await SendAsync(job, steps: 2);
        await ScoredAsync(worker);
        await job.Broker.ReadCommittedUntilAsync(job.Alerts, a => a.Count >= 3 * Machines, "the alerts");
        await worker.StopAsync();
        var alerts = await job.AlertsAsync();
        for (var machine = 0; machine < Machines; machine++)
            Assert.Equal(
                ["stateful@1 raised score", "stateful@1 cleared model-removed", "stateful@2 raised score"],
                alerts.Where(a => a.Machine == Fleet.Machine(machine)).Select(a => $"{a.Model.Split(' ')[0]} {a.Type["predmaint.alert.".Length..]} {a.Reason}"));
    }

    private static RunningWorker Start(WorkerJob job, ModelFolder folder, params string[] settings)
    {
        job.Time = new HastyTime();
        if (!File.Exists(folder.PathOf("m.json"))) folder.Put("m");
        return job.Start([$"models.0.file={folder.PathOf("m.onnx")}", .. settings]);
    }

    private async Task SendAsync(WorkerJob job, int steps)
    {
        var next = Fleet.Readings(Machines, steps, fromStep: sent.Count / Machines).ToList();
        await job.Broker.ProduceAsync(job.Readings, next);
        sent.AddRange(next);
    }

    private async Task ReloadAsync(WorkerJob job, ModelFolder folder, CancellationToken end)
    {
        for (var n = 1; !end.IsCancellationRequested || n < Reloads; n++)
        {
            await SendAsync(job, steps: 3);
            folder.Put("m", notes: n);
        }
    }

    private static int Count(RunningWorker worker) => worker.Logs.Text.Split(Loaded).Length - 1;

    private static Task LoadedAsync(RunningWorker worker, int times) =>
        Eventually.TrueAsync(() => Count(worker) >= times, $"reload {times}", state: () => worker.Logs.Text);

    private Task ScoredAsync(RunningWorker worker) =>
        Eventually.TrueAsync(() => worker.Host.Counters.Sum(c => c.Scores) >= sent.Count, "all scores", state: () => worker.Logs.Text);

    private static List<string> ModelsAtWork()
    {
        var found = new List<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument is { Meter.Name: Semantics.Scope, Name: "predmaint.model.info" }) l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<int>((_, _, tags, _) =>
        {
            var all = tags.ToArray().ToDictionary(t => t.Key, t => t.Value, StringComparer.Ordinal);
            found.Add($"{all["name"]}@{all["version"]} {all["sha256"]}");
        });
        listener.Start();
        listener.RecordObservableInstruments();
        return found;
    }

    /// <summary>After a full collection, as Linux counts it.</summary>
    private static long ResidentBytes()
    {
        for (var i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return 1024 * long.Parse(line["VmRSS:".Length..^"kB".Length], CultureInfo.InvariantCulture);
    }
}
