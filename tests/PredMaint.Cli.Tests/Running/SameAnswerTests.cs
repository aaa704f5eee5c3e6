using System.Globalization;
using System.Text.Json.Nodes;
using PredMaint.Testing;

namespace PredMaint.Cli.Tests.Running;

/// <summary>One definition of the answer: the program on a real broker, a backtest, and a program that others wrote.</summary>
[Trait("needs", "kafka")]
public sealed class SameAnswerTests(KafkaFixture kafka, FinishedJobs jobs) : IClassFixture<FinishedJobs>
{
    private const string Threshold = "0.05";

    [Theory]
    [InlineData("stateful")]
    [InlineData("win")]
    public async Task Run_publishes_what_backtest_says(string model)
    {
        var job = await jobs.OfAsync(await kafka.RequireAsync(), model);
        var published = await job.AlertsAsync();
        Assert.True(published.Count >= 20, $"only {published.Count} alerts: the readings prove nothing");
        Alert.AssertSame(await job.BacktestAsync(), published);
        Assert.Empty(await job.Broker.ReadCommittedAsync(job.DeadLetters));
    }

    [Theory]
    [InlineData("stateful")]
    [InlineData("win")]
    public async Task Run_publishes_what_a_program_by_others_says(string model)
    {
        var jar = Shared.RequireForJava("peers", "peer.jar");
        var job = await jobs.OfAsync(await kafka.RequireAsync(), model);
        var alerts = await job.Broker.NewTopicAsync("plain", Job.Partitions);
        var group = KafkaBroker.UniqueName("plain");

        await using var plain = RunningProgram.StartFile(
            "java", Repository.Root, new Dictionary<string, string?>(StringComparer.Ordinal), "-Xmx256m", "-cp", jar, "peer.Plain",
            $"bootstrap={job.Broker.Bootstrap}", $"group={group}", $"in={job.Readings}", $"out={alerts}", $"model={Job.Model(model)}",
            $"mode={(model == "win" ? "window" : model)}", $"threshold={Threshold}");
        await job.Broker.CaughtUpAsync(group, job.Readings, TimeSpan.FromSeconds(120), () => plain.Errors);
        await plain.KillAsync();

        var theirs = (await job.Broker.ReadCommittedAsync(alerts)).Select(r => JsonNode.Parse(r.Message.Value)!);
        var ours = await job.AlertsAsync();
        Assert.Equal(
            ByMachine(theirs.Select(t => ((string)t["machineId"]!, Moment((string)t["time"]!), (string)t["state"]!))),
            ByMachine(ours.Select(o => (o.Machine, o.Time, o.Type["predmaint.alert.".Length..]))));
    }

    private static List<(string Machine, DateTimeOffset, string)> ByMachine(IEnumerable<(string Machine, DateTimeOffset, string)> transitions) =>
        [.. transitions.OrderBy(t => t.Machine, StringComparer.Ordinal)];

    private static DateTimeOffset Moment(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
