using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using PredMaint.Cli.Alerts;
using PredMaint.Cli.Output;
using PredMaint.Core.Models;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Embedded;
using PredMaint.Worker.Host;
using PredMaint.Worker.Topics;
using Spectre.Console;

namespace PredMaint.Cli.Demo;

/// <summary>
/// The main job on one machine: (1) an embedded broker, (2) the worker of <c>run</c> with the shipped turbofan models,
/// (3) the engines' readings fed to it, (4) the alerts read back, all shown live.
/// </summary>
internal sealed class Demonstration : IDisposable
{
    private const int Partitions = 4;

    /// <summary>Long enough on a terminal to watch engines wear out.</summary>
    private static readonly TimeSpan WatchedFor = TimeSpan.FromSeconds(40);

    private static readonly TimeSpan RefreshEvery = TimeSpan.FromMilliseconds(250);

    private readonly IReadOnlyList<Engine> engines;
    private readonly WorkerOptions options;
    private readonly IReadOnlyList<ModelEntry> models;
    private readonly Board board;
    private readonly Feed feed;
    private readonly WorkerHost worker;

    public Demonstration(EmbeddedBroker broker)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "models", "turbofan");
        engines = Turbofan.Load(Path.Combine(folder, "data"));
        options = Options(broker.Bootstrap, [Path.Combine(folder, "failure.onnx"), Path.Combine(folder, "anomaly.onnx")]);
        foreach (var (_, topic) in TopicPlan.Used(options.Topics)) broker.CreateTopic(topic, Partitions);
        var (entries, mistakes) = ModelLoading.Load(options.Models, _ => { });
        models = entries ?? throw new WrongConfigurationException(mistakes);
        // The last cycle of the longest engine is now: no reading is ahead of its record, none a backlog.
        var nowUs = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() * Feed.CycleUs;
        var firstCycleUs = nowUs - engines.Max(e => e.Cycles.Count) * Feed.CycleUs;
        board = new Board(engines, models, firstCycleUs);
        feed = new Feed(broker.Bootstrap, options.Topics.Readings, engines, firstCycleUs);
        worker = new WorkerHost(options, models, TimeProvider.System, NullLoggerFactory.Instance, board.Scored);
    }

    public void Dispose() => worker.Dispose();

    public async Task RunAsync(CancellationToken cancel)
    {
        var watch = Stopwatch.StartNew();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var working = worker.RunAsync(stop.Token);
        var reading = Task.Run(() => ReadAlerts(stop.Token), CancellationToken.None);
        var feeding = feed.RunAsync(Terminal.IsOutput ? WatchedFor : TimeSpan.Zero, Processed, stop.Token);
        var showing = Terminal.IsOutput ? ShowAsync(feeding) : feeding;
        // A worker that fails ends the demonstration, which would wait for it for ever.
        if (await Task.WhenAny(showing, working) == working) await working;
        await showing;
        await ReadToEndAsync(Task.WhenAny(working, reading), stop.Token);
        await stop.CancelAsync();
        await working;
        await reading;
        Conclude(watch.Elapsed);
    }

    private static WorkerOptions Options(string bootstrap, string[] models) => new()
    {
        Group = "predmaint-demo",
        Instance = "demo",
        Kafka = new Dictionary<string, string>(StringComparer.Ordinal) { ["bootstrap.servers"] = bootstrap },
        Topics = new TopicNames
        {
            Readings = "readings", Alerts = "alerts", DeadLetters = "predmaint-demo-dead-letters",
            State = "predmaint-demo-state", Commands = "predmaint-demo-commands", Health = "predmaint-demo-health",
        },
        IsEmbedded = true,
        StartAt = StartAt.Earliest,
        Models = [.. models.Select(file => new ModelOptions { File = file })],
    };

    private long Processed() => worker.Counters.Sum(c => c.Readings);

    /// <summary>Transitions that the worker has counted but the topic has not shown yet are still on their way.</summary>
    /// <param name="ended">The worker or the reader has, before its time: nothing more will come.</param>
    private async Task ReadToEndAsync(Task ended, CancellationToken cancel)
    {
        while (!ended.IsCompleted && board.Alerts < worker.Counters.Sum(c => c.Transitions)) await Task.Delay(RefreshEvery, cancel);
    }

    private void ReadAlerts(CancellationToken stop) =>
        AlertReader.Read(options.Kafka, options.Topics.Alerts, Partitions, Offset.Beginning, toEnd: false, board.Alerted, stop);

    private Task ShowAsync(Task until) => Terminal.Out.Live(board.Live(0, feed.Total)).StartAsync(async live =>
    {
        while (!until.IsCompleted)
        {
            live.UpdateTarget(board.Live(Processed(), feed.Total));
            await Task.WhenAny(until, Task.Delay(RefreshEvery));
        }
        live.UpdateTarget(board.Live(Processed(), feed.Total));
        await until;
    });

    private void Conclude(TimeSpan elapsed)
    {
        var final = board.Final();
        var table = new Table().Border(TableBorder.Rounded).Title("Predicted against true life left, in cycles, after each engine's last reading");
        table.AddColumn("engine").AddColumn(new TableColumn("predicted").RightAligned()).AddColumn(new TableColumn("5 % to 95 %").RightAligned()).AddColumn(new TableColumn("true").RightAligned());
        foreach (var (engine, life) in final.OrderBy(f => f.Engine.TrueLife))
            table.AddRow(engine.Id, Board.Number(life.Expected ?? life.Median), $"{Board.Number(life.Low)} to {Board.Number(life.High)}", $"{engine.TrueLife}");
        Terminal.Out.Write(table);
        foreach (var model in models)
            if (model.Manifest.Trained?["metrics"]?["warnings"] is { } warnings) Console.Out.WriteLine(Warned(model.Manifest.NameAndVersion, warnings));
        Console.Out.WriteLine(JsonSerializer.Serialize(new
        {
            readings = feed.Total, alerts = board.Alerts, machines = engines.Count, rulRmse = Math.Round(Board.Rmse(final), 2), seconds = Math.Round(elapsed.TotalSeconds, 1),
        }));
    }

    /// <summary>These engines are cut off before they fail; how early a failure is warned of was measured on others, and stands in the model.</summary>
    private static string Warned(string model, JsonNode warnings)
    {
        return string.Create(CultureInfo.InvariantCulture, $"{model}, on {warnings["machines"]} engines that ran to failure and that it had not seen: {Of("warned", 100):0.0} % ({Of("warned", 100, "low"):0.0} to {Of("warned", 100, "high"):0.0}) warned 20 to 60 cycles ahead, {warnings["leadTime"]} at the median; false alarms in 10,000 cycles: {Of("falseAlarms", 1):0.00} ({Of("falseAlarms", 1, "low"):0.00} to {Of("falseAlarms", 1, "high"):0.00})");

        double Of(string what, double unit, string which = "value") => unit * (double)warnings[what]![which]!;
    }
}
