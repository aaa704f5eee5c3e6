using System.Diagnostics.Metrics;
using PredMaint.Core.Alerts;
using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;
using PredMaint.Core.Settings;
using PredMaint.Worker.Models;

namespace PredMaint.Worker.Telemetry;

/// <summary>
/// The worker's metrics, by System.Diagnostics.Metrics: any exporter or <c>dotnet-counters</c> reads them. What the lines
/// only count or keep costs nothing until someone collects it; durations are told a batch, alerts and dead letters a commit.
/// </summary>
public sealed class WorkerMeter : IDisposable
{
    /// <summary>What was said of a partition's last reading is old news after so long without another.</summary>
    private const double IdleSeconds = 60;

    private readonly Meter meter = new(Semantics.Scope);
    private readonly TimeProvider time;

    public WorkerMeter(IReadOnlyList<LineStatus> lines, ModelShelf models, Func<bool> isReady, TimeProvider time)
    {
        this.time = time;
        Count(Semantics.Readings, c => c.Readings);
        Count(Semantics.Late, c => c.Late);
        Count(Semantics.Duplicates, c => c.Duplicates);
        Count(Semantics.Replayed, c => c.Replayed);
        Count(Semantics.ReplayLost, c => c.ReplayLost);
        Count(Semantics.Gaps, c => c.Gaps);
        Count(Semantics.Steps, c => c.Steps);
        Count(Semantics.Scores, c => c.Scores);
        Count(Semantics.NonFinite, c => c.NonFinite);
        Count(Semantics.Commands, c => c.Commands);
        Count(Semantics.CommandsLost, c => c.CommandsLost);
        Count(Semantics.Commits, c => c.Commits);
        Count(Semantics.Aborts, c => c.Aborts);
        Count(Semantics.Snapshots, c => c.Snapshots);
        Count(Semantics.RestoredRecords, c => c.RestoredRecords);
        Count(Semantics.Retired, c => c.Retired);
        Observe(Semantics.LineFailures, () => lines.Select(l => Of(l.Failures, l)));
        Observe(Semantics.PollAge, () => lines.Where(l => l.PolledAt != 0).Select(l => Of(time.GetElapsedTime(l.PolledAt).TotalSeconds, l)));
        ByPartition(Semantics.RestoreProgress, (_, p) => p.Restored);
        ByPartition(Semantics.Machines, (_, p) => p.Machines);
        Observe(Semantics.ActiveAlerts, () =>
            from line in lines from p in line.Partitions from a in p.ActiveAlerts group a.Value by (line.Thread, a.Key) into of
            select new Measurement<int>(of.Sum(), new(Semantics.Thread, of.Key.Thread), new(Semantics.Kind, of.Key.Key.Kind), new(Semantics.Severity, Fields.NameOf(of.Key.Key.Severity))));
        ByPartition(Semantics.Lag, Lag);
        ByPartition(Semantics.EventLag, (_, p) => p.EventTimeUs == 0 || Age(time, p.AdmittedUs) > IdleSeconds ? null : Math.Max(0, (p.AdmittedUs - p.EventTimeUs) / 1e6));
        Observe<int>(Semantics.Ready, () => [new(isReady() ? 1 : 0)]);
        Observe(Semantics.ModelInfo, () => models.Current.Select(Info));
        Observe(Semantics.ModelRefused, () =>
            from m in models.Current group models.Refused.Contains(m) by (m.Manifest.Name, m.Manifest.Version) into of
            select new Measurement<int>(of.Count(isRefused => isRefused), new(Semantics.ModelName, of.Key.Name), new(Semantics.ModelVersion, of.Key.Version)));
        Alerts = Counter(Semantics.Alerts);
        DeadLetters = Counter(Semantics.DeadLetters);
        SnapshotBytes = Counter(Semantics.SnapshotBytes);
        BatchSize = Histogram<int>(Semantics.BatchSize);
        QueueDuration = Histogram<double>(Semantics.QueueDuration);
        DecodeDuration = Histogram<double>(Semantics.DecodeDuration);
        ScoreDuration = Histogram<double>(Semantics.ScoreDuration);
        ProcessDuration = Histogram<double>(Semantics.ProcessDuration);
        OperationDuration = Histogram<double>(Semantics.OperationDuration);
        AlertDelay = Histogram<double>(Semantics.AlertDelay);
        return;

        void Count(Metric metric, Func<TaskCounters, long> value) => Observe(metric, () => lines.Select(l => Of(value(l.Counters), l)));

        void ByPartition(Metric metric, Func<LineStatus, PartitionStatus, double?> value) => Observe(metric, () =>
            from line in lines from p in line.Partitions let v = value(line, p) where v is not null
            select new Measurement<double>(v.Value, new(Semantics.Thread, line.Thread), new(Semantics.Partition, p.Partition)));

        static Measurement<T> Of<T>(T value, LineStatus line) where T : struct => new(value, new KeyValuePair<string, object?>(Semantics.Thread, line.Thread));
    }

