using System.Net;
using PredMaint.Testing;

namespace PredMaint.Cli.Tests.Running;

/// <summary>A deployment: one worker after the other is stopped and begun anew while readings flow, each when the one before is ready.</summary>
[Trait("needs", "kafka")]
[Collection(nameof(RollingRestartTests))]
[CollectionDefinition(nameof(RollingRestartTests), DisableParallelization = true)] // It measures time.
public sealed class RollingRestartTests(KafkaFixture kafka)
{
    private const int Partitions = 6;

    private static readonly TimeSpan LongestStandstill = TimeSpan.FromSeconds(5);

    /// <summary>Deployments of which one must keep the limit: another program on this machine can only make a standstill longer.</summary>
    private const int Rounds = 3;

    [Fact]
    public async Task Of_three_workers_no_alert_is_lost_or_said_twice_and_no_partition_stands_still_for_long()
    {
        using var job = await Job.WithTopicsAsync(await kafka.RequireAsync(), partitions: Partitions);
        await using var feed = new Feed(job.Broker, job.Readings);
        List<RunningProgram> workers = [];
        try
        {
            foreach (var name in (string[])["a", "b", "c"]) workers.Add(await StartAsync(name));
            List<string> slow = [];
            for (var standstills = await RestartAsync(); standstills.Values.Max() > LongestStandstill; standstills = await RestartAsync())
            {
                slow.AddRange(standstills.Select(s => $"partition {s.Key} stood still for {s.Value.TotalSeconds:0.0} s"));
                Assert.True(slow.Count < Rounds * Partitions, string.Join('\n', slow));
            }
            await feed.StopAsync();
            await job.CaughtUpAsync(workers[0]);
            foreach (var worker in workers) await Job.StopAsync(worker, TimeSpan.FromSeconds(20));
        }
        finally
        {
            foreach (var worker in workers) await worker.DisposeAsync();
        }
        Alert.AssertSame(await job.BacktestAsync(), await job.AlertsAsync());

        async Task<IReadOnlyDictionary<int, TimeSpan>> RestartAsync()
        {
            await using var watch = new StandstillWatch(job.Broker, job.Group, job.Readings, Partitions);
            for (var i = 0; i < workers.Count; i++)
            {
                await Job.StopAsync(workers[i], TimeSpan.FromSeconds(20));
                await workers[i].DisposeAsync();
                workers[i] = await StartAsync($"{(char)('a' + i)}");
            }
            return await watch.EndAsync();
        }

        async Task<RunningProgram> StartAsync(string name)
        {
            var worker = job.Run($"instance={name}", "commitInterval=200ms", "telemetry.listen=127.0.0.1:0");
            using var http = new HttpClient { BaseAddress = await Job.EndpointAsync(worker) };
            await Eventually.TrueAsync(
                async () =>
                {
                    using var answer = await http.GetAsync(new Uri("/readyz", UriKind.Relative));
                    return answer.StatusCode == HttpStatusCode.OK;
                },
                $"worker {name} is ready", state: () => worker.Output);
            return worker;
        }
    }
}
