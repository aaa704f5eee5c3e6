using System.Text;
using PredMaint.Core.Alerts;
using PredMaint.Core.Models;

namespace PredMaint.Core.Machines;

/// <summary>Says a transition: what changed, when, why, and what the model saw.</summary>
internal sealed class AlertWriter(ModelEntry entry, ModelBuffers buffers, int[] sensorOf)
{
    private const int MostContributions = 5;

    /// <summary>Why an alert ended whose model was replaced.</summary>
    public const string Replaced = "replaced";

    private readonly ModelManifest manifest = entry.Manifest;

    /// <summary>The end of an alert that no score ended; its time and position are those of the machine's last reading.</summary>
    public static Transition Close(TaskSettings settings, int partition, Machine machine, AlertModel model, AlertState alert, string reason) =>
        Transition(settings, machine, null, Closed(settings, partition, machine, model, alert, reason, machine.LastTimeUs, machine.LastOffset), alert.Severity);

    /// <summary>The end of this model's alert at a step for which a model that replaces it speaks.</summary>
    public Transition Close(in Step step, AlertState alert)
    {
        alert.End();
        return Transition(step.Task.Settings, step.Machine, step.TraceParent,
            Closed(step.Task.Settings, step.Task.Partition, step.Machine, entry.AlertModel, alert, Replaced, step.TimeUs, step.Offset) with { Late = step.Late }, alert.Severity);
    }

    private static AlertEvent Closed(TaskSettings settings, int partition, Machine machine, AlertModel model, AlertState alert, string reason, long timeUs, long offset) => new()
    {
        MachineId = Encoding.UTF8.GetString(machine.Key),
        Change = AlertChange.Cleared,
        Model = model,
        Severity = alert.Severity,
        Reason = reason,
        Active = false,
        TimeUs = timeUs,
        OnsetUs = alert.OnsetUs,
        Topic = settings.ReadingsTopic,
        Partition = partition,
        Offset = offset,
    };

    /// <param name="before">The active alert's severity before the score; null where none was active.</param>
    public Transition Write(StepBatch steps, int index, int row, ModelState state, Severity? before, AlertChange change, float score)
    {
        ref readonly var step = ref steps[index];
        var settings = step.Task.Settings;
        var alert = new AlertEvent
        {
            MachineId = Encoding.UTF8.GetString(step.Machine.Key),
            Change = change,
            Model = entry.AlertModel,
            Severity = state.Alert.Severity,
            Reason = "score",
            Active = state.Alert.Active,
            TimeUs = step.TimeUs,
            OnsetUs = state.Alert.OnsetUs,
            Score = score,
            Contributions = Contributions(steps, index, row, state),
            Rul = manifest.HasRul ? Life.Of(manifest, buffers, row) : null,
            Topic = settings.ReadingsTopic,
            Partition = step.Task.Partition,
            Offset = step.Offset,
            Late = step.Late,
        };
        return Transition(settings, step.Machine, step.TraceParent, alert, before);
    }

    private static Transition Transition(TaskSettings settings, Machine machine, string? traceParent, AlertEvent alert, Severity? before) =>
        new(machine.Key, alert, AlertJson.Write(alert, settings.Source), traceParent, before);

    /// <summary>The five sensors with the largest share of the score, largest first; none where the model does not say.</summary>
    private IReadOnlyList<Contribution> Contributions(StepBatch steps, int index, int row, ModelState state)
    {
        var n = sensorOf.Length;
        var parts = new double[n];
        if (manifest.Outputs.Contribution is not null)
            for (var f = 0; f < n; f++) parts[f] = buffers.Contribution[row * n + f];
        else if (state.HasForecast)
            for (var f = 0; f < n; f++) parts[f] = ForecastError.Squared(steps, index, sensorOf[f], state, f);
        else return [];
        var total = parts.Sum();
        if (!(total > 0)) return [];
        return [.. Enumerable.Range(0, n).Where(f => parts[f] > 0).OrderByDescending(f => parts[f]).Take(MostContributions)
            .Select(f => new Contribution(manifest.Features[f], (float)(parts[f] / total), steps.Values(index)[sensorOf[f]], Expected(row, state, f)))];
    }

    private float? Expected(int row, ModelState state, int feature)
    {
        if (state.HasForecast) return state.Forecast[feature];
        return manifest.Outputs.Expected is null || manifest.HasRul ? null : buffers.Expected[row * sensorOf.Length + feature];
    }
}
