using PredMaint.Testing;

namespace PredMaint.Worker.Tests.Line;

/// <summary>How a partition that comes is begun.</summary>
[Trait("needs", "kafka")]
public sealed class AssignmentTests(KafkaFixture kafka)
{
    /// <summary>
    /// A client that looks up where a partition ends while the line seeks forgets the seek when the answer comes (librdkafka
    /// issue 2256): on a busy machine all readings from there to the end were skipped. That race is rare; its cause is in the log.
    /// </summary>
    [Fact]
    public async Task The_client_never_looks_up_an_offset_that_a_seek_may_race_with()
    {
        using var job = await WorkerJob.CreateAsync(await kafka.RequireAsync());
        await job.Broker.ProduceAsync(job.Readings, Fleet.Readings(machines: 10, steps: 5));
        await using var worker = job.Start("kafka.debug=topic");
        await job.CaughtUpAsync(worker);
        await worker.StopAsync();
        Assert.True(worker.Logs.Says($"Start consuming {job.Readings}"), "the client no longer says how it starts a partition: look for the new words");
        Assert.DoesNotContain(worker.Logs.Text.Split('\n'), l => l.Contains($"Start consuming {job.Readings}", StringComparison.Ordinal) && l.Contains("offset END", StringComparison.Ordinal));
        Assert.False(worker.Logs.Says($"{job.Readings} [0]: querying for logical offset"), worker.Logs.Text);
    }
}
