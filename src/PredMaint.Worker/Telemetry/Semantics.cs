using System.Text;

namespace PredMaint.Worker.Telemetry;

public enum MetricKind { Counter, Gauge, Histogram }

/// <summary>One metric, as the meter makes it and as dashboards and rules name it.</summary>
/// <param name="Unit">UCUM: s, By, 1, or {what is counted}.</param>
/// <param name="Labels">Attributes of its measurements.</param>
public sealed record Metric(string Name, MetricKind Kind, string Unit, string Description, params string[] Labels)
{
    /// <summary>Upper bounds of a histogram's buckets, in its unit; empty for other kinds.</summary>
    public IReadOnlyList<double> Buckets { get; init; } = [];

    /// <summary>As a Prometheus scrape of the worker shows it: of a histogram without _bucket, _sum, _count.</summary>
    public string PrometheusName
    {
        get
        {
            var name = new StringBuilder(Name.Replace('.', '_'));
            if (Unit is "s" or "By") name.Append(Unit == "s" ? "_seconds" : "_bytes");
            if (Kind == MetricKind.Counter) name.Append("_total");
            return name.ToString();
        }
    }
}

/// <summary>
/// Every name that telemetry speaks: metrics, attributes, spans. What OpenTelemetry's semantic conventions for messaging
/// (v1.44) name is called so; the rest begins with <c>predmaint</c>.
/// </summary>
public static class Semantics
{
    /// <summary>Of the meter and of the source of spans.</summary>
    public const string Scope = "PredMaint";

    /// <summary>Of the resource, service.name.</summary>
    public const string Service = "predmaint";

    // Attributes of ours.
    public const string Thread = "thread";
    public const string Partition = "partition";
    public const string Reason = "reason";
    public const string Kind = "kind";
    public const string Severity = "severity";
    public const string Change = "change";
    public const string ModelName = "name";
    public const string ModelVersion = "version";
    public const string ModelSha256 = "sha256";
    public const string Provider = "provider";
    public const string AlertId = "predmaint.alert.id";
    public const string AlertKind = "predmaint.alert.kind";
    public const string AlertSeverity = "predmaint.alert.severity";
    public const string AlertChange = "predmaint.alert.change";
    public const string MachineId = "predmaint.machine.id";
    public const string Model = "predmaint.model";

    // Of the reading that caused an alert.
    public const string SourceTopic = "predmaint.reading.topic";
    public const string SourcePartition = "predmaint.reading.partition";
    public const string SourceOffset = "predmaint.reading.offset";

    // Attributes, operations and values of the conventions.
    public const string System = "messaging.system";
    public const string Kafka = "kafka";
    public const string Operation = "messaging.operation.name";
    public const string OperationType = "messaging.operation.type";
    public const string Destination = "messaging.destination.name";
    public const string ConsumerGroup = "messaging.consumer.group.name";
    public const string ClientId = "messaging.client.id";
    public const string BatchCount = "messaging.batch.message_count";
    public const string ErrorType = "error.type";

    // Types of operations that are not called as the operation itself.
    public const string Receive = "receive";
    public const string Settle = "settle";

    // Spans: one of each a batch, and "create" for each alert.
    public const string Batch = "batch";
    public const string Poll = "poll";
    public const string Process = "process";
    public const string Create = "create";
    public const string Send = "send";
    public const string Commit = "commit";

