using PredMaint.Worker.Telemetry;

namespace PredMaint.Monitoring.Tests;

/// <summary>At least one for each rule. <c>1x5</c> is six values of 1, <c>0+60x5</c> counts up, <c>stale</c> ends a series, <c>_</c> is none.</summary>
internal static class RuleCases
{
    private static readonly Dictionary<string, string> OfJob = new(StringComparer.Ordinal) { ["namespace"] = "plant", ["job"] = "predmaint" };
    private static readonly Dictionary<string, string> OfWorker = With(OfJob, "instance", "10.1.2.3:9464", "pod", "predmaint-0");

    /// <summary>A partition that changes hands is told of by both threads for a while.</summary>
    public static IReadOnlyList<RuleCase> Quiet { get; } =
    [
        new("PredMaintPartitionsUnowned", 0, null, 60, OfJob, "",
            (Of(Semantics.RestoreProgress, "thread", "0", "partition", "0"), "1x60"),
            (Of(Semantics.RestoreProgress, "thread", "0", "partition", "1"), "1x15 stale"), (Of(Semantics.RestoreProgress, "thread", "1", "partition", "1"), "_x10 0.5x2 1x60"),
            (Of(Semantics.RestoreProgress, "pod", "other", "thread", "0", "partition", "2"), "1x20 stale"), (Of(Semantics.RestoreProgress, "thread", "0", "partition", "2"), "_x16 1x60")),
    ];

    public static IReadOnlyList<RuleCase> All { get; } = [.. Workers(), .. Flow(), .. Transactions(), .. Data(), .. Models(), .. Alerts()];

    private static IEnumerable<RuleCase> Workers() =>
    [
        new("PredMaintWorkerDown", 7, 9, 18, OfWorker, "", (Of(ForeignMetrics.Up), "1x5 0x10 1x10"), ("""up{job="node"}""", "0x30")),
        new("PredMaintNoMetrics", 6, 9, 16, With([]), "", (Of(Semantics.Ready), "1x2 stale _x10 1x10")),
        new("PredMaintNotReady", 10, 15, 30, OfWorker, "", (Of(Semantics.Ready), "1x2 0x20 1x20")),
        new("PredMaintLineStalled", 5, 7, 12, With(OfWorker, "thread", "1"), "4m 0s",
            (Of(Semantics.PollAge, "thread", "1"), "0x3 60+60x6 0x5"), (Of(Semantics.PollAge, "thread", "0"), "0x20")),
        new("PredMaintLineFailures", 6, 10, 25, OfWorker, "3",
            (Of(Semantics.LineFailures, "thread", "0"), "0x5 1x30"), (Of(Semantics.LineFailures, "thread", "1"), "0x7 2x30")),
        new("PredMaintRestoreSlow", 4, 6, 12, OfWorker, "25%",
            (Of(Semantics.RestoreProgress, "thread", "0", "partition", "3"), "0.25x10 1x10"), (Of(Semantics.RestoreProgress, "thread", "0", "partition", "4"), "1x20")),
        new("PredMaintPartitionsUnowned", 15, 25, 45, OfJob, "1",
            (Of(Semantics.RestoreProgress, "thread", "0", "partition", "0"), "1x60"), (Of(Semantics.RestoreProgress, "thread", "0", "partition", "1"), "1x10 stale _x20 1x30")),
        // No broker answers, and the workers own nothing.
        new("PredMaintPartitionsUnowned", 15, 25, 45, OfJob, "0", (Of(Semantics.Ready), "1x10 0x20 1x30"), (Of(Semantics.RestoreProgress, "thread", "0", "partition", "0"), "1x10 stale _x20 1x30")),
    ];

