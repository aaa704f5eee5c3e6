using System.Diagnostics;
using PredMaint.Testing;
using PredMaint.Worker.Brokers;
using PredMaint.Worker.Host;

namespace PredMaint.Worker.Tests.Line;

/// <summary>A broker that dies under the worker.</summary>
[Trait("needs", "kafka")]
public sealed class BrokerLossTests
{
    private const int Machines = 40;

    /// <summary>Kubernetes kills after this.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_broker_that_comes_back_costs_nothing_and_one_that_stays_away_is_given_up_when_asked_to_stop()
    {
        await using var own = await OwnCluster.StartAsync();
        using var job = await WorkerJob.CreateAsync(own.Broker);
        await job.Broker.ProduceAsync(job.Readings, Fleet.Readings(Machines, steps: 60));
        await using var worker = job.Start();
        await job.CaughtUpAsync(worker);
        // A broker that dies before it has marked a committed transaction in every partition forgets the others when it
        // comes back (Kafka 4.4, a single broker): that is not what this is about.
        var sofar = Oracle.Alerts(job, Fleet.Readings(Machines, steps: 60));
        await job.Broker.ReadCommittedUntilAsync(job.Alerts, a => a.Count == sofar.Count, "every alert");

        await own.KillAsync();
        await Eventually.TrueAsync(() => worker.Logs.Says("brokers are down"), "the loss is noticed", state: () => worker.Logs.Text);
        await Eventually.TrueAsync(() => worker.Host.Probes.Readiness().Reasons.Contains("line 0: no broker answers"), "it is not ready", state: () => string.Join('\n', worker.Host.Probes.Readiness().Reasons));
        await own.StartAgainAsync();
        await Eventually.TrueAsync(() => worker.Host.Probes.IsReady, "it is ready without a reading", state: () => string.Join('\n', worker.Host.Probes.Readiness().Reasons));
        await job.Broker.ProduceAsync(job.Readings, Fleet.Readings(Machines, steps: 60, fromStep: 60));
        await job.CaughtUpAsync(worker);
        Assert.Equal(120 * Machines, worker.Host.Counters.Single().Readings);
        Alert.AssertSame(Oracle.Alerts(job, Fleet.Readings(Machines, steps: 120)), await job.AlertsAsync());
        Assert.Equal(WorkerJob.Partitions, worker.Count(" assigned"));
        await worker.StopAsync();

        await AssertGivenUpAsync(own, job);
        await own.StartAgainAsync();
        await AssertMissedAsync(own);
    }

    /// <summary>Even where nothing was left to commit.</summary>
    private static async Task AssertMissedAsync(OwnCluster own)
    {
        // In the other's group its dead member is waited for.
        using var job = await WorkerJob.CreateAsync(own.Broker);
        await using var worker = job.Start();
        await Eventually.TrueAsync(() => worker.Owned == WorkerJob.Partitions, "all partitions", state: () => worker.Logs.Text);
        await job.CaughtUpAsync(worker);
        await own.KillAsync();
        await Eventually.TrueAsync(() => worker.Logs.Says("brokers are down"), "the loss is noticed", state: () => worker.Logs.Text);
        var asked = Stopwatch.GetTimestamp();
        var failure = await Assert.ThrowsAnyAsync<Exception>(worker.StopAsync);
        Assert.True(Stopwatch.GetElapsedTime(asked) < StopLimit, $"stopped after {Stopwatch.GetElapsedTime(asked)}");
        // Closing a consumer without brokers has no time-out of its own: the host's may come first.
        Assert.True(
            failure is BrokerUnreachableException && failure.Message.StartsWith($"kafka.bootstrap.servers: no broker of {own.Broker.Bootstrap} answers", StringComparison.Ordinal)
            || failure is WorkerFailedException && failure.Message.StartsWith("the worker did not stop within", StringComparison.Ordinal), $"{failure}");
    }

    private static async Task AssertGivenUpAsync(OwnCluster own, WorkerJob job)
    {
        await using var worker = job.Start("commitInterval=60s");
        await Eventually.TrueAsync(() => worker.Owned == WorkerJob.Partitions, "all partitions", state: () => worker.Logs.Text);
        await job.Broker.ProduceAsync(job.Readings, Fleet.Readings(machines: 9, steps: 1, fromStep: 120));
        await Eventually.TrueAsync(() => worker.Host.Counters.Single().Readings == 9, "the readings", state: () => worker.Logs.Text);
        Assert.Equal(0, worker.Host.Counters.Single().Commits);
        await own.KillAsync();
        var asked = Stopwatch.GetTimestamp();
        var failure = await Assert.ThrowsAsync<WorkerFailedException>(worker.StopAsync);
        Assert.True(Stopwatch.GetElapsedTime(asked) < StopLimit, $"stopped after {Stopwatch.GetElapsedTime(asked)}");
        Assert.Contains("committed", failure.Message, StringComparison.Ordinal);
    }
}
