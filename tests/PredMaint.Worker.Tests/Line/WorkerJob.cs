using Confluent.Kafka.Admin;
using PredMaint.Core.Models;
using PredMaint.Testing;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Embedded;
using PredMaint.Worker.Tests.Configuration;

namespace PredMaint.Worker.Tests.Line;

/// <summary>A group with topics of its own, and workers in this process that serve it.</summary>
internal sealed class WorkerJob : IDisposable
{
    public const int Partitions = 4;

    public static readonly string Model = Path.Combine(AppContext.BaseDirectory, "Fixtures", "stateful.onnx");

    private readonly ConfigurationFolder folder = new();
    private readonly List<ModelEntry> models = [];
    private bool isEmbedded;

    private WorkerJob(KafkaBroker broker) => Broker = broker;

    public KafkaBroker Broker { get; }

    /// <summary>By which its workers wait.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    public string Group { get; } = KafkaBroker.UniqueName("line");

    public string Readings => $"{Group}-readings";

    public string Alerts => $"{Group}-alerts";

    public string DeadLetters => $"{Group}-dead-letters";

    public string Commands => $"{Group}-commands";

    public static async Task<WorkerJob> CreateAsync(KafkaBroker broker, int partitions = Partitions)
    {
        var job = new WorkerJob(broker);
        using var admin = broker.Admin();
        await admin.CreateTopicsAsync(job.Topics.Select(t => new TopicSpecification { Name = t, NumPartitions = partitions, ReplicationFactor = 1 }));
        return job;
    }

    public static WorkerJob Create(EmbeddedBroker broker)
    {
        var job = new WorkerJob(new KafkaBroker(broker.Bootstrap)) { isEmbedded = true };
        foreach (var topic in job.Topics) broker.CreateTopic(topic, Partitions);
        return job;
    }

    /// <summary>A worker; each setting is a <c>path=value</c>.</summary>
    public RunningWorker Start(params string[] settings)
    {
        var file = folder.Write("c.yaml", $$"""
            group: {{Group}}
            instance: one
            startAt: earliest
            kafka: { bootstrap.servers: "{{Broker.Bootstrap}}" }
            topics: { readings: {{Readings}}, alerts: {{Alerts}} }
            models: [{ file: "{{Model}}", device: cpu }]
            """);
        var (options, entries, mistakes) = ConfigurationLoader.LoadWithModels(file, settings, new Dictionary<string, string>(StringComparer.Ordinal), _ => { });
        Assert.Empty(mistakes);
        models.AddRange(entries!);
        return new RunningWorker(options! with { IsEmbedded = isEmbedded }, entries!, Time);
    }

    public Task CaughtUpAsync(params RunningWorker[] workers) => Broker.CaughtUpAsync(Group, Readings, state: () => string.Join("\n--\n", workers.Select(w => w.Logs.Text)));

    public Task<IReadOnlyList<Alert>> AlertsAsync() => Alert.ReadAsync(Broker, Alerts);

    public void Dispose()
    {
        foreach (var entry in models) entry.Model.Dispose();
        folder.Dispose();
    }

    private string[] Topics => [Readings, Alerts, DeadLetters, $"{Group}-state", Commands];
}