    private static IEnumerable<RuleCase> Flow() =>
    [
        // The other worker is further behind and catches up.
        new("PredMaintLagGrowing", 10, 14, 28, OfWorker, "9m 0s",
            (Of(Semantics.Lag, "thread", "0", "partition", "3"), "0x5 60+60x20 0x20"), ("""predmaint_lag_seconds{instance="other",thread="0",partition="4"}""", "3600-60x50")),
        new("PredMaintLagHigh", 9, 12, 18, OfWorker, "11m 40s",
            (Of(Semantics.Lag, "thread", "0", "partition", "3"), "0x5 700x10 0x10"), (Of(Semantics.Lag, "thread", "0", "partition", "4"), "0x30")),
        new("PredMaintSaturated", 15, 28, 45, OfWorker, "90%",
            (Of(Semantics.ProcessDuration, "_sum", "thread", "0", "messaging_operation_name", "process"), "0+54x30 1620x60"), (Of(Semantics.ProcessDuration, "_sum", "thread", "1", "messaging_operation_name", "process"), "0+6x90")),
        new("PredMaintQueueing", 8, 20, 45, OfWorker, "10s",
            (Of(Semantics.QueueDuration, "_sum", "thread", "0"), "0+600x30 18000x60"), (Of(Semantics.QueueDuration, "_count", "thread", "0"), "0+60x90")),
        new("PredMaintNoScores", 10, 20, 34, OfJob, "10",
            (Of(Semantics.Readings, "thread", "0"), "0+600x90"), (Of(Semantics.Scores, "thread", "0"), "0x30 60+60x60")),
    ];

    private static IEnumerable<RuleCase> Transactions() =>
    [
        new("PredMaintTransactionsAborted", 8, 20, 45, OfWorker, "10%",
            (Of(Semantics.Aborts, "thread", "0"), "0+6x30 180x60"), (Of(Semantics.Commits, "thread", "0"), "0+54x90")),
        new("PredMaintCommitSlow", 8, 20, 45, OfWorker, "2.485s",
            (Commit("1"), "0x30 60+60x60"), (Commit("2.5"), "0+60x90"), (Commit("+Inf"), "0+60x90")),
    ];

    private static IEnumerable<RuleCase> Data() =>
    [
        new("PredMaintDeadLetters", 5, 8, 20, With(OfJob, "reason", "json"), "3",
            (Of(Semantics.DeadLetters, "thread", "0", "reason", "json"), "0x5 3x40"), (Of(Semantics.DeadLetters, "thread", "0", "reason", "key"), "0x45")),
        new("PredMaintDeadLetterShare", 4, 10, 45, OfWorker, "10%",
            (Of(Semantics.DeadLetters, "thread", "0", "reason", "json"), "0+6x30 180x60"), (Of(Semantics.Readings, "thread", "0"), "0+54x90")),
        new("PredMaintLateReadings", 10, 30, 80, OfWorker, "10%",
            (Of(Semantics.Late, "thread", "0"), "0+6x40 240x60"), (Of(Semantics.Readings, "thread", "0"), "0+60x100")),
        new("PredMaintReplayLost", 5, 8, 80, OfWorker, "7", (Of(Semantics.ReplayLost, "thread", "0"), "0x5 7x100")),
        // Lost while it started, before it was scraped.
        new("PredMaintReplayLost", 1, 5, 80, OfWorker, "7", (Of(Semantics.ReplayLost, "thread", "0"), "_x3 7x100")),
        new("PredMaintCommandsLost", 5, 8, 80, OfWorker, "7", (Of(Semantics.CommandsLost, "thread", "0"), "0x5 7x100")),
        new("PredMaintCommandsLost", 1, 5, 80, OfWorker, "7", (Of(Semantics.CommandsLost, "thread", "0"), "_x3 7x100")),
    ];

