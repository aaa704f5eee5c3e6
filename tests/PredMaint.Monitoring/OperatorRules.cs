using PredMaint.Worker.Telemetry;
using static PredMaint.Monitoring.PromQl;

namespace PredMaint.Monitoring;

/// <summary>What wakes an operator, or tells one. What to do about each is in docs/operations.md.</summary>
public static class OperatorRules
{
    private const string Critical = "critical";
    private const string Warning = "warning";
    private const string Info = "info";

    /// <summary>A job that Prometheus scrapes is ours by its name: "predmaint" in compose, "NAMESPACE/predmaint" of a PodMonitor.</summary>
    private const string Ours = """job=~".*predmaint.*" """;

    public static IReadOnlyList<RuleGroup> Groups { get; } =
    [
        new("predmaint-workers", Workers()), new("predmaint-flow", Flow()), new("predmaint-transactions", Transactions()),
        new("predmaint-data", Data()), new("predmaint-models", Models()), new("predmaint-alerts", Alerts()),
    ];

    private static Rule[] Workers() =>
    [
        new("PredMaintWorkerDown", $"{ForeignMetrics.Up}{{{Ours.Trim()}}} == 0", "2m", Critical,
            "Worker {{ $labels.instance }} cannot be scraped",
            "The process is gone, or its metrics endpoint does not answer. Its partitions go to the other workers once the group has given it up."),
        new("PredMaintNoMetrics", $"absent({Series(Semantics.Ready)})", "5m", Critical,
            "No worker of PredMaint is scraped",
            "Prometheus has no metrics of any worker: none runs, or the scrape configuration does not find them. No other rule can fire meanwhile."),
        new("PredMaintNotReady", $"{Series(Semantics.Ready)} == 0", "10m", Warning,
            "Worker {{ $labels.instance }} is not ready",
            "It waits for brokers, restores, begins anew or cannot commit. The body of /readyz says which."),
        new("PredMaintLineStalled", $"{Series(Semantics.PollAge)} > 60", "1m", Critical,
            "Line {{ $labels.thread }} of {{ $labels.instance }} has not polled for {{ $value | humanizeDuration }}",
            "The line hangs within a turn. After kafka.max.poll.interval.ms (5 minutes) the group takes its partitions away and /livez fails."),
        new("PredMaintLineFailures", $"sum without ({Semantics.Thread}) ({Increase(Semantics.LineFailures, "15m")}) > 2", "0m", Warning,
            "Lines of {{ $labels.instance }} keep beginning anew",
            "A line's clients failed {{ $value | printf \"%.0f\" }} times in 15 minutes, each time it restores its partitions. If that goes on the process exits."),
        new("PredMaintRestoreSlow", $"min without ({Semantics.Thread}, {Semantics.Partition}) ({Series(Semantics.RestoreProgress)}) < 1", "5m", Warning,
            "A partition of {{ $labels.instance }} is not restored after 5 minutes",
            "It is at {{ $value | humanizePercentage }}: below half it reads the state topic, above it replays readings. Its machines raise no alerts meanwhile."),
        new("PredMaintPartitionsUnowned", $"({Owned} or {OwnedByNone}) < max_over_time({Owned}[6h:1m])", "10m", Critical,
            "Workers of {{ $labels.job }} own only {{ $value }} partitions",
            "They owned more within the last six hours. Machines of a partition that belongs to nobody are not watched; their readings wait in Kafka."),
    ];

    /// <summary>While a partition changes hands two workers' last and first scrapes have it: it counts once.</summary>
    private static string Owned => $"count by ({OfJob}) (count by ({OfJob}, {Semantics.Partition}) ({Series(Semantics.RestoreProgress)}))";

    /// <summary>Workers that own nothing at all tell of no partition.</summary>
    private static string OwnedByNone => $"0 * count by ({OfJob}) ({Series(Semantics.Ready)})";

