using Microsoft.Extensions.Logging;
using PredMaint.Testing;

namespace PredMaint.Worker.Tests.Line;

/// <summary>Workers come and go while readings flow.</summary>
[Trait("needs", "kafka")]
public sealed class RebalanceTests(KafkaFixture kafka)
{
    private const int Machines = 40;

    /// <summary>The group learns of a member by a heartbeat.</summary>
    private const string Heartbeat = "kafka.heartbeat.interval.ms=300";

    [Theory]
    [InlineData(Heartbeat)]
    [InlineData("kafka.group.protocol=consumer")]
    public async Task A_second_worker_comes_and_goes_and_no_reading_is_lost(string protocol)
    {
        using var job = await WorkerJob.CreateAsync(await kafka.RequireAsync());
        using var end = new CancellationTokenSource();
        var feed = FeedAsync(job, end.Token);
        await using var first = job.Start(protocol, "threads=2");
        await Eventually.TrueAsync(() => first.Owned == WorkerJob.Partitions, "all partitions with the only worker", state: () => first.Logs.Text);
        var (assigned, revoked) = (first.Count(" assigned"), first.Count(" revoked"));

        await using var second = job.Start(protocol, "threads=2", "instance=two");
        await Eventually.TrueAsync(() => first.Owned == 2 && second.Owned == 2, "two partitions with each worker", state: () => $"{first.Logs.Text}\n--\n{second.Logs.Text}");
        // Cooperative: what stays is not taken away.
        Assert.True(first.Count(" revoked") - revoked - (first.Count(" assigned") - assigned) == 2, first.Logs.Text);
        Assert.True(first.Count(" revoked") - revoked <= 3, first.Logs.Text);
        await second.StopAsync();
        await Eventually.TrueAsync(() => first.Owned == WorkerJob.Partitions, "all partitions back", state: () => first.Logs.Text);

        await end.CancelAsync();
        await feed;
        await job.CaughtUpAsync(first, second);
        await first.StopAsync();
        var errors = string.Join('\n', first.Logs.AtLeast(LogLevel.Error).Concat(second.Logs.AtLeast(LogLevel.Error)));
        Assert.True(errors.Length == 0, errors);
        Assert.Equal(0, first.Count(" lost") + second.Count(" lost"));
        Assert.Equal((await job.Broker.EndsAsync(job.Readings)).Values.Sum(), first.Host.Counters.Concat(second.Host.Counters).Sum(c => c.Readings));
        Assert.Distinct((await job.AlertsAsync()).Select(a => a.Id));
    }

    private static async Task FeedAsync(WorkerJob job, CancellationToken end)
    {
        for (var step = 0; !end.IsCancellationRequested; step++) await job.Broker.ProduceAsync(job.Readings, Fleet.Readings(Machines, steps: 1, fromStep: step));
    }
}