    public Counter<long> Alerts { get; }
    public Counter<long> DeadLetters { get; }
    public Counter<long> SnapshotBytes { get; }
    public Histogram<int> BatchSize { get; }
    public Histogram<double> QueueDuration { get; }
    public Histogram<double> DecodeDuration { get; }
    public Histogram<double> ScoreDuration { get; }
    public Histogram<double> ProcessDuration { get; }
    public Histogram<double> OperationDuration { get; }
    public Histogram<double> AlertDelay { get; }

    public void Dispose() => meter.Dispose();

    /// <summary>A series that begins at its first event hides that event from <c>increase</c>: what is likely to come begins at 0.</summary>
    public void Begin(int thread, IEnumerable<ModelEntry> models)
    {
        SnapshotBytes.Add(0, new KeyValuePair<string, object?>(Semantics.Thread, thread));
        foreach (var fault in Enum.GetValues<Fault>().Where(f => f != Fault.None)) DeadLetters.Add(0, OfDeadLetter(thread, fault));
        foreach (var kind in models.Select(m => Fields.NameOf(m.Manifest.Kind)).Distinct(StringComparer.Ordinal))
            foreach (var severity in Enum.GetValues<Severity>())
                foreach (var change in Enum.GetValues<AlertChange>().Where(c => c != AlertChange.None)) Alerts.Add(0, OfAlert(thread, kind, severity, change));
    }

    public static System.Diagnostics.TagList OfDeadLetter(int thread, Fault fault) => [new(Semantics.Thread, thread), new(Semantics.Reason, Fields.NameOf(fault))];

    public static System.Diagnostics.TagList OfAlert(int thread, string kind, Severity severity, AlertChange change) =>
        [new(Semantics.Thread, thread), new(Semantics.Kind, kind), new(Semantics.Severity, Fields.NameOf(severity)), new(Semantics.Change, Fields.NameOf(change))];

    private double? Lag(LineStatus line, PartitionStatus p)
    {
        // Where nothing is fetched nobody knows whether the end is still the end.
        if (p.IsAtEnd) return line.AreBrokersAway || line.FailedCommits > 0 ? null : 0;
        return p.RecordTimeUs == 0 ? null : Math.Max(0, Age(time, p.RecordTimeUs));
    }

    /// <summary>Seconds since a moment that is given in microseconds since 1970; below 0 where it is yet to come.</summary>
    internal static double Age(TimeProvider time, long us) => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds - us / 1e6;

    private void Observe<T>(Metric metric, Func<IEnumerable<Measurement<T>>> values) where T : struct
    {
        if (metric.Kind == MetricKind.Counter) meter.CreateObservableCounter(metric.Name, values, metric.Unit, metric.Description);
        else meter.CreateObservableGauge(metric.Name, values, metric.Unit, metric.Description);
    }

    private Counter<long> Counter(Metric metric) => meter.CreateCounter<long>(metric.Name, metric.Unit, metric.Description);

    private Histogram<T> Histogram<T>(Metric metric) where T : struct => meter.CreateHistogram(
        metric.Name, metric.Unit, metric.Description, tags: null, new InstrumentAdvice<T> { HistogramBucketBoundaries = [.. metric.Buckets.Select(b => (T)Convert.ChangeType(b, typeof(T), System.Globalization.CultureInfo.InvariantCulture))] });

    private static Measurement<int> Info(ModelEntry model) => new(1,
        new KeyValuePair<string, object?>(Semantics.ModelName, model.Manifest.Name),
        new KeyValuePair<string, object?>(Semantics.ModelVersion, model.Manifest.Version),
        new KeyValuePair<string, object?>(Semantics.ModelSha256, model.Model.Sha256),
        new KeyValuePair<string, object?>(Semantics.Provider, model.Model.Provider));
}
