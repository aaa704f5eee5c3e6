using System.Globalization;
using PredMaint.Testing;

namespace PredMaint.Cli.Tests.Running;

/// <summary>A stop in the midst of work: what was admitted is committed, and a successor goes on exactly there.</summary>
[Trait("needs", "kafka")]
public sealed class ShutdownTests(KafkaFixture kafka)
{
    [Fact]
    public async Task A_worker_that_is_stopped_commits_what_it_admitted_and_its_successor_goes_on_there()
    {
        var broker = await kafka.RequireAsync();
        using var job = await Job.WithTopicsAsync(broker);
        await using var feed = new Feed(broker, job.Readings);
        await using (var worker = job.Run())
        {
            await Eventually.TrueAsync(async () => (await job.AlertsAsync()).Count >= 3, "three alerts", state: () => worker.Output);
            await Job.StopAsync(worker, TimeSpan.FromSeconds(10));
        }

        var committed = await broker.CommittedAsync(job.Group, job.Readings);
        var published = await job.AlertsAsync();
        Alert.AssertSame(await job.BacktestAsync(to: committed), published);
        await feed.StopAsync();

        await using var successor = job.Run();
        await job.CaughtUpAsync(successor);
        await Job.StopAsync(successor, TimeSpan.FromSeconds(10));
        Assert.Equal(committed.OrderBy(c => c.Key).Select(c => (c.Key, c.Value)), Starts(successor.Output).Order());
        Assert.Contains("Machines start cold", successor.Output, StringComparison.Ordinal);
        Alert.AssertSame([.. published, .. await job.BacktestAsync(from: committed)], await job.AlertsAsync());
    }

    /// <summary>Partition and offset of each line that says where the worker began.</summary>
    private static IEnumerable<(int Partition, long Offset)> Starts(string output) =>
        output.Split('\n').Where(l => l.Contains(" assigned, from offset ", StringComparison.Ordinal)).Select(l =>
        {
            var words = l[l.IndexOf("Partition ", StringComparison.Ordinal)..].Split(' ');
            return (int.Parse(words[1], CultureInfo.InvariantCulture), long.Parse(words[5], CultureInfo.InvariantCulture));
        });
}
