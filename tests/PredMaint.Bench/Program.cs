using System.CommandLine;
using System.Runtime.InteropServices;
using Confluent.Kafka;
using PredMaint.Bench.Brokers;
using PredMaint.Bench.Contest;
using PredMaint.Bench.Floors;
using PredMaint.Bench.Measuring;
using PredMaint.Bench.Reloads;
using PredMaint.Worker.Configuration;

namespace PredMaint.Bench;

/// <summary>The benchmark's program; as a child of itself, one of its floors.</summary>
public static class Program
{
    public const string ConsumeFloor = "floor-consume";
    public const string DecodeFloor = "floor-decode";
    public const string OnnxFloor = "floor-onnx";

    private const int Failed = 1;
    private const int Wrong = 2;

    private const long QuickReadings = 200_000;

    public static async Task<int> Main(string[] args)
    {
        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        try
        {
            switch (args)
            {
                case [ConsumeFloor or DecodeFloor, var config]:
                    Floors.ConsumeFloor.Run(Load(config), decode: args[0] == DecodeFloor, stop.Token);
                    return 0;
                case [OnnxFloor, var model, var batch, var rows]:
                    Floors.OnnxFloor.Run(model, int.Parse(batch), long.Parse(rows), stop.Token);
                    // Measured until it is told to stop.
                    stop.Token.WaitHandle.WaitOne();
                    return 0;
                default:
                    return await Command(stop.Token).Parse(args).InvokeAsync(
                        new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, stop.Token);
            }
        }
        catch (Exception e) when (e is BenchException or KafkaException)
        {
            await Console.Error.WriteLineAsync($"bench: {e.Message}");
            return Failed;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return Failed;
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    private static RootCommand Command(CancellationToken stop)
    {
        var broker = new Option<string>("--broker") { Description = "Kafka, host:port", Required = true };
        var product = new Option<string>("--product") { Description = "The published program", Required = true };
        var models = new Option<string>("--models") { Description = "Folder of stateful.onnx and win.onnx", Required = true };
        var peer = new Option<string>("--peer") { Description = "peer.jar, used where it and Java are there" };
        var readings = new Option<long>("--readings") { Description = "Readings, stateful model", DefaultValueFactory = _ => 4_000_000 };
        var windowReadings = new Option<long>("--window-readings") { Description = "Readings, window model", DefaultValueFactory = _ => 300_000 };
        var modes = new Option<string>("--mode") { Description = "What to measure", DefaultValueFactory = _ => "both" };
        modes.AcceptOnlyFromAmong("stateful", "window", "both", "none");
        var pairs = new Option<int>("--pairs") { Description = "How often each is measured", DefaultValueFactory = _ => 5 };
        var quick = new Option<bool>("--quick") { Description = $"A smoke run: {QuickReadings:N0} readings, one pair" };
        var latency = new Option<bool>("--latency") { Description = "Latency too, at 5,000 readings/s (needs the peer's tools)" };
        var snapshots = new Option<bool>("--snapshots") { Description = "What snapshots cost, in CPU and in bytes, too" };
        var telemetry = new Option<bool>("--telemetry") { Description = "What metrics and traces cost, in CPU, too" };
        var reloads = new Option<int>("--reloads") { Description = "Only loads a model again so often under load, and measures memory; at least 10" };
        var json = new Option<string>("--json") { Description = "File for all raw numbers", HelpName = "FILE" };
        var command = new RootCommand("Measures the product beside its floors and beside a hand-written peer") { broker, product, models, peer, readings, windowReadings, modes, pairs, quick, latency, snapshots, telemetry, reloads, json };
        command.SetAction((r, _) =>
        {
            var isQuick = r.GetValue(quick);
            var mode = r.GetValue(modes)!;
            List<Mode> wanted = [];
            var stateful = isQuick ? QuickReadings : r.GetValue(readings);
            if (mode is "stateful" or "both") wanted.Add(Mode.Stateful(stateful));
            if (mode is "window" or "both") wanted.Add(Mode.Window(isQuick ? QuickReadings : r.GetValue(windowReadings)));
            return RunAsync(new BenchOptions
            {
                Broker = r.GetRequiredValue(broker),
                Product = r.GetRequiredValue(product),
                Models = Path.GetFullPath(r.GetRequiredValue(models)),
                Peer = r.GetValue(peer) is { } jar && File.Exists(jar) && HasJava() ? jar : null,
                Modes = wanted,
                Readings = stateful,
                Pairs = isQuick ? 1 : r.GetValue(pairs),
                Quick = isQuick,
                Latency = r.GetValue(latency),
                Snapshots = r.GetValue(snapshots),
                Telemetry = r.GetValue(telemetry),
                Reloads = r.GetValue(reloads),
                Json = r.GetValue(json),
            }, stop);
        });
        return command;
    }

    private static async Task<int> RunAsync(BenchOptions options, CancellationToken cancel)
    {
        if (Mistake(options) is { } mistake)
        {
            await Console.Error.WriteLineAsync($"bench: {mistake}");
            return Wrong;
        }
        await using var cluster = new Cluster(options.Broker, options.Partitions);
        if (!cluster.Answers())
        {
            await Console.Error.WriteLineAsync($"bench: no broker answers at {options.Broker}");
            return Wrong;
        }
        var folder = Directory.CreateTempSubdirectory("predmaint-bench-").FullName;
        try
        {
            using var reloads = new ReloadBench(options, cluster, folder, Console.Out);
            if (options.Reloads > 0) return await reloads.RunAsync(cancel) ? 0 : Failed;
            var results = await MeasureAsync(options, cluster, new Contestants(options, cluster, folder, Console.Error), cancel);
            if (options.Json is { } file) results.WriteJson(file);
            return new Report(results, Console.Out).Write(options.Quick).Count == 0 ? 0 : Failed;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<Results> MeasureAsync(BenchOptions options, Cluster cluster, Contestants contestants, CancellationToken cancel)
    {
        var load = ProcessTree.Load();
        var bench = new ModeBench(options, cluster, contestants, Console.Error);
        List<ModeResult> modes = [];
        foreach (var mode in options.Modes) modes.Add(await bench.RunAsync(mode, cancel));
        var latency = options is { Latency: true, Peer: not null } ? await new LatencyBench(options, cluster, contestants, Console.Error).RunAsync(cancel) : [];
        var snapshots = options.Snapshots ? await new SnapshotBench(options, cluster, contestants, Console.Error).RunAsync(cancel) : [];
        var telemetry = options.Telemetry ? await new TelemetryBench(options, cluster, contestants, Console.Error).RunAsync(cancel) : [];
        return new Results(Environment.ProcessorCount, load, options.Machines, options.Partitions, options.Peer is not null, modes, latency, snapshots, telemetry);
    }

    private static string? Mistake(BenchOptions options)
    {
        if (!File.Exists(options.Product)) return $"{options.Product} is not there; build it with make build";
        if (options.Pairs < 1) return "--pairs must be 1 or more";
        if (options.Reloads is not 0 and < 10) return "--reloads must be 10 or more";
        // Before, a window model has nothing to score, and the measurement begins there.
        var few = options.Modes.FirstOrDefault(m => m.Readings * Measure.From < (long)m.Steps * options.Machines);
        return few is null ? null : $"{few.Readings} readings are too few for the {few.Name} model, at least {Math.Ceiling(few.Steps * options.Machines / Measure.From)}";
    }

    private static bool HasJava() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(d => File.Exists(Path.Combine(d, "java")));

    private static WorkerOptions Load(string config)
    {
        var (options, mistakes) = ConfigurationLoader.Load(config, [], ConfigurationLoader.ProcessEnvironment());
        return options ?? throw new BenchException(string.Join('\n', mistakes));
    }
}
