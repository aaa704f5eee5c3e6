using PredMaint.Worker.Telemetry;
using static PredMaint.Monitoring.PanelKind;
using static PredMaint.Worker.Telemetry.Semantics;

namespace PredMaint.Monitoring;

/// <summary>The two pictures: what the workers do, and what they say of the machines.</summary>
public static class Dashboards
{
    /// <summary>Grafana's: a unit of ours, with prefixes of SI.</summary>
    private const string PerSecond = "si:/s";

    private const string Instance = "instance";
    private const string InstanceAndThread = $"instance, {Semantics.Thread}";
    private const string InstanceAndPartition = $"instance, {Partition}";

    private static string Where(string operation) => $"{PromQl.Label(Operation)}=\"{operation}\"";

    public static Dashboard Operations { get; } = new("predmaint-operations", "PredMaint operations", "Whether the workers keep up, and what they spend their time on",
        new PanelRow("Now", Now()), new PanelRow("Flow", Flow()), new PanelRow("Queueing against computing", Work()),
        new PanelRow("Transactions and state", State()), new PanelRow("Process", Runtime()));

    public static Dashboard Fleet { get; } = new("predmaint-fleet", "PredMaint fleet", "What is said of the machines: alerts, models, data that cannot be used",
        new PanelRow("Now", FleetNow()), new PanelRow("Alerts", AlertPanels()), new PanelRow("Models", ModelPanels()), new PanelRow("Data", DataPanels()));

    public static IReadOnlyList<Dashboard> All { get; } = [Operations, Fleet];

    private static Panel[] Now() =>
    [
        new("Workers ready", Stat, "short", "Workers that process all that they own", 4, Query.Of("sum", Ready, legend: "ready")),
        new("Readings", Stat, PerSecond, "Admitted by all workers", 4, Query.PerSecond(Readings, legend: "readings")),
        new("Largest lag", Stat, "s", "Age of the newest processed reading of the partition that is furthest behind; 0 where all are at their end", 4, Query.Of("max", Lag, legend: "lag")),
        new("Partitions owned", Stat, "short", "Fewer than the topic has: some belong to nobody", 4, Query.Distinct(RestoreProgress, Partition, "partitions")),
        new("Machines", Stat, "short", "Whose history is in memory", 4, Query.Of("sum", Machines, legend: "machines")),
        new("Longest without a poll", Stat, "s", "Beyond 60 s a line hangs", 4, Query.Of("max", PollAge, legend: "age")),
    ];

    private static Panel[] Flow() =>
    [
        new("Readings", Lines, PerSecond, "Admitted, by worker", 8, Query.PerSecond(Readings, Instance)),
        new("Lag", Lines, "s", "The largest of a worker's partitions, by the records' timestamps; 0 at the end. A line that climbs at 45 degrees stands still", 8, Query.Of("max", Lag, Instance)),
        new("Event lag", Lines, "s", "How old the newest reading was by its own timestamp when it was processed: what the sensors and gateways hold back", 8, Query.Of("max", EventLag, Instance)),
        new("Lag by partition, the ten largest", Lines, "s", "One partition alone: a hot key, or a line that fails. All: too few workers", 8, Query.Largest(10, Lag, InstanceAndPartition, "{{instance}} {{partition}}")),
        new("Batch size", Lines, "short", "Readings a turn of the line: as large as the load makes it, batchMax in a backlog", 8, Query.Quantiles(BatchSize)),
        new("Steps and scores", Lines, PerSecond, "Readings that became steps, and scores that followed; scores are fewer while machines warm up", 8, Query.PerSecond(Steps, legend: "steps"), Query.PerSecond(Scores, legend: "scores")),
    ];

    private static Panel[] Work() =>
    [
        new("Waiting", Lines, "s", "From the record's timestamp of a batch's oldest reading to its poll", 8, Query.Quantiles(QueueDuration)),
        new("Computing", Lines, "s", "From a batch's decoding to its last score", 8, Query.Quantiles(ProcessDuration)),
        new("Busy", Lines, "percentunit", "Share of a thread's time in decoding and scoring: above 80 % there is no room for a backlog", 8, Query.Busy(ProcessDuration, InstanceAndThread)),
        new("Decoding of a batch", Lines, "s", "Grows with the batch; compare with its size", 8, Query.Quantiles(DecodeDuration)),
        new("Scoring of a batch", Lines, "s", "By all models", 8, Query.Quantiles(ScoreDuration)),
        new("Mean waiting and computing", Lines, "s", "Waiting far above computing: too few threads, or readings that come to Kafka late", 8, Query.Mean(QueueDuration, "waiting"), Query.Mean(ProcessDuration, "computing")),
    ];

    private static Panel[] State() =>
    [
        new("Sending and committing", Lines, "s", "Of a transaction; each holds its line up that long", 8, [.. Query.Quantiles(OperationDuration, "send", Where(Send)), .. Query.Quantiles(OperationDuration, "commit", Where(Commit))]),
        new("Transactions", Lines, PerSecond, "Committed and aborted, by worker", 8, Query.PerSecond(Commits, Instance, "{{instance}} committed"), Query.PerSecond(Aborts, Instance, "{{instance}} aborted")),
        new("Share aborted", Lines, "percentunit", "What they held is said again", 8, Query.Share(Aborts, [Aborts, Commits], Instance)),
        new("Restores", Lines, "percentunit", "The partition of each worker that is least restored: its state is the first half, its replay the second", 8, Query.Of("min", RestoreProgress, Instance)),
        new("Restored and replayed", Lines, PerSecond, "Records of the state topic, and readings replayed in silence", 8, Query.PerSecond(RestoredRecords, legend: "state records"), Query.PerSecond(Replayed, legend: "readings replayed")),
        new("Snapshots", Lines, "Bps", "Bytes written to the state topic", 8, Query.PerSecond(SnapshotBytes, Instance)),
        new("Machines saved", Lines, PerSecond, "Snapshots a second", 8, Query.PerSecond(Snapshots, Instance)),
        new("Lines that began anew", Lines, "short", "A minute, by worker", 8, Query.PerMinute(LineFailures, Instance)),
        new("Since the last poll", Lines, "s", "By line", 8, Query.Of("max", PollAge, InstanceAndThread)),
    ];