    private static Rule[] Flow() =>
    [
        new("PredMaintLagGrowing", $"max without ({Semantics.Thread}, {Semantics.Partition}) ({Series(Semantics.Lag)} > 60 and deriv({Series(Semantics.Lag)}[10m]) > 0)", "5m", Warning,
            "{{ $labels.instance }} falls behind: its newest reading is {{ $value | humanizeDuration }} old",
            "At least one partition is more than a minute behind and the distance grows: more readings come than are processed."),
        new("PredMaintLagHigh", $"max without ({Semantics.Thread}, {Semantics.Partition}) ({Series(Semantics.Lag)}) > 600", "5m", Critical,
            "{{ $labels.instance }} is {{ $value | humanizeDuration }} behind",
            "Alerts come that much too late, and as soon as that is more than readings.maxGap they are marked late."),
        new("PredMaintSaturated", $"max without ({Semantics.Thread}) (sum by ({OfWorker}, {Semantics.Thread}) ({SumRate(Semantics.ProcessDuration, "10m")})) > 0.8", "15m", Warning,
            "A line of {{ $labels.instance }} computes {{ $value | humanizePercentage }} of the time",
            "Decoding and scoring leave no room for a backlog. More threads, more workers or more partitions are the cure."),
        new("PredMaintQueueing", $"sum by ({OfWorker}) ({SumRate(Semantics.QueueDuration, "10m")}) / sum by ({OfWorker}) ({CountRate(Semantics.QueueDuration, "10m")}) > 5", "10m", Warning,
            "Readings wait {{ $value | humanizeDuration }} before {{ $labels.instance }} polls them",
            "Waiting, not computing: the line is saturated, paused while commits fail, or the readings were late when they came to Kafka."),
        new("PredMaintNoScores", $"sum by ({OfJob}) ({Rate(Semantics.Readings, "10m")}) > 0 unless sum by ({OfJob}) ({Rate(Semantics.Scores, "10m")}) > 0", "15m", Critical,
            "Readings flow in {{ $labels.job }} and none is scored",
            "{{ $value | humanize }} readings a second come and no score follows, so no alert can come: no model matches, a feature is missing, or all machines are still warming up."),
    ];

    private static Rule[] Transactions()
    {
        var aborts = $"sum without ({Semantics.Thread}) ({Rate(Semantics.Aborts, "10m")})";
        var commits = $"sum without ({Semantics.Thread}) ({Rate(Semantics.Commits, "10m")})";
        var ofCommit = $"{Label(Semantics.Operation)}=\"{Semantics.Commit}\"";
        return
        [
            new("PredMaintTransactionsAborted", $"{aborts} / ({aborts} + {commits}) > 0.05", "10m", Warning,
                "{{ $value | humanizePercentage }} of the transactions of {{ $labels.instance }} are aborted",
                "Nothing is lost: the same is said again. But alerts come later, and the brokers or the group are unwell."),
            new("PredMaintCommitSlow", $"{Quantile(0.99, Semantics.OperationDuration, "10m", OfWorker, ofCommit)} > 1", "10m", Warning,
                "Commits of {{ $labels.instance }} take {{ $value | humanizeDuration }}",
                "That is the 99th percentile of committing a transaction; 10 to 50 ms are usual. Each commit holds the line up that long."),
        ];
    }

