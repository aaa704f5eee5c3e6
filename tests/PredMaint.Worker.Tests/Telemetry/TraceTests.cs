using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Confluent.Kafka;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using PredMaint.Testing;
using PredMaint.Worker.Telemetry;
using PredMaint.Worker.Tests.Line;

namespace PredMaint.Worker.Tests.Telemetry;

/// <summary>From a reading's traceparent to its alert, and from there to all that was done for it.</summary>
[Trait("needs", "kafka")]
[Collection("spans")] // Whoever listens to spans listens to all of the process.
[CollectionDefinition("spans", DisableParallelization = true)] // So with exemplars: another worker's alert takes the place of one's own.
public sealed class TraceTests(KafkaFixture kafka) : IDisposable
{
    private static readonly ActivityTraceId Trace = ActivityTraceId.CreateRandom();
    private static readonly ActivitySpanId Parent = ActivitySpanId.CreateRandom();

    private readonly List<Activity> spans = [];
    private readonly List<OpenTelemetry.Metrics.Metric> metrics = [];
    private readonly List<IDisposable> open = [];

    [Fact]
    public async Task A_reading_s_trace_holds_its_alert_which_leads_to_the_batch_and_other_batches_leave_no_spans()
    {
        using var job = await WorkerJob.CreateAsync(await kafka.RequireAsync());
        var traces = Sdk.CreateTracerProviderBuilder().AddSource(Semantics.Scope).SetSampler(new AlwaysOnSampler()).AddInMemoryExporter(spans).Build();
        var meters = Sdk.CreateMeterProviderBuilder().AddMeter(Semantics.Scope).SetExemplarFilter(ExemplarFilterType.TraceBased).AddInMemoryExporter(metrics).Build();
        open.AddRange([traces, meters]);
        await using var worker = job.Start("models.0.alert.raiseAt=-1000", "models.0.alert.clearAt=-1000", "telemetry.traceRatio=0", "commitInterval=100ms");
        await job.Broker.ProduceAsync(job.Readings, [Reading(0, step: 0, $"00-{Trace}-{Parent}-01")]);
        var alert = Assert.Single(await job.Broker.ReadCommittedUntilAsync(job.Alerts, a => a.Count > 0, "the alert"));
        var json = JsonNode.Parse(alert.Text())!;
        await Eventually.TrueAsync(() => Mine(job).Any(s => s.DisplayName == $"batch {job.Readings}"), "the spans");

        // One look-up: the reading's trace has the alert.
        var create = Assert.Single(spans.ToList(), s => s.TraceId == Trace);
        Assert.Equal(($"create {job.Alerts}", ActivityKind.Producer, Parent), (create.DisplayName, create.Kind, create.ParentSpanId));
        Assert.Equal((string)json["data"]!["alertId"]!, create.GetTagItem(Semantics.AlertId));
        Assert.Equal(("raised", "warning", Fleet.Machine(0)), (create.GetTagItem(Semantics.AlertChange), create.GetTagItem(Semantics.AlertSeverity), create.GetTagItem(Semantics.MachineId)));
        Assert.Equal((job.Readings, (int)json["data"]!["position"]!["partition"]!, (long)json["data"]!["position"]!["offset"]!),
            (create.GetTagItem(Semantics.SourceTopic), create.GetTagItem(Semantics.SourcePartition), create.GetTagItem(Semantics.SourceOffset)));
        Assert.Equal($"00-{Trace}-{create.SpanId}-01", alert.Header("traceparent"));

        // And from there to all that was done for it.
        var batch = Mine(job).Where(s => s.TraceId == Assert.Single(create.Links).Context.TraceId).ToDictionary(s => s.DisplayName, StringComparer.Ordinal);
        Assert.Equal(
            new[] { $"batch {job.Readings}", $"commit {job.Readings}", $"poll {job.Readings}", $"process {job.Readings}", $"send {job.Alerts}" },
            batch.Keys.Order(StringComparer.Ordinal));
        var root = batch[$"batch {job.Readings}"];
        Assert.All(batch.Values.Where(s => s != root), s =>
        {
            Assert.Equal(root.SpanId, s.ParentSpanId);
            Assert.InRange(s.StartTimeUtc, root.StartTimeUtc.AddMilliseconds(-1), root.StartTimeUtc + root.Duration);
            Assert.Equal(ActivityStatusCode.Unset, s.Status);
            Assert.Equal("kafka", s.GetTagItem(Semantics.System));
        });
        Assert.Equal((Trace, Parent), Assert.Single(batch[$"process {job.Readings}"].Links) is var link ? (link.Context.TraceId, link.Context.SpanId) : default);
        Assert.Equal(create.SpanId, Assert.Single(batch[$"send {job.Alerts}"].Links).Context.SpanId);

        // A batch that leads to no alert leaves nothing; a measurement of the alert leads to its trace.
        var before = Mine(job).Count;
        var commits = worker.Host.Counters.Single().Commits;
        await job.Broker.ProduceAsync(job.Readings, [Reading(0, step: 1, $"00-{ActivityTraceId.CreateRandom()}-{ActivitySpanId.CreateRandom()}-01")]);
        await Eventually.TrueAsync(() => worker.Host.Counters.Single().Commits > commits, "its commit", state: () => worker.Logs.Text);
        Assert.Equal(before, Mine(job).Count);
        meters.ForceFlush();
        Assert.Contains(Exemplars(), e => e.TraceId == Trace && e.SpanId == create.SpanId);
        await worker.StopAsync();
    }

