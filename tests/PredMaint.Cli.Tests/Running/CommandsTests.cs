using PredMaint.Testing;

namespace PredMaint.Cli.Tests.Running;

/// <summary>Commands beside the readings: each is carried out once, or is a dead letter once, whatever happens to the worker.</summary>
[Trait("needs", "kafka")]
public sealed class CommandsTests(KafkaFixture kafka)
{
    private const int Machines = 50;

    /// <summary>Then a dozen machines have an active alert, and again at the later step.</summary>
    private const int Steps = 22;
    private const int LaterSteps = 147;

    [Fact]
    public async Task A_reset_clears_the_alerts_of_its_machine_once_and_what_is_no_command_is_a_dead_letter_once()
    {
        using var job = await Job.WithTopicsAsync(await kafka.RequireAsync());
        await job.Broker.ProduceAsync(job.Readings, Fleet.Readings(Machines, Steps));
        await using var first = job.Run("kafka.session.timeout.ms=6000");
        await job.CaughtUpAsync(first);
        var active = (await job.AlertsAsync()).Active();
        Assert.True(active.Count >= 2, $"active are {active.Count} alerts");

        await job.Broker.ResetAsync(job.Commands, active[0], "machine-of-nobody");
        var bad = await job.Broker.ProduceAsync(job.Commands, [(active[1], "reset")]);
        await Eventually.TrueAsync(async () => (await job.Broker.ReadCommittedAsync(job.DeadLetters)).Count == 2 && (await job.Broker.ResetsAsync(job.Alerts)).Count > 0, "answers to three commands", state: () => first.Output);
        await first.KillAsync();

        await using var second = job.Run("kafka.session.timeout.ms=6000");
        await job.Broker.ProduceAsync(job.Readings, Fleet.Readings(Machines, LaterSteps - Steps, fromStep: Steps));
        await job.CaughtUpAsync(second);
        // A command after which there is no reading: it is committed on its own.
        var later = (await job.AlertsAsync()).Active().First(m => m != active[0]);
        await job.Broker.ResetAsync(job.Commands, later);
        await Eventually.TrueAsync(async () => (await job.Broker.ResetsAsync(job.Alerts)).Count > 1, "the second answer", state: () => second.Output);
        await Job.StopAsync(second);

        Assert.Equal(new[] { active[0], later }.Order(StringComparer.Ordinal), (await job.Broker.ResetsAsync(job.Alerts)).Select(a => (string)a["subject"]!).Order(StringComparer.Ordinal));
        Assert.Distinct((await job.AlertsAsync()).Select(a => a.Id));
        var letters = await job.Broker.ReadCommittedAsync(job.DeadLetters);
        Assert.Equal(["json", "unknownMachine"], letters.Select(l => l.Header("predmaint.reason")).Order(StringComparer.Ordinal));
        Assert.All(letters, l => Assert.Equal(job.Commands, l.Header("predmaint.topic")));
        Assert.Contains(letters, l => l.Text() == "reset" && l.Header("predmaint.offset") == $"{bad[0].Offset.Value}" && l.Header("predmaint.partition") == $"{bad[0].Partition.Value}");
    }

    /// <summary>No worker was there while machines were repaired and reset: all comes out as if one had been.</summary>
    [Fact]
    public async Task Of_a_backlog_a_reset_stands_between_the_readings_that_were_sent_before_and_after_it()
    {
        var broker = await kafka.RequireAsync();
        using var live = await Job.WithTopicsAsync(broker);
        await using var present = live.Run();
        await broker.ProduceAsync(live.Readings, Fleet.Readings(Machines, Steps));
        await live.CaughtUpAsync(present);
        var active = (await live.AlertsAsync()).Active();
        Assert.True(active.Count >= 2, $"active are {active.Count} alerts");
        await broker.ResetAsync(live.Commands, active);
        await Eventually.TrueAsync(async () => (await broker.ResetsAsync(live.Alerts)).Count == active.Count, "answers", state: () => present.Output);
        await broker.ProduceAsync(live.Readings, Fleet.Readings(Machines, LaterSteps - Steps, fromStep: Steps));
        await live.CaughtUpAsync(present);
        await Job.StopAsync(present);

        using var late = await Job.WithTopicsAsync(broker);
        await broker.ProduceAsync(late.Readings, Fleet.Readings(Machines, Steps));
        await broker.ResetAsync(late.Commands, active);
        await broker.ProduceAsync(late.Readings, Fleet.Readings(Machines, LaterSteps - Steps, fromStep: Steps));
        await using var absent = late.Run();
        await late.CaughtUpAsync(absent);
        await Job.StopAsync(absent);
        Alert.AssertSame(await live.AlertsAsync(), await late.AlertsAsync());
    }

    [Fact]
    public async Task Who_begins_at_the_latest_readings_begins_at_the_latest_commands()
    {
        using var job = await Job.WithTopicsAsync(await kafka.RequireAsync());
        await job.Broker.ResetAsync(job.Commands, "of-before");
        await using var worker = job.Run("startAt=latest");
        await worker.LineAsync("restored, live from offset");
        await job.Broker.ResetAsync(job.Commands, "of-after");
        await Eventually.TrueAsync(async () => (await job.Broker.ReadCommittedAsync(job.DeadLetters)).Count > 0, "an answer", state: () => worker.Output);
        await Job.StopAsync(worker);
        Assert.Equal("of-after", Assert.Single(await job.Broker.ReadCommittedAsync(job.DeadLetters)).Message.Key);
    }

    [Fact]
    public async Task A_reset_says_what_the_machine_s_last_reading_was()
    {
        using var job = await Job.WithTopicsAsync(await kafka.RequireAsync());
        await job.Broker.ProduceAsync(job.Readings, Fleet.Readings(Machines, Steps));
        await using var worker = job.Run();
        await job.CaughtUpAsync(worker);
        var machine = (await job.AlertsAsync()).Active()[0];
        var last = (await job.Broker.ReadCommittedAsync(job.Readings)).Last(r => r.Message.Key == machine);
        await job.Broker.ResetAsync(job.Commands, machine);
        await Eventually.TrueAsync(async () => (await job.Broker.ResetsAsync(job.Alerts)).Count > 0, "the answer", state: () => worker.Output);
        await Job.StopAsync(worker);

        var answer = Assert.Single(await job.Broker.ResetsAsync(job.Alerts));
        var raised = (await job.AlertsAsync()).Last(a => a.Machine == machine && a.Type.EndsWith("raised", StringComparison.Ordinal));
        Assert.Equal(("predmaint.alert.cleared", "inactive", raised.AlertId), ((string)answer["type"]!, (string)answer["data"]!["state"]!, (string)answer["data"]!["alertId"]!));
        Assert.Equal(Fleet.Start.AddSeconds(Steps - 1), (DateTimeOffset)answer["time"]!);
        Assert.Equal((last.Partition.Value, last.Offset.Value), ((int)answer["data"]!["position"]!["partition"]!, (long)answer["data"]!["position"]!["offset"]!));
    }
}