    private static Rule[] Data()
    {
        var letters = $"sum without ({Semantics.Thread}, {Semantics.Reason}) ({Rate(Semantics.DeadLetters, "10m")})";
        return
        [
            new("PredMaintDeadLetters", $"sum by ({OfJob}, {Semantics.Reason}) ({Increase(Semantics.DeadLetters, "10m")}) > 0", "0m", Info,
                "Records of {{ $labels.job }} went to the dead letters: {{ $labels.reason }}",
                "Records in the last 10 minutes: {{ $value | printf \"%.0f\" }}. They are in the dead-letter topic with their position and a detail."),
            new("PredMaintDeadLetterShare", $"{letters} / ({letters} + {Readings("10m")}) > 0.01", "5m", Warning,
                "{{ $value | humanizePercentage }} of what {{ $labels.instance }} gets is no reading",
                "A producer sends what cannot be used; its machines are not watched."),
            new("PredMaintLateReadings", $"sum without ({Semantics.Thread}) ({Rate(Semantics.Late, "30m")}) / {Readings("30m")} > 0.01", "15m", Warning,
                "{{ $value | humanizePercentage }} of the readings of {{ $labels.instance }} are dropped as late",
                "They came after later ones of the same machine had been processed. readings.lateness waits for them."),
            new("PredMaintReplayLost", Lost(Semantics.ReplayLost), "0m", Critical,
                "{{ $labels.instance }} could not replay {{ $value | printf \"%.0f\" }} offsets",
                "The brokers had deleted readings that no snapshot holds: histories of some machines have a hole, and their alerts may differ from a backtest's."),
            new("PredMaintCommandsLost", Lost(Semantics.CommandsLost), "0m", Critical,
                "{{ $labels.instance }} could not carry out {{ $value | printf \"%.0f\" }} offsets of commands",
                "The brokers had deleted commands before a worker came to them: they have to be sent again."),
        ];

        static string Readings(string window) => $"sum without ({Semantics.Thread}) ({Rate(Semantics.Readings, window)})";

        // A worker counts what it lost before it is scraped first, so a series that begins above 0 says the same as one that grows.
        static string Lost(Metric metric) =>
            $"sum without ({Semantics.Thread}) ({Increase(metric, "1h")}) > 0 or (sum without ({Semantics.Thread}) ({Series(metric)}) > 0 unless sum without ({Semantics.Thread}) ({Series(metric)} offset 1h))";
    }

    private static Rule[] Models() =>
    [
        new("PredMaintNonFiniteScores", $"sum by ({OfJob}) ({Increase(Semantics.NonFinite, "15m")}) > 0", "0m", Warning,
            "A model of {{ $labels.job }} gave scores that are no numbers",
            "Scores in 15 minutes: {{ $value | printf \"%.0f\" }}. Each resets the model's state of one machine, which is not watched until it has warmed up again."),
        new("PredMaintModelRefused", $"{Series(Semantics.ModelRefused)} > 0", "1m", Warning,
            "{{ $labels.instance }} refused a changed file of model {{ $labels.name }}",
            "The log says why. Version {{ $labels.version }} goes on serving, as long as the worker runs."),
        new("PredMaintProvidersDiffer", $"count by ({OfJob}, name, version) (count by ({OfJob}, name, version, provider) ({Series(Semantics.ModelInfo)})) > 1", "15m", Warning,
            "Model {{ $labels.name }}@{{ $labels.version }} is served on {{ $value }} kinds of device",
            "Some workers of {{ $labels.job }} serve it on the CPU and some on CUDA. Scores differ a little between them, throughput a lot."),
        new("PredMaintGpuUnused", $"{Series(Semantics.ModelInfo, "provider=\"cpu\"")} and on (namespace, pod) ({ForeignMetrics.PodLimits}{{resource=\"nvidia_com_gpu\"}} > 0)", "5m", Warning,
            "{{ $labels.pod }} has a GPU and serves {{ $labels.name }} on the CPU",
            "device: auto found no working CUDA: the image is not the one for CUDA, or the node's driver does not fit."),
        new("PredMaintModelsDiffer", $"count by ({OfJob}, name) (count by ({OfJob}, name, version, sha256) ({Series(Semantics.ModelInfo)})) > 1", "6h", Info,
            "Model {{ $labels.name }} is at work in {{ $value }} versions",
            "An upgrade that has not been finished: workers with other files, or an old entry that stands beside its successor."),
    ];

    private static Rule[] Alerts()
    {
        var raised = $"sum by ({OfJob}) ({Increase(Semantics.Alerts, "10m", "severity=\"critical\",change=\"raised\"")})";
        // One machine that flaps raises many, but has one at a time.
        var active = $"sum by ({OfJob}) ({Series(Semantics.ActiveAlerts, "severity=\"critical\"")})";
        return
        [
            new("PredMaintAlertStorm", $"{raised} > 10 and {active} > 10 and {active} > 0.01 * sum by ({OfJob}) ({Series(Semantics.Machines)})", "0m", Critical,
                "{{ $value | printf \"%.0f\" }} critical alerts were raised in 10 minutes in {{ $labels.job }}",
                "More are active than one for a hundred machines. A common cause (a sensor's unit, a gateway, a new model) is likelier than as many faults."),
        ];
    }
}
