using PredMaint.Testing;

namespace PredMaint.Cli.Tests.Running;

/// <summary>Topics that are deleted, made anew or grow under a worker: it says so within a minute, and nothing is guessed.</summary>
[Trait("needs", "kafka")]
public sealed class TopicChangesTests(KafkaFixture kafka)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_that_is_deleted_is_named_with_readings_and_without(bool hasReadings)
    {
        using var job = await Job.WithTopicsAsync(await kafka.RequireAsync());
        await using var feed = hasReadings ? new Feed(job.Broker, job.Readings, machines: 10) : null;
        await using var worker = await LiveAsync(job);
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
        await using var feed = new Feed(job.Broker, job.Readings, machines: 10);
        await using (var worker = await LiveAsync(job))
        {
            await MakeAnewAsync(job, job.State);
            Assert.Equal(1, await worker.ExitAsync(Limit));
            Assert.Contains("the state topic was made anew under a worker", worker.Errors, StringComparison.Ordinal);
        }
        await using var successor = job.Run();
        Assert.Equal(1, await successor.ExitAsync(Limit));
        Assert.Contains("predmaint state reset --partition ", successor.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_commands_topic_that_is_made_anew_no_command_is_passed_over()
    {
        using var job = await Job.WithTopicsAsync(await kafka.RequireAsync());
        await using var worker = await LiveAsync(job);
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
        await using var worker = await LiveAsync(job);
        await job.Broker.GrowTopicAsync(job.Readings, Job.Partitions + 2);
        Assert.Equal(1, await worker.ExitAsync(Limit));
        Assert.Contains("`predmaint state repartition` moves the state", worker.Errors, StringComparison.Ordinal);
    }

    private static async Task<RunningProgram> LiveAsync(Job job)
    {
        var worker = job.Run();
        await worker.LineAsync("restored, live from offset");
        return worker;
    }

    private static async Task MakeAnewAsync(Job job, string topic)
    {
        await job.Broker.DeleteTopicAsync(topic);
        var (code, said) = await job.EndAsync("topics", "create");
        Assert.True(code == 0, said);
    }
}