    private static IEnumerable<RuleCase> Models() =>
    [
        new("PredMaintNonFiniteScores", 5, 8, 30, OfJob, "2", (Of(Semantics.NonFinite, "thread", "0"), "0x5 2x60")),
        new("PredMaintModelRefused", 6, 8, 25, With(OfWorker, "name", "m", "version", "1"), "1", (Of(Semantics.ModelRefused, "name", "m", "version", "1"), "0x5 1x15 0x10"), (Of(Semantics.ModelRefused, "name", "other", "version", "1"), "0x30")),
        new("PredMaintProvidersDiffer", 10, 20, 36, With(OfJob, "name", "m", "version", "1"), "2",
            (Model("a", "m", "1", "cpu"), "1x60"), (Model("b", "m", "1", "cuda"), "1x30 stale"), (Model("c", "other", "1", "cuda"), "1x60")),
        new("PredMaintGpuUnused", 3, 7, 12, With(OfJob, "instance", "a:9464", "pod", "a", "name", "m", "version", "1", "sha256", "1f", "provider", "cpu"), "",
            (Model("a", "m", "1", "cpu"), "1x10 stale"), (Model("b", "m", "1", "cpu"), "1x60"),
            ($$"""{{ForeignMetrics.PodLimits}}{namespace="plant",pod="a",resource="nvidia_com_gpu"}""", "1x60"), ($$"""{{ForeignMetrics.PodLimits}}{namespace="plant",pod="b",resource="memory"}""", "1x60")),
        new("PredMaintModelsDiffer", 300, 400, 510, With(OfJob, "name", "m"), "2",
            (Model("a", "m", "1", "cpu"), "1x600"), (Model("b", "m", "2", "cpu"), "1x500 stale"), (Model("a", "other", "2", "cpu"), "1x600")),
    ];

    private static IEnumerable<RuleCase> Alerts() =>
    [
        // In the other deployment as many are nothing unusual.
        new("PredMaintAlertStorm", 5, 8, 20, OfJob, "30",
            (Of(Semantics.Alerts, "kind", "anomaly", "severity", "critical", "change", "raised"), "0x5 30x60"), (Of(Semantics.Machines, "partition", "0"), "1000x60"),
            (Of(Semantics.ActiveAlerts, "kind", "anomaly", "severity", "critical"), "0x5 30x60"),
            ("""predmaint_alerts_total{job="large",severity="critical",change="raised"}""", "0x5 30x60"), ("""predmaint_machines{job="large"}""", "100000x60"),
            ("""predmaint_alerts_active{job="large",severity="critical"}""", "0x5 30x60"),
            ("""predmaint_alerts_total{job="flapping",severity="critical",change="raised"}""", "0x5 30x60"), ("""predmaint_machines{job="flapping"}""", "1000x60"),
            ("""predmaint_alerts_active{job="flapping",severity="critical"}""", "0x5 1x60"),
            (Of(Semantics.Alerts, "kind", "anomaly", "severity", "critical", "change", "cleared"), "0+100x60")),
    ];

    private static string Of(Metric metric, params string[] labels) =>
        labels.Length % 2 == 1 ? Of(metric.PrometheusName + labels[0], labels[1..]) : Of(metric.PrometheusName, labels);

    private static string Of(string metric, params string[] labels) => Series(metric, With(OfWorker, labels));

    private static string Commit(string le) => Of(Semantics.OperationDuration, "_bucket", "thread", "0", "messaging_operation_name", Semantics.Commit, "le", le);

    private static string Model(string pod, string name, string version, string provider) =>
        Of(Semantics.ModelInfo, "pod", pod, "instance", $"{pod}:9464", "name", name, "version", version, "sha256", $"{version}f", "provider", provider);

    private static string Series(string metric, Dictionary<string, string> labels) => $"{metric}{{{string.Join(',', labels.Select(l => $"{l.Key}=\"{l.Value}\""))}}}";

    private static Dictionary<string, string> With(Dictionary<string, string> labels, params string[] more)
    {
        var all = new Dictionary<string, string>(labels, StringComparer.Ordinal);
        for (var i = 0; i < more.Length; i += 2) all[more[i]] = more[i + 1];
        return all;
    }
}
