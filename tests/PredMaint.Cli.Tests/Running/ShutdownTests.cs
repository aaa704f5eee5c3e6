using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using PredMaint.Testing;

namespace PredMaint.Cli.Tests.Running;

/// <summary>A stop in the midst of work: what was admitted is committed, and a successor goes on exactly there, with its memory.</summary>
[Trait("needs", "kafka")]
public sealed partial class ShutdownTests(KafkaFixture kafka)
{
    /// <summary>Kubernetes kills after this (terminationGracePeriodSeconds).</summary>
    private static readonly TimeSpan GracePeriod = TimeSpan.FromSeconds(30);

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
        Alert.AssertSame(await job.BacktestAsync(), await job.AlertsAsync());
    }

    [Fact]
    public async Task A_worker_that_is_stopped_before_it_found_a_broker_says_so_and_ends_with_1()
    {
        using var job = new Job(new KafkaBroker("127.0.0.1:1"));
        await using var worker = job.Run();
        await worker.LineAsync("models[0]: ");
        worker.Terminate();
        Assert.Equal(1, await worker.ExitAsync(TimeSpan.FromSeconds(20)));
        Assert.StartsWith("predmaint: kafka.bootstrap.servers: no broker of 127.0.0.1:1 answers", worker.Errors, StringComparison.Ordinal);
        Assert.Contains("Connection refused", worker.Errors, StringComparison.Ordinal);
    }

    /// <summary>In mid-run, something left to commit, and the receiver of telemetry as silent as the broker.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_worker_that_is_stopped_when_its_broker_is_gone_says_so_and_ends_with_1_within_the_grace_period(bool isFrozen)
    {
        await using var own = await OwnCluster.StartAsync();
        using var job = await Job.WithTopicsAsync(own.Broker);
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        job.Environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://{silent.LocalEndpoint}";
        await own.Broker.ProduceAsync(job.Readings, Fleet.Readings(machines: 50, steps: 60));
        await using var worker = job.Run("commitInterval=60s");
        await Eventually.TrueAsync(async () => (await job.AlertsAsync()).Count >= 3, "three alerts", state: () => worker.Output);
        if (isFrozen) own.Freeze();
        else await own.KillAsync();
        var asked = Stopwatch.GetTimestamp();
        worker.Terminate();
        Assert.Equal(1, await worker.ExitAsync(GracePeriod));
        Assert.True(Stopwatch.GetElapsedTime(asked) < GracePeriod, $"ended after {Stopwatch.GetElapsedTime(asked)}");
        Assert.Matches("predmaint: (stopped, but what was read last could not be committed|the worker did not stop within|kafka.bootstrap.servers: no broker of .* answers)", worker.Errors);
        Assert.Contains(worker.Errors["predmaint: ".Length..], worker.Output, StringComparison.Ordinal);
    }

    /// <summary>Partition and offset of each line that says from where the worker was live.</summary>
    private static IEnumerable<(int Partition, long Offset)> Starts(string output) => LiveFrom().Matches(output).Select(m =>
        (int.Parse(m.Groups["partition"].ValueSpan, CultureInfo.InvariantCulture), long.Parse(m.Groups["offset"].ValueSpan, CultureInfo.InvariantCulture)));

    [GeneratedRegex("Partition (?<partition>[0-9]+) restored, live from offset (?<offset>[0-9]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LiveFrom();
}
