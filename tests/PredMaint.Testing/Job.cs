using Confluent.Kafka.Admin;

namespace PredMaint.Testing;

/// <summary>A group with topics and a configuration of its own, and the programs that work on it.</summary>
public sealed class Job : IDisposable
{
    public const int Partitions = 4;

    private static readonly string Fixtures = Path.Combine(Repository.Root, "tests", "PredMaint.Onnx.Tests", "Fixtures");

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("predmaint-");
    private readonly int partitions;
    private readonly string? program;

    /// <param name="more">Further lines of the configuration.</param>
    /// <param name="program">The published program; null for the one beside the tests' binaries.</param>
    public Job(KafkaBroker broker, string model = "stateful", int partitions = Partitions, string more = "", string? program = null)
    {
        Broker = broker;
        this.partitions = partitions;
        this.program = program;
        File.WriteAllText(Configuration, $$"""
            group: {{Group}}
            instance: one
            startAt: earliest
            kafka: { bootstrap.servers: "{{broker.Bootstrap}}" }
            topics: { readings: {{Readings}}, alerts: {{Alerts}} }
            models: [{ file: "{{Model(model)}}", device: cpu }]
            {{more}}
            """);
    }

    public KafkaBroker Broker { get; }

    /// <summary>What its programs find set besides what the tests do.</summary>
    public Dictionary<string, string?> Environment { get; } = new(StringComparer.Ordinal);

    public string Group { get; } = KafkaBroker.UniqueName("job");

    public string Readings => $"{Group}-readings";

    public string Alerts => $"{Group}-alerts";

    public string DeadLetters => $"{Group}-dead-letters";

    public string Commands => $"{Group}-commands";

    public string State => $"{Group}-state";

    public string Configuration => PathOf("c.yaml");

    public static string Model(string name) => Path.Combine(Fixtures, $"{name}.onnx");

    /// <summary>A command that ends by itself: its exit code and all that it said.</summary>
    public async Task<(int Code, string Said)> EndAsync(params string[] command)
    {
        await using var running = Start(command);
        var code = await running.ExitAsync();
        return (code, running.Output + running.Errors);
    }

    /// <summary>A file of the job's folder, which goes with it.</summary>
    public string PathOf(string name) => Path.Combine(folder.FullName, name);

    public static async Task<Job> WithTopicsAsync(KafkaBroker broker, string model = "stateful", int partitions = Partitions)
    {
        var job = new Job(broker, model, partitions);
        await job.CreateTopicsAsync();
        return job;
    }

    /// <summary>All of them, with as many replicas as the brokers are set up for.</summary>
    public Task CreateTopicsAsync() => CreateTopicsAsync(Readings, Alerts, DeadLetters, Commands, State);

    public async Task CreateTopicsAsync(params IEnumerable<string> topics)
    {
        using var admin = Broker.Admin();
        var compact = new Dictionary<string, string>(StringComparer.Ordinal) { ["cleanup.policy"] = "compact" };
        await admin.CreateTopicsAsync(topics
            .Select(t => new TopicSpecification { Name = t, NumPartitions = partitions, ReplicationFactor = -1, Configs = t == State ? compact : null }));
    }

    /// <summary><c>predmaint run</c>; each setting is a <c>path=value</c>.</summary>
    public RunningProgram Run(params IEnumerable<string> settings) => Start(["run", .. settings.SelectMany(s => new[] { "--set", s })]);

    public RunningProgram Start(params string[] command) =>
        RunningProgram.StartFile(program ?? Path.Combine(AppContext.BaseDirectory, "predmaint.dll"), Repository.Root, Environment, Command(command));

    public Task<IReadOnlyList<Alert>> AlertsAsync() => Alert.ReadAsync(Broker, Alerts);

    public Task CaughtUpAsync(RunningProgram worker) =>
        Broker.CaughtUpAsync(Group, Readings, TimeSpan.FromSeconds(120), () => $"{(worker.HasExited ? "the worker has ended" : "the worker runs")}\n{worker.Output}\n{worker.Errors}");

    /// <summary>What <c>predmaint backtest</c> says of the readings from the one offset of each partition to before the other.</summary>
    public async Task<IReadOnlyList<Alert>> BacktestAsync(IReadOnlyDictionary<int, long>? from = null, IReadOnlyDictionary<int, long>? to = null)
    {
        var records = (await Broker.ReadCommittedAsync(Readings)).Where(r =>
            r.Offset.Value >= (from?.GetValueOrDefault(r.Partition.Value) ?? 0) && r.Offset.Value < (to?.GetValueOrDefault(r.Partition.Value) ?? long.MaxValue));
        return await BacktestAsync(records.Select(r => r.Text()));
    }

    /// <summary>The same of readings in the order in which they were sent.</summary>
    public async Task<IReadOnlyList<Alert>> BacktestAsync(IEnumerable<string> readings)
    {
        await File.WriteAllLinesAsync(PathOf("readings.jsonl"), readings);
        await using var backtest = Start("backtest", "--input", PathOf("readings.jsonl"), "--output", PathOf("alerts.jsonl"), "--partitions", $"{partitions}");
        Assert.True(await backtest.ExitAsync() == 0, backtest.Errors);
        return [.. File.ReadLines(PathOf("alerts.jsonl")).Select(Alert.Parse)];
    }

    /// <summary>Where a worker serves its metrics and probes, when it says so.</summary>
    public static async Task<Uri> EndpointAsync(RunningProgram worker)
    {
        var line = await worker.LineAsync("Metrics and probes are at ");
        return new Uri(line[line.IndexOf("http://", StringComparison.Ordinal)..]);
    }

    /// <summary>Stops it as Kubernetes does; it must end well within <paramref name="deadline"/>.</summary>
    public static async Task StopAsync(RunningProgram worker, TimeSpan? deadline = null)
    {
        worker.Terminate();
        Assert.True(await worker.ExitAsync(deadline) == 0, $"{worker.Output}\n{worker.Errors}");
    }

    public void Dispose() => folder.Delete(recursive: true);

    private string[] Command(params string[] command) => [.. command, "--config", Configuration];
}
