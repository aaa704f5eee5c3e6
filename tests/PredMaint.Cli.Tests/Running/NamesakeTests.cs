using PredMaint.Testing;

namespace PredMaint.Cli.Tests.Running;

/// <summary>Two workers of one name cannot both be right.</summary>
[Trait("needs", "kafka")]
public sealed class NamesakeTests(KafkaFixture kafka)
{
    private const int Machines = 50;

    [Fact]
    public async Task The_older_of_two_namesakes_says_so_and_ends_while_another_name_is_welcome()
    {
        using var job = await Job.WithTopicsAsync(await kafka.RequireAsync());
        await using var feed = new Feed(job.Broker, job.Readings, Machines);
        await using var older = job.Run();
        await older.LineAsync("Partition 0 restored");
        await using var other = job.Run("instance=two");
        await other.LineAsync(" restored, live from offset ");

        await using var newer = job.Run();
        Assert.Equal(1, await older.ExitAsync());
        Assert.Contains($"another worker of group {job.Group} has begun as instance one", older.Errors, StringComparison.Ordinal);
        await newer.LineAsync(" restored, live from offset ");
        Assert.False(other.HasExited);

        await feed.StopAsync();
        await job.CaughtUpAsync(newer);
        await Task.WhenAll(Job.StopAsync(newer), Job.StopAsync(other));
        Assert.Distinct((await job.AlertsAsync()).Select(a => a.Id));
    }
}
