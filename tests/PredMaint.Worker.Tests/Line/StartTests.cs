using PredMaint.Testing;

namespace PredMaint.Worker.Tests.Line;

/// <summary>Where a partition begins that no commit speaks of.</summary>
[Trait("needs", "kafka")]
public sealed class StartTests(KafkaFixture kafka)
{
    private const int Machines = 10;

    [Fact]
    public async Task What_arrives_after_the_first_start_at_the_latest_reading_is_never_skipped()
    {
        using var job = await WorkerJob.CreateAsync(await kafka.RequireAsync());
        await job.Broker.ProduceAsync(job.Readings, Fleet.Readings(Machines, steps: 3));
        await using (var first = job.Start("startAt=latest"))
        {
            await job.CaughtUpAsync(first);
            await first.StopAsync();
            Assert.Equal(0, first.Host.Counters.Single().Readings);
        }

        await job.Broker.ProduceAsync(job.Readings, Fleet.Readings(Machines, steps: 2, fromStep: 3));
        await using var second = job.Start("startAt=latest");
        await job.CaughtUpAsync(second);
        await second.StopAsync();
        Assert.Equal(2 * Machines, second.Host.Counters.Single().Readings);
    }

    /// <summary>What is replayed is committed already. A probe that waited for it would have the process killed, and the next one too.</summary>
    [Fact]
    public async Task A_worker_that_has_replayed_and_gets_no_reading_lives_on()
    {
        using var job = await WorkerJob.CreateAsync(await kafka.RequireAsync());
        await job.Broker.ProduceAsync(job.Readings, Fleet.Readings(Machines, steps: 3));
        await using (var first = job.Start())
        {
            await job.CaughtUpAsync(first);
            await first.StopAsync();
        }

        var limit = TimeSpan.FromSeconds(6);
        await using var second = job.Start("commitInterval=100ms", $"kafka.max.poll.interval.ms={limit.TotalMilliseconds}", $"kafka.session.timeout.ms={limit.TotalMilliseconds}");
        await Eventually.TrueAsync(() => second.Host.Probes.IsReady, "ready", state: () => second.Logs.Text);
        Assert.Equal(3 * Machines, second.Host.Counters.Single().Replayed);
        await Task.Delay(limit + TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        Assert.Equal(["alive"], second.Host.Probes.Liveness().Reasons);
    }
}