    private static readonly double[] Seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    /// <summary>Up to a backlog of days.</summary>
    private static readonly double[] LongSeconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 86400];

    public static Metric Readings { get; } = Counter("predmaint.readings", "{reading}", "Readings admitted", Thread);
    public static Metric Late { get; } = Counter("predmaint.readings.late", "{reading}", "Readings dropped because a later one had gone through", Thread);
    public static Metric Duplicates { get; } = Counter("predmaint.readings.duplicate", "{reading}", "Readings dropped because their machine and timestamp were there before", Thread);
    public static Metric Replayed { get; } = Counter("predmaint.readings.replayed", "{reading}", "Readings replayed in silence after a start", Thread);
    public static Metric ReplayLost { get; } = Counter("predmaint.readings.replay_lost", "{offset}", "Offsets that a replay wanted and the brokers had deleted", Thread);
    public static Metric Gaps { get; } = Counter("predmaint.gaps", "{gap}", "Histories begun anew after maxGap", Thread);
    public static Metric Steps { get; } = Counter("predmaint.steps", "{step}", "Steps that readings became", Thread);
    public static Metric Scores { get; } = Counter("predmaint.scores", "{score}", "Scores applied", Thread);
    public static Metric NonFinite { get; } = Counter("predmaint.scores.non_finite", "{score}", "Scores that were NaN or infinite and reset a machine's model state", Thread);
    public static Metric Alerts { get; } = Counter("predmaint.alerts", "{transition}", "Alert messages committed", Thread, Kind, Severity, Change);
    public static Metric DeadLetters { get; } = Counter("predmaint.dead_letters", "{record}", "Records that were no readings and no commands", Thread, Reason);
    public static Metric Commands { get; } = Counter("predmaint.commands", "{command}", "Commands carried out or rejected", Thread);
    public static Metric CommandsLost { get; } = Counter("predmaint.commands.lost", "{offset}", "Offsets of commands that the brokers had deleted before they were carried out", Thread);
    public static Metric Commits { get; } = Counter("predmaint.transactions.committed", "{transaction}", "Transactions committed", Thread);
    public static Metric Aborts { get; } = Counter("predmaint.transactions.aborted", "{transaction}", "Transactions that did not become visible; their content is said again", Thread);
    public static Metric Snapshots { get; } = Counter("predmaint.snapshots", "{snapshot}", "Machines written to the state topic", Thread);
    public static Metric SnapshotBytes { get; } = Counter("predmaint.snapshots.size", "By", "Bytes written to the state topic", Thread);
    public static Metric RestoredRecords { get; } = Counter("predmaint.restore.records", "{record}", "Records of the state topic read by restores", Thread);
    public static Metric Retired { get; } = Counter("predmaint.machines.retired", "{machine}", "Machines silent for machineTtl", Thread);
    public static Metric LineFailures { get; } = Counter("predmaint.line.failures", "{failure}", "Times that a line began anew because its clients failed", Thread);

    public static Metric RestoreProgress { get; } = Gauge("predmaint.restore.progress", "1", "How far an owned partition is restored: its state is the first half, its replay the second; 1 when it is live", Thread, Partition);
    public static Metric Machines { get; } = Gauge("predmaint.machines", "{machine}", "Machines whose history a partition keeps; 0 until it is live", Thread, Partition);
    public static Metric ActiveAlerts { get; } = Gauge("predmaint.alerts.active", "{alert}", "Alerts raised and not cleared, of partitions that are live", Thread, Kind, Severity);
    public static Metric Lag { get; } = Gauge("predmaint.lag", "s", "Age of the newest processed reading of a partition that is behind, by its record's timestamp; 0 where it is at its end; none where it was and nothing can be fetched", Thread, Partition);
    public static Metric EventLag { get; } = Gauge("predmaint.event_lag", "s", "Age of the newest reading of a partition, by its own timestamp, when it was processed; none after a minute without readings", Thread, Partition);
    public static Metric PollAge { get; } = Gauge("predmaint.poll.age", "s", "Time since a line polled last", Thread);
    public static Metric Ready { get; } = Gauge("predmaint.ready", "1", "1 where the worker processes all that it owns, else 0");
    public static Metric ModelInfo { get; } = Gauge("predmaint.model.info", "{model}", "The models at work and the device that really serves each", ModelName, ModelVersion, ModelSha256, Provider);
    public static Metric ModelRefused { get; } = Gauge("predmaint.model.refused", "{model}", "Models at work whose changed files were refused, else 0", ModelName, ModelVersion);

    public static Metric BatchSize { get; } = new("predmaint.batch.size", MetricKind.Histogram, "{reading}", "Readings that a turn of the line took", Thread) { Buckets = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192] };
    public static Metric QueueDuration { get; } = Duration("predmaint.queue.duration", "From the record's timestamp of a batch's oldest reading to its poll: waiting", LongSeconds, Thread);
    public static Metric DecodeDuration { get; } = Duration("predmaint.decode.duration", "Decoding of a batch", Seconds, Thread);
    public static Metric ScoreDuration { get; } = Duration("predmaint.score.duration", "Scoring of a batch by all models", Seconds, Thread);
    public static Metric ProcessDuration { get; } = Duration("messaging.process.duration", "From a batch's decoding to its last score: computing", Seconds, Thread, System, Operation, Destination, ConsumerGroup);
    public static Metric OperationDuration { get; } = Duration("messaging.client.operation.duration", "Of a transaction: sending it, and committing it", Seconds, Thread, System, Operation, OperationType, Destination, ErrorType);
    public static Metric AlertDelay { get; } = Duration("predmaint.alert.delay", "From the timestamp of the reading behind an alert to the commit that makes it visible", LongSeconds, Thread);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Metric> Metrics { get; } =
    [
        Readings, Late, Duplicates, Replayed, ReplayLost, Gaps, Steps, Scores, NonFinite, Alerts, DeadLetters, Commands, CommandsLost, Commits, Aborts,
        Snapshots, SnapshotBytes, RestoredRecords, Retired, LineFailures, RestoreProgress, Machines, ActiveAlerts, Lag, EventLag, PollAge, Ready, ModelInfo, ModelRefused,
        BatchSize, QueueDuration, DecodeDuration, ScoreDuration, ProcessDuration, OperationDuration, AlertDelay,
    ];

    private static Metric Counter(string name, string unit, string description, params string[] labels) => new(name, MetricKind.Counter, unit, description, labels);

    private static Metric Gauge(string name, string unit, string description, params string[] labels) => new(name, MetricKind.Gauge, unit, description, labels);

    private static Metric Duration(string name, string description, double[] buckets, params string[] labels) => new(name, MetricKind.Histogram, "s", description, labels) { Buckets = buckets };
}
