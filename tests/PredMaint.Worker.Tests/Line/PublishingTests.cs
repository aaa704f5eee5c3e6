using System.Text;
using System.Text.Json.Nodes;
using Confluent.Kafka;
using PredMaint.Core.Readings;
using PredMaint.Testing;

namespace PredMaint.Worker.Tests.Line;

/// <summary>When an alert is published, and what travels with it.</summary>
[Trait("needs", "kafka")]
[Collection("spans")] // Whoever listens to spans listens to all of the process.
public sealed class PublishingTests(KafkaFixture kafka)
{
    /// <summary>So low that every machine's first reading raises.</summary>
    private static readonly string[] AlwaysRaise = ["models.0.alert.raiseAt=-1000", "models.0.alert.clearAt=-1000"];

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Without_a_backlog_an_alert_does_not_wait_for_the_commit_interval()
    {
        using var job = await WorkerJob.CreateAsync(await kafka.RequireAsync());
        await using var worker = job.Start([.. AlwaysRaise, "commitInterval=60s"]);
        await Eventually.TrueAsync(() => worker.Owned == WorkerJob.Partitions, "the partitions", state: () => worker.Logs.Text);
        var trace = $"00-{new string('a', 32)}-{new string('b', 16)}-01";

        await job.Broker.ProduceAsync(job.Readings, [Reading(0, trace)]);
        var alert = Assert.Single(await job.Broker.ReadCommittedUntilAsync(job.Alerts, a => a.Count > 0, "the alert", Soon));

        Assert.Equal(trace, alert.Header("traceparent"));
        Assert.Equal("application/cloudevents+json", alert.Header("content-type"));
        Assert.Equal(Fleet.Machine(0), alert.Message.Key);
        await worker.StopAsync();
    }

    [Fact]
    public async Task An_alert_stands_in_the_partition_that_its_reading_has()
    {
        using var job = await WorkerJob.CreateAsync(await kafka.RequireAsync());
        var machines = Enumerable.Range(0, 10).Select(i => i * 10).ToList();
        await job.Broker.ProduceAsync(job.Readings, machines.Select(m => Reading(m)));
        await using var worker = job.Start(AlwaysRaise);
        await job.CaughtUpAsync(worker);

        var alerts = await job.Broker.ReadCommittedAsync(job.Alerts);
        Assert.Equal(machines.Select(Fleet.Machine).Order(StringComparer.Ordinal), alerts.Select(a => a.Message.Key).Order(StringComparer.Ordinal));
        Assert.True(alerts.Select(a => a.Partition.Value).Distinct().Count() > 1, "all machines are in one partition: the readings prove nothing");
        Assert.All(alerts, a =>
        {
            Assert.Equal(Murmur2.Partition(Encoding.UTF8.GetBytes(a.Message.Key!), WorkerJob.Partitions), a.Partition.Value);
            Assert.Equal(a.Partition.Value, (int)JsonNode.Parse(a.Message.Value)!["data"]!["position"]!["partition"]!);
            Assert.Null(a.Header("traceparent"));
        });
        await worker.StopAsync();
    }

    [Fact]
    public async Task With_a_backlog_there_is_a_commit_an_interval()
    {
        using var job = await WorkerJob.CreateAsync(await kafka.RequireAsync());
        await job.Broker.ProduceAsync(job.Readings, Fleet.Readings(machines: 50, steps: 80));
        // Batches of 8 are full until the end: 500 of them, and alerts in many.
        await using var worker = job.Start("commitInterval=60s", "batchMax=8");
        await job.Broker.ReadCommittedUntilAsync(job.Alerts, a => a.Count >= 5, "five machines' alerts");
        Assert.InRange(worker.Host.Counters.Single().Commits, 1, 20);
        await worker.StopAsync();
        await job.CaughtUpAsync(worker);
    }

    private static Message<string?, byte[]> Reading(int machine, string? traceParent = null)
    {
        var message = new Message<string?, byte[]> { Key = Fleet.Machine(machine), Value = Encoding.UTF8.GetBytes(Fleet.Reading(machine, step: 0)), Headers = [] };
        if (traceParent is not null) message.Headers.Add("traceparent", Encoding.ASCII.GetBytes(traceParent));
        return message;
    }
}