    [Fact]
    public async Task Without_a_traceparent_the_alert_is_in_the_batch_s_own_trace_and_a_share_of_other_batches_is_kept()
    {
        using var job = await WorkerJob.CreateAsync(await kafka.RequireAsync());
        open.Add(Sdk.CreateTracerProviderBuilder().AddSource(Semantics.Scope).SetSampler(new AlwaysOnSampler()).AddInMemoryExporter(spans).Build());
        await using var worker = job.Start("models.0.alert.raiseAt=1000", "models.0.alert.clearAt=1000", "telemetry.traceRatio=1", "commitInterval=100ms");
        await job.Broker.ProduceAsync(job.Readings, [Reading(0, step: 0, traceParent: null)]);
        await Eventually.TrueAsync(() => Mine(job).Any(s => s.DisplayName == $"batch {job.Readings}"), "a batch without an alert", state: () => worker.Logs.Text);
        Assert.DoesNotContain(Mine(job), s => s.DisplayName.StartsWith("create", StringComparison.Ordinal));
        await worker.StopAsync();

        await using var second = job.Start("models.0.alert.raiseAt=-1000", "models.0.alert.clearAt=-1000", "telemetry.traceRatio=0");
        await job.Broker.ProduceAsync(job.Readings, [Reading(0, step: 1, traceParent: null)]);
        var alert = Assert.Single(await job.Broker.ReadCommittedUntilAsync(job.Alerts, a => a.Count > 0, "the alert"));
        await Eventually.TrueAsync(() => Mine(job).Any(s => s.DisplayName == $"create {job.Alerts}"), "its span");
        var create = Mine(job).Single(s => s.DisplayName == $"create {job.Alerts}");
        Assert.Equal(create.Id, alert.Header("traceparent"));
        Assert.Contains(Mine(job), s => s.DisplayName == $"batch {job.Readings}" && s.TraceId == create.TraceId && s.SpanId == create.ParentSpanId);
        await second.StopAsync();
    }

    public void Dispose()
    {
        foreach (var provider in open) provider.Dispose();
    }

    private List<Activity> Mine(WorkerJob job) => [.. spans.ToList().Where(s => s.DisplayName.EndsWith($" {job.Readings}", StringComparison.Ordinal) || s.DisplayName.EndsWith($" {job.Alerts}", StringComparison.Ordinal))];

    private List<Exemplar> Exemplars()
    {
        List<Exemplar> all = [];
        foreach (var metric in metrics.Where(m => m.Name == Semantics.AlertDelay.Name))
            foreach (ref readonly var point in metric.GetMetricPoints())
                if (point.TryGetExemplars(out var exemplars))
                    foreach (ref readonly var exemplar in exemplars) all.Add(exemplar);
        return all;
    }

    private static Message<string?, byte[]> Reading(int machine, int step, string? traceParent)
    {
        var message = new Message<string?, byte[]> { Key = Fleet.Machine(machine), Value = Encoding.UTF8.GetBytes(Fleet.Reading(machine, step)), Headers = [] };
        if (traceParent is not null) message.Headers.Add("traceparent", Encoding.ASCII.GetBytes(traceParent));
        return message;
    }
}