    private static Panel[] Runtime() =>
    [
        new("CPU", Lines, "short", "Cores used", 8, Query.PerSecond(ForeignMetrics.CpuTime, Instance)),
        new("Resident memory", Lines, "bytes", "Of the process: histories, models, librdkafka's queues", 8, Query.Of("max", ForeignMetrics.WorkingSet, Instance)),
        new("Managed heap", Lines, "bytes", "After the last collection", 8, Query.Of("sum", ForeignMetrics.HeapSize, Instance)),
        new("Held up by collections", Lines, "percentunit", "Share of the time", 8, Query.PerSecond(ForeignMetrics.GcPause, Instance)),
        new("Collections", Lines, "short", "A minute, by generation", 8, Query.PerMinute(ForeignMetrics.Collections, PromQl.Label(ForeignMetrics.Collections.Labels[0]))),
        new("Allocated", Lines, "Bps", "Decoding and scoring allocate next to nothing; transactions and alerts do", 8, Query.PerSecond(ForeignMetrics.Allocated, Instance)),
    ];

    private static Panel[] FleetNow() =>
    [
        new("Machines", Stat, "short", "Whose history is in memory", 4, Query.Of("sum", Machines, legend: "machines")),
        new("Active alerts", Stat, "short", "Raised and not cleared, now", 4, Query.Of("sum", ActiveAlerts, legend: "active")),
        new("Active critical alerts", Stat, "short", "Raised and not cleared, now", 4, Query.Of("sum", ActiveAlerts, legend: "critical", where: IsCritical)),
        new("Alerts raised", Stat, "short", "In the time shown", 4, Query.Total(Alerts, legend: "raised", where: Raised)),
        new("Critical alerts raised", Stat, "short", "In the time shown", 4, Query.Total(Alerts, legend: "critical", where: $"{Raised},{IsCritical}")),
        new("Dead letters", Stat, "short", "In the time shown", 4, Query.Total(DeadLetters, legend: "records")),
    ];

    private static Panel[] AlertPanels() =>
    [
        new("Active, by severity", Lines, "short", "Raised and not cleared", 8, Query.Of("sum", ActiveAlerts, Semantics.Severity)),
        new("Alerts raised, by kind", Lines, "short", "A minute", 8, Query.PerMinute(Alerts, Kind, where: Raised)),
        new("Alerts raised, by severity", Lines, "short", "A minute", 8, Query.PerMinute(Alerts, Semantics.Severity, where: Raised)),
        new("Raised, changed, cleared", Lines, "short", "Messages a minute", 8, Query.PerMinute(Alerts, Change)),
        new("By kind and severity", Table, "short", "Raised in the time shown", 16, Query.Total(Alerts, $"{Kind}, {Semantics.Severity}", where: Raised)),
        new("From a reading to its alert", Lines, "s", "From the reading's own timestamp to the commit that makes the alert visible; a dot is an alert's trace", 24, Query.Quantiles(AlertDelay, exemplars: true)),
    ];

    private static Panel[] ModelPanels() =>
    [
        new("Models at work", Table, "short", "And the device that really serves each; Value counts workers", 12, Query.Table(ModelInfo, "name, version, provider, sha256")),
        new("Scores that are no numbers", Lines, "short", "A minute; each resets a machine's model state", 6, Query.PerMinute(NonFinite, Instance)),
        new("Refused model files", Lines, "short", "Models that serve as before, because what their files hold now was refused", 6, Query.Of("sum", ModelRefused, Instance)),
    ];

    private static Panel[] DataPanels() =>
    [
        new("Dead letters, by reason", Bars, "short", "A minute", 8, Query.PerMinute(DeadLetters, Reason)),
        new("Late readings", Lines, "percentunit", "Share that was dropped because a later one had gone through", 8, Query.Share(Late, [Readings], legend: "late")),
        new("Duplicates", Lines, "percentunit", "Share whose machine and timestamp were there before", 8, Query.Share(Duplicates, [Readings], legend: "duplicates")),
        new("Histories begun anew", Lines, "short", "A minute, after a gap of maxGap", 8, Query.PerMinute(Gaps, legend: "gaps")),
        new("Machines by worker", Lines, "short", "How evenly the partitions share them", 8, Query.Of("sum", Machines, Instance)),
        new("Retired machines and commands", Lines, "short", "A minute", 8, Query.PerMinute(Retired, legend: "retired"), Query.PerMinute(Commands, legend: "commands")),
        new("Offsets lost", Stat, "short", "In the time shown: the brokers had deleted them before they were replayed or carried out", 8, Query.Total(ReplayLost, legend: "of readings"), Query.Total(CommandsLost, legend: "of commands")),
    ];

    private const string IsCritical = $"{Semantics.Severity}=\"critical\"";
    private const string Raised = $"{Change}=\"raised\"";
}
