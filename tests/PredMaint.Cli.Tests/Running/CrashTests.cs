using PredMaint.Testing;

namespace PredMaint.Cli.Tests.Running;

/// <summary>Workers that are killed in the midst of their work cost no alert and repeat none.</summary>
[Trait("needs", "kafka")]
public sealed class CrashTests(KafkaFixture kafka)
{
    private const int Kills = 4;

    /// <summary>The shortest session that the brokers allow: a killed member's partitions wait for its end.</summary>
    private static readonly string[] Settings = ["kafka.session.timeout.ms=6000", "snapshotInterval=1s", "replayMax=1000"];

    [Fact]
    public async Task Killed_again_and_again_the_workers_publish_what_a_straight_run_does()
    {
        using var job = await Job.WithTopicsAsync(await kafka.RequireAsync());
        await using var feed = new Feed(job.Broker, job.Readings);
        for (var kill = 0; kill < Kills; kill++)
        {
            var alerts = (await job.AlertsAsync()).Count;
            await using var worker = job.Run(Settings);
            await worker.LineAsync(" restored, live from offset ", TimeSpan.FromSeconds(60));
            await Eventually.TrueAsync(async () => (await job.AlertsAsync()).Count > alerts, "progress", state: () => worker.Output);
            await worker.KillAsync();
        }
        await feed.StopAsync();
        await using var last = job.Run(Settings);
        await job.CaughtUpAsync(last);
        await Job.StopAsync(last);
        var published = await job.AlertsAsync();
        Assert.True(published.Count > 20, $"only {published.Count} alerts");
        Alert.AssertSame(await job.BacktestAsync(), published);
    }
}
