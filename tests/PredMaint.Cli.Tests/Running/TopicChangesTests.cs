using PredMaint.Testing;

namespace PredMaint.Cli.Tests.Running;

/// <summary>Topics that are deleted, made anew or grow under a worker: it says so within two minutes, and nothing is guessed.</summary>
[Trait("needs", "kafka")]
public sealed class TopicChangesTests(KafkaFixture kafka)
{
    private const string Live = "restored, live from offset";

    /// <summary>A look every ten seconds, nine askings after a topic that is not there, and commits that wait for it.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_that_is_deleted_is_named_with_readings_and_without(bool hasReadings)
    {
        using var job = await Job.WithTopicsAsync(await kafka.RequireAsync());
        await using var feed = hasReadings ? new Feed(job.Broker, job.Readings, machines: 10) : null;
        await using var worker = job.Run();
        await worker.LineAsync(Live);
        var gone = hasReadings ? job.State : job.DeadLetters;
        await job.Broker.DeleteTopicAsync(gone);
        Assert.Equal(1, await worker.ExitAsync(Limit));
        Assert.Contains($"topic {gone}: Broker: Unknown topic or partition; `predmaint topics create` makes what is missing", worker.Errors, StringComparison.Ordinal);
    }

    /// <summary>The worker writes on into the new one, which has none of the machines that are silent.</summary>
    [Fact]
    public async Task A_state_topic_that_is_made_anew_is_refused_by_the_worker_and_by_its_successor()
    {
        using var job = await Job.WithTopicsAsync(await kafka.RequireAsync());
        await using var feed = new Feed(job.Broker, job.Readings);
        await using (var worker = job.Run())
        {
            await Eventually.TrueAsync(
                async () => worker.HasExited || (await job.Broker.CommittedAsync(job.Group, job.Readings)).Count == Job.Partitions, "a commit of every partition", state: () => worker.Output);
            await MakeAnewAsync(job, job.State);
            Assert.Equal(1, await worker.ExitAsync(Limit));
            // As it had written into the new one by then or not.
            Assert.Matches("the state topic (was made anew under a worker|has no control record of it)", worker.Errors);
        }
        await using var successor = job.Run();
        Assert.Equal(1, await successor.ExitAsync(Limit));
        Assert.Contains("predmaint state reset --partition ", successor.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_commands_topic_that_is_made_anew_no_command_is_passed_over()
    {
        using var job = await Job.WithTopicsAsync(await kafka.RequireAsync());
        await using var worker = job.Run();
        await worker.LineAsync(Live);
        // Of machines that have no readings: each comes back as a dead letter.
        string[] machines = [.. Enumerable.Range(0, 10).Select(Fleet.Machine)];
        await job.Broker.ResetAsync(job.Commands, machines);
        await AnsweredAsync(10);
        await MakeAnewAsync(job, job.Commands);
        await job.Broker.ResetAsync(job.Commands, machines);
        await AnsweredAsync(20);
        Assert.Contains("Line 0 failed and begins anew: ", worker.Output, StringComparison.Ordinal);
        await Job.StopAsync(worker);

        Task AnsweredAsync(int commands) => Eventually.TrueAsync(
            async () => worker.HasExited || (await job.Broker.ReadCommittedAsync(job.DeadLetters)).DistinctBy(l => l.Text()).Count() == commands, $"answers to {commands} commands", Limit, () => worker.Output);
    }

    [Fact]
    public async Task Readings_whose_topic_has_grown_are_not_scored_for_minutes()
    {
        using var job = await Job.WithTopicsAsync(await kafka.RequireAsync());
        await using var worker = job.Run();
        await worker.LineAsync(Live);
        await job.Broker.GrowTopicAsync(job.Readings, Job.Partitions + 2);
        Assert.Equal(1, await worker.ExitAsync(Limit));
        Assert.Contains("`predmaint state repartition` moves the state", worker.Errors, StringComparison.Ordinal);
    }

    /// <summary>What cures a readings topic that has grown does not cure this.</summary>
    [Fact]
    public async Task A_commands_topic_that_has_grown_is_refused_with_what_cures_it()
    {
        using var job = await Job.WithTopicsAsync(await kafka.RequireAsync());
        await using (var worker = job.Run())
        {
            await worker.LineAsync(Live);
            await job.Broker.GrowTopicAsync(job.Commands, Job.Partitions + 2);
            Assert.Equal(1, await worker.ExitAsync(Limit));
            Assert.Contains($"delete {job.Commands}, and `predmaint topics create` makes it anew", worker.Errors, StringComparison.Ordinal);
        }
        var (code, said) = await job.EndAsync("state", "repartition");
        Assert.Equal(1, code);
        Assert.Contains($"delete {job.Commands}", said, StringComparison.Ordinal);
        await MakeAnewAsync(job, job.Commands);
        await using var cured = job.Run();
        await cured.LineAsync(Live);
        await Job.StopAsync(cured);
    }

    private static async Task MakeAnewAsync(Job job, string topic)
    {
        await job.Broker.DeleteTopicAsync(topic);
        await job.CreateTopicsAsync(topic);
    }
}
