using PredMaint.Bench.Brokers;
using PredMaint.Bench.Measuring;

namespace PredMaint.Bench.Contest;

/// <summary>The programs that are measured, as commands, each with a group and topics of its own.</summary>
public sealed class Contestants(BenchOptions options, Cluster cluster, string folder, TextWriter say)
{
    /// <summary>Between two of its manifests' limits and the peer's there is no difference: raised above it, cleared at 90 % of it.</summary>
    public const double RaiseAt = 0.05;

    public const double ClearAt = 0.045;

    private int number;

    /// <summary>The product's own program; its topics are made by it too.</summary>
    /// <param name="settings">Lines to be added to the configuration.</param>
    public async Task<Contestant> ProductAsync(Mode mode, string readings, CancellationToken cancel, params string[] settings)
    {
        var (group, alerts) = Names("product");
        var config = Configure(mode, readings, group, alerts, settings);
        await Child.RunAsync([options.Product, "topics", "create", "--config", config], cancel);
        return new Contestant(group, alerts, [options.Product, "run", "--config", config]);
    }

    /// <summary>The hand-written peer: heap state only, exactly-once, batched over each poll.</summary>
    public async Task<Contestant> PeerAsync(Mode mode, string readings)
    {
        var (group, alerts) = Names("peer");
        await cluster.CreateAsync(alerts);
        return new Contestant(group, alerts,
        [
            "java", "-cp", options.Peer!, "peer.Plain", $"bootstrap={cluster.Broker}", $"group={group}", $"in={readings}", $"out={alerts}",
            $"model={Model(mode)}", $"mode={(mode.Steps == 1 ? "stateful" : "window")}", $"threshold={RaiseAt}", $"batch={Mode.Batch}",
        ]);
    }

    public Contestant Consume(Mode mode, string readings, bool decode)
    {
        var (group, alerts) = Names(decode ? "decode" : "consume");
        return new Contestant(group, alerts, [Self, decode ? Program.DecodeFloor : Program.ConsumeFloor, Configure(mode, readings, group, alerts)]);
    }

    public IReadOnlyList<string> Onnx(Mode mode) => [Self, Program.OnnxFloor, Model(mode), $"{Mode.Batch}", $"{mode.OnnxRows}"];

    /// <summary>Until it has committed all readings; said when it has.</summary>
    public async Task<Measurement> MeasureAsync(string name, Contestant contestant, Mode mode, string topic, CancellationToken cancel)
    {
        var measured = await Measure.RunAsync(name, contestant.Command, mode.Readings, _ => Task.FromResult(cluster.Committed(contestant.Group, topic)), options.Limit, cancel);
        await SayAsync(measured);
        return measured;
    }

    public Task SayAsync(Measurement m) =>
        say.WriteLineAsync($"  {m.Name,-15} {m.CpuPerMillion,8:F2} CPU-s/M {m.ReadingsPerSecond,10:N0}/s  {m.Cores:F2} cores  {m.PeakMegabytes:F0} MB");

    private static string Self => Environment.ProcessPath!;

    private string Model(Mode mode) => Path.Combine(options.Models, $"{mode.Model}.onnx");

    private (string Group, string Alerts) Names(string who)
    {
        var name = $"{who}-{++number}";
        return (cluster.Group(name), cluster.Topic($"{name}-alerts"));
    }

    private string Configure(Mode mode, string readings, string group, string alerts, params string[] settings)
    {
        var file = Path.Combine(folder, $"{group}.yaml");
        File.WriteAllText(file, $"""
            group: {group}
            instance: bench
            kafka:
              bootstrap.servers: "{cluster.Broker}"
            topics:
              readings: {readings}
              alerts: {alerts}
            startAt: earliest
            batchMax: {Mode.Batch}
            models:
              - file: "{Model(mode)}"
                device: cpu
                alert:
                  raiseAt: {RaiseAt}
                  clearAt: {ClearAt}
            {string.Join('\n', settings)}
            """);
        return file;
    }
}

/// <summary>A consumer group at work, and where its alerts go.</summary>
public sealed record Contestant(string Group, string Alerts, IReadOnlyList<string> Command)
{
    public string State => $"{Group}-state";
}
