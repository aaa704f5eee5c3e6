using System.Text.Json.Nodes;
using PredMaint.Testing;

namespace PredMaint.Cli.Tests.Running;

/// <summary>A new version of a model takes over while the job runs, and the backtest says the same.</summary>
[Trait("needs", "kafka")]
public sealed class UpgradeTests(KafkaFixture kafka)
{
    private const int Warmup = 60;
    private const int Machines = 20;

    [Fact]
    public async Task Run_hands_over_from_model_to_model_where_backtest_does()
    {
        using var job = await Job.WithTopicsAsync(await kafka.RequireAsync());
        await TwoVersionsAsync(job, "{ raiseAt: 0.045, clearAt: -1 }");
        await job.Broker.ProduceAsync(job.Readings, Fleet.Readings(machines: 50, steps: 2 * Warmup));
        await using var worker = job.Run("batchMax=64");
        await job.CaughtUpAsync(worker);
        await Job.StopAsync(worker);
        var published = await job.AlertsAsync();
        Alert.AssertSame(await job.BacktestAsync(), published);
        Assert.Contains(published, a => a.Reason == "replaced" && a.Model.StartsWith("stateful@1", StringComparison.Ordinal));
        var handedOver = Fleet.Start.AddSeconds(Warmup);
        Assert.All(published, a => Assert.Equal(a.Time >= handedOver && a.Reason != "replaced" ? "stateful@2" : "stateful@1", a.Model.Split(' ')[0]));
    }

    [Fact]
    public async Task A_worker_that_is_rolled_back_lets_the_old_model_speak_again()
    {
        using var job = await Job.WithTopicsAsync(await kafka.RequireAsync());
        // Every score raises, none clears.
        var (before, after) = await TwoVersionsAsync(job, "{ raiseAt: -1, clearAt: -2 }");
        var step = 0;
        // New with enough to take over, then old, then new again.
        foreach (var (configuration, steps) in new[] { (after, Warmup + 20), (before, 5), (after, 5) })
        {
            await File.WriteAllTextAsync(job.Configuration, configuration);
            await job.Broker.ProduceAsync(job.Readings, Fleet.Readings(Machines, steps, fromStep: step));
            step += steps;
            await using var worker = job.Run();
            await job.CaughtUpAsync(worker);
            await Job.StopAsync(worker);
        }
        var alerts = await job.AlertsAsync();
        for (var machine = 0; machine < Machines; machine++)
            Assert.Equal(
                [
                    "stateful@1 raised score", "stateful@1 cleared replaced", "stateful@2 raised score",
                    "stateful@2 cleared model-removed", "stateful@1 raised score",
                    "stateful@1 cleared replaced", "stateful@2 raised score",
                ],
                alerts.Where(a => a.Machine == Fleet.Machine(machine)).Select(a => $"{a.Model.Split(' ')[0]} {a.Type["predmaint.alert.".Length..]} {a.Reason}"));
    }

    /// <returns>The configuration without the new version and with it; the latter is the job's.</returns>
    private static async Task<(string Before, string After)> TwoVersionsAsync(Job job, string alert)
    {
        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(Path.ChangeExtension(Job.Model("stateful"), "json")))!;
        (manifest["version"], manifest["warmup"]) = ("2", Warmup);
        await File.WriteAllTextAsync(job.PathOf("v2.json"), manifest.ToJsonString());
        File.Copy(Job.Model("stateful"), job.PathOf("v2.onnx"));
        var text = await File.ReadAllTextAsync(job.Configuration);
        var before = text.Replace("models: [{", $"models: [{{ alert: {alert},", StringComparison.Ordinal);
        var after = before.Replace("models: [", $"models: [{{ file: v2.onnx, device: cpu, replaces: stateful@1, alert: {alert} }}, ", StringComparison.Ordinal);
        await File.WriteAllTextAsync(job.Configuration, after);
        return (before, after);
    }
}
