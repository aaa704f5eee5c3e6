using System.Text.Json.Nodes;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using PredMaint.Testing;

namespace PredMaint.Cli.Tests.Running;

/// <summary><c>predmaint state</c>: what is there is shown, what a worker refuses is cured, and machines move with their readings.</summary>
[Trait("needs", "kafka")]
public sealed class StateTests(KafkaFixture kafka)
{
    private const int Machines = 50;
    private const int Grown = 6;

    /// <summary>Then a dozen machines have an active alert, and again at the later step.</summary>
    private const int Steps = 22;
    private const int LaterSteps = 147;

    [Fact]
    public async Task Inspect_shows_what_a_worker_left_and_what_it_will_refuse()
    {
        using var job = await WithStateAsync();
        var report = await InspectAsync(job);
        Assert.Equal(0, (int)report["members"]!);
        var committed = await job.Broker.CommittedAsync(job.Group, job.Readings);
        foreach (var partition in report["partitions"]!.AsArray())
        {
            Assert.Equal("yes", (string)partition!["agrees"]!);
            Assert.Equal(committed[(int)partition["partition"]!], (long)partition["position"]!);
        }
        var machine = (await job.AlertsAsync()).Active()[0];
        var (code, said) = await job.EndAsync("state", "inspect", "--machine", machine);
        Assert.Equal((0, true), (code, said.Contains($"{Steps} steps, warning alert since ", StringComparison.Ordinal)));

        await CorruptAsync(job, machine);
        (code, said) = await job.EndAsync("state", "inspect");
        Assert.Equal(0, code);
        Assert.Contains($"the snapshot of {machine} cannot be read: its checksum is wrong", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_snapshot_that_cannot_be_read_is_refused_and_a_reset_of_its_partition_cures_it()
    {
        using var job = await WithStateAsync();
        var before = await job.AlertsAsync();
        var partition = await CorruptAsync(job, before.Active()[0]);
        await using (var worker = job.Run())
        {
            Assert.Equal(1, await worker.ExitAsync());
            Assert.Contains($"predmaint state reset --partition {partition}", worker.Errors, StringComparison.Ordinal);
        }

        var (code, said) = await job.EndAsync("state", "reset", "--partition", $"{partition}");
        Assert.Equal((2, true), (code, said.Contains("--yes", StringComparison.Ordinal)));
        (code, said) = await job.EndAsync("state", "reset", "--partition", $"{partition}", "--dry-run");
        Assert.True(code == 0 && said.Contains("would start cold", StringComparison.Ordinal), said);
        Assert.Equal(1, (await InspectAsync(job))["partitions"]!.AsArray().Sum(p => (int)p!["unreadable"]!));
        (code, said) = await job.EndAsync("state", "reset", "--partition", $"{partition}", "--yes");
        Assert.True(code == 0, said);

        await job.Broker.ProduceAsync(job.Readings, Fleet.Readings(Machines, LaterSteps - Steps, fromStep: Steps));
        await using var next = job.Run();
        await job.CaughtUpAsync(next);
        (code, said) = await job.EndAsync("state", "reset", "--yes");
        Assert.True(code == 1 && said.Contains("1 member", StringComparison.Ordinal), said);
        await Job.StopAsync(next);
        // Each alert of the partition that was active is cleared, but for that which nobody can read.
        var report = await InspectAsync(job);
        Assert.All(report["partitions"]!.AsArray(), p => Assert.Equal("yes", (string)p!["agrees"]!));
        var raised = before.Active().Where(m => PartitionOf(m, Job.Partitions) == partition).Skip(1);
        Assert.Equal(raised, (await job.Broker.ResetsAsync(job.Alerts)).Select(a => (string)a["subject"]!).Order(StringComparer.Ordinal));
        // The other partitions know nothing of it.
        var expected = await job.BacktestAsync(Fleet.Readings(Machines, LaterSteps).Select(r => r.Value));
        Alert.AssertSame([.. expected.Where(a => PartitionOf(a.Machine, Job.Partitions) != partition)], [.. (await job.AlertsAsync()).Where(a => PartitionOf(a.Machine, Job.Partitions) != partition)]);
    }

    [Fact]
    public async Task An_offset_that_contradicts_the_state_is_refused_and_a_reset_goes_on_there()
    {
        using var job = await WithStateAsync();
        using var admin = job.Broker.Admin();
        await admin.AlterConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitionOffsets(job.Group, [new TopicPartitionOffset(job.Readings, 2, 7)])]);
        Assert.Equal("no", (string)(await InspectAsync(job))["partitions"]![2]!["agrees"]!);
        await using (var worker = job.Run())
        {
            Assert.Equal(1, await worker.ExitAsync());
            Assert.Contains("predmaint state reset --partition 2", worker.Errors, StringComparison.Ordinal);
        }

        var (code, said) = await job.EndAsync("state", "reset", "--yes");
        Assert.True(code == 0 && said.Contains("cold at offset 7, the committed offset", StringComparison.Ordinal), said);
        await using var next = job.Run();
        await next.LineAsync("Partition 2 restored, live from offset 7");
        await job.CaughtUpAsync(next);
        await Job.StopAsync(next);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Machines_move_with_their_readings_and_their_alerts_go_on(bool interrupted)
    {
        using var job = await WithStateAsync(kill: true);
        // The worker had left before all was read, and the producers were back before all was moved.
        await job.Broker.ProduceAsync(job.Readings, Fleet.Readings(Machines, 38, fromStep: Steps));
        await job.Broker.GrowTopicAsync(job.Readings, Grown);
        await job.Broker.ProduceAsync(job.Readings, Fleet.Readings(Machines, LaterSteps - 60, fromStep: 60));
        await using (var worker = job.Run())
        {
            Assert.Equal(2, await worker.ExitAsync());
            Assert.Contains("predmaint state repartition", worker.Errors, StringComparison.Ordinal);
        }

        await Eventually.TrueAsync(async () => (await job.EndAsync("state", "repartition", "--dry-run")).Code == 0, "the end of the killed worker's session");
        if (interrupted) await job.Broker.GrowTopicAsync(job.State, Grown);
        var (code, said) = await job.EndAsync("state", "repartition");
        Assert.True(code == 0 && said.Contains("4 -> 6 partitions: 50 machines", StringComparison.Ordinal), $"{code} {said}");
        if (interrupted) await ShrinkCommandsAsync(job);
        (code, said) = await job.EndAsync("state", "repartition");
        Assert.True(code == 0 && said.Contains("no machine has to move", StringComparison.Ordinal), said);

        await using var next = job.Run();
        await job.CaughtUpAsync(next);
        await job.Broker.ProduceAsync(job.Readings, Fleet.Readings(Machines, 10, fromStep: LaterSteps));
        await job.CaughtUpAsync(next);
        await Job.StopAsync(next);
        Alert.AssertSame(await job.BacktestAsync(Fleet.Readings(Machines, LaterSteps + 10).Select(r => r.Value)), await job.AlertsAsync());
        Assert.Equal(Machines, (await InspectAsync(job))["partitions"]!.AsArray().Sum(p => (int)p!["machines"]!));
    }

    [Fact]
    public async Task Readings_of_both_orders_in_a_mix_are_refused_and_all_begins_cold_where_that_is_wanted()
    {
        using var job = await WithStateAsync();
        await job.Broker.GrowTopicAsync(job.Readings, Grown);
        var (older, newer) = (Enumerable.Range(0, Machines).First(m => Moves(m, from: 1)), Enumerable.Range(0, Machines).First(m => Moves(m, to: 1)));
        foreach (var machine in new[] { newer, older }) await job.Broker.ProduceAsync(job.Readings, [(Fleet.Machine(machine), Fleet.Reading(machine, Steps))], partition: 1);
        var (code, said) = await job.EndAsync("state", "repartition");
        Assert.True(code == 1 && said.Contains($"machine {Fleet.Machine(older)} has a reading", StringComparison.Ordinal), said);

        (code, said) = await job.EndAsync("state", "reset", "--yes");
        Assert.True(code == 0, said);
        await using var next = job.Run();
        await job.CaughtUpAsync(next);
        await Job.StopAsync(next);
        Assert.Equal(Grown, (await InspectAsync(job))["partitions"]!.AsArray().Count(p => (string)p!["agrees"]! == "yes"));
    }

    private async Task<Job> WithStateAsync(bool kill = false)
    {
        var job = await Job.WithTopicsAsync(await kafka.RequireAsync());
        await job.Broker.ProduceAsync(job.Readings, Fleet.Readings(Machines, Steps));
        await using var worker = job.Run("kafka.session.timeout.ms=6000");
        await job.CaughtUpAsync(worker);
        if (kill) await worker.KillAsync();
        else await Job.StopAsync(worker);
        return job;
    }

    private static async Task<JsonNode> InspectAsync(Job job)
    {
        await using var inspect = job.Start("state", "inspect", "--json");
        Assert.True(await inspect.ExitAsync() == 0, inspect.Errors);
        return JsonNode.Parse(inspect.Output)!;
    }

    /// <summary>Writes over a machine's snapshot; says in which partition.</summary>
    private static async Task<int> CorruptAsync(Job job, string machine)
    {
        var partition = PartitionOf(machine, Job.Partitions);
        await job.Broker.ProduceAsync(job.State, [(machine, "no snapshot")], partition);
        return partition;
    }

    /// <summary>As it was before the last step of a repartition.</summary>
    private static async Task ShrinkCommandsAsync(Job job)
    {
        await job.Broker.DeleteTopicAsync(job.Commands);
        await job.Broker.CreateTopicAsync(job.Commands, Job.Partitions);
    }

    private static bool Moves(int machine, int? from = null, int? to = null)
    {
        var (was, will) = (PartitionOf(Fleet.Machine(machine), Job.Partitions), PartitionOf(Fleet.Machine(machine), Grown));
        return was != will && (from is null || was == from) && (to is null || will == to);
    }

    private static int PartitionOf(string machine, int partitions) => Core.Readings.Murmur2.Partition(System.Text.Encoding.UTF8.GetBytes(machine), partitions);
}
