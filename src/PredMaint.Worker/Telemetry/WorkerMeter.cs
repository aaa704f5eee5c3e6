using System.Diagnostics.Metrics;
using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Worker.Models;

namespace PredMaint.Worker.Telemetry;

/// <summary>
/// The worker's metrics, by System.Diagnostics.Metrics: any exporter or <c>dotnet-counters</c> reads them. The lines only
/// count; nothing is paid for a metric until someone collects it.
/// </summary>
public sealed class WorkerMeter : IDisposable
{
    public const string Name = "PredMaint";

    private readonly Meter meter = new(Name);

    public WorkerMeter(IReadOnlyList<TaskCounters> threads, ModelShelf models)
    {
        Counter("predmaint.readings", "{reading}", "Readings admitted", c => c.Readings);
        Counter("predmaint.readings.late", "{reading}", "Readings dropped because a later one had gone through", c => c.Late);
        Counter("predmaint.readings.duplicate", "{reading}", "Readings dropped because their machine and timestamp were there before", c => c.Duplicates);
        Counter("predmaint.gaps", "{gap}", "Histories begun anew after maxGap", c => c.Gaps);
        Counter("predmaint.steps", "{step}", "Steps that readings became", c => c.Steps);
        Counter("predmaint.scores", "{score}", "Scores applied", c => c.Scores);
        Counter("predmaint.scores.non_finite", "{score}", "Scores that were NaN or infinite and reset a machine's model state", c => c.NonFinite);
        Counter("predmaint.alerts", "{transition}", "Alert transitions", c => c.Transitions);
        Counter("predmaint.dead_letters", "{record}", "Records that were no readings and no commands", c => c.DeadLetters);
        Counter("predmaint.commands", "{command}", "Commands carried out or rejected", c => c.Commands);
        Counter("predmaint.commands.lost", "{offset}", "Offsets of commands that the brokers had deleted before they were carried out", c => c.CommandsLost);
        Counter("predmaint.commits", "{transaction}", "Transactions committed", c => c.Commits);
        Counter("predmaint.aborts", "{transaction}", "Transactions that did not become visible", c => c.Aborts);
        Counter("predmaint.snapshots", "{snapshot}", "Machines written to the state topic", c => c.Snapshots);
        Counter("predmaint.restore.records", "{record}", "Records of the state topic read by restores", c => c.RestoredRecords);
        meter.CreateObservableGauge("predmaint.restore.partitions", () => threads.Select((c, n) => Of(c.Restoring, n)), "{partition}", "Partitions that are owned and not live yet");
        Counter("predmaint.readings.replayed", "{reading}", "Readings replayed in silence after a start", c => c.Replayed);
        Counter("predmaint.readings.replay_lost", "{offset}", "Offsets that a replay wanted and the brokers had deleted", c => c.ReplayLost);
        Counter("predmaint.machines.retired", "{machine}", "Machines silent for machineTtl", c => c.Retired);
        meter.CreateObservableGauge("predmaint.model.info", () => models.Current.Select(Info), "{model}", "The models at work and the device that really serves each");
        return;

        void Counter(string name, string unit, string description, Func<TaskCounters, long> value) =>
            meter.CreateObservableCounter(name, () => threads.Select((c, n) => Of(value(c), n)), unit, description);

        static Measurement<long> Of(long value, int thread) => new(value, new KeyValuePair<string, object?>("thread", thread));
    }

    public void Dispose() => meter.Dispose();

    private static Measurement<int> Info(ModelEntry model) => new(1,
        new KeyValuePair<string, object?>("name", model.Manifest.Name),
        new KeyValuePair<string, object?>("version", model.Manifest.Version),
        new KeyValuePair<string, object?>("sha256", model.Model.Sha256),
        new KeyValuePair<string, object?>("provider", model.Model.Provider));
}
