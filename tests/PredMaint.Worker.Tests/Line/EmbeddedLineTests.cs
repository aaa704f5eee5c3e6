using PredMaint.Testing;
using PredMaint.Worker.Embedded;

namespace PredMaint.Worker.Tests.Line;

/// <summary>The whole line on the embedded broker: what it publishes is what the backtest says.</summary>
public sealed class EmbeddedLineTests
{
    [Fact]
    public async Task A_worker_publishes_what_the_backtest_says()
    {
        using var embedded = new EmbeddedBroker();
        using var job = WorkerJob.Create(embedded);
        var readings = Fleet.Readings(machines: 40, steps: 100).ToList();
        await job.Broker.ProduceAsync(job.Readings, readings);
        var expected = Oracle.Alerts(job, readings);
        Assert.True(expected.Count >= 4, $"only {expected.Count} alerts: the readings prove nothing");

        await using var worker = job.Start();
        // This broker has no committed offsets to wait for.
        await job.Broker.ReadCommittedUntilAsync(job.Alerts, a => a.Count >= expected.Count, $"{expected.Count} alerts");
        await worker.StopAsync();

        Alert.AssertSame(expected, await job.AlertsAsync());
    }
}
