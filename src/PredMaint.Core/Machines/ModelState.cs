using System.Text;
using PredMaint.Core.Alerts;
using PredMaint.Core.Models;
using PredMaint.Core.Snapshots;

namespace PredMaint.Core.Machines;

/// <summary>What one model remembers of one machine. A plain object: it is part of the machine's snapshot.</summary>
public sealed class ModelState
{
    /// <summary>Of all models of a machine together, with room in its snapshot for what is held back and for the rest: brokers and clients take messages of 1 MB by default.</summary>
    public const int MaxBytes = 640 * 1024;

    /// <summary>Stateful: the recurrent state, all tensors one after the other. Window: a ring of [steps, features].</summary>
    public float[] Memory { get; }

    /// <summary>The last forecast and its spread, [2, features]; empty where the model makes none.</summary>
    public float[] Forecast { get; }

    public bool HasForecast { get; set; }

    /// <summary>Steps since the history began.</summary>
    public long Steps { get; set; }

    /// <summary>Window: where in the ring the next step goes.</summary>
    public int Next { get; set; }

    /// <summary>
    /// Event time of the step with which it took over from the model that it replaces, microseconds;
    /// <see cref="long.MaxValue"/> while it has not. That it has outlasts every history.
    /// </summary>
    public long TookOverUs { get; set; } = long.MaxValue;

    public AlertState Alert { get; internal set; } = new();

    /// <summary>Checksum of the features that the memory is of, in their order; 0 where an old snapshot does not tell.</summary>
    public uint Features { get; set; }

    /// <summary>Steps of this history including those gathered but not yet applied; equal to Steps between batches.</summary>
    internal long Gathered { get; set; }

    /// <summary>The memory is a recurrent state, not a window.</summary>
    public bool IsRecurrent { get; }

    public ModelState(IModel model) : this(model, FeaturesOf(model.Manifest))
    {
    }

    /// <param name="features">Of <see cref="FeaturesOf"/>, for who makes a state for each of many machines.</param>
    internal ModelState(IModel model, uint features)
        : this(
            model.Manifest.Mode == ModelMode.Stateful,
            new float[model.Manifest.Mode == ModelMode.Stateful ? model.Shape.StateLength : model.Manifest.Steps * model.Manifest.Features.Count],
            model.Manifest.Outputs.Forecast is null ? [] : new float[2 * model.Manifest.Features.Count]) =>
        Features = features;

    internal ModelState(bool isRecurrent, float[] memory, float[] forecast)
    {
        IsRecurrent = isRecurrent;
        Memory = memory;
        Forecast = forecast;
    }

    internal static uint FeaturesOf(ModelManifest manifest) => StateReader.Checksum(Encoding.UTF8.GetBytes(string.Join('\n', manifest.Features)));

    /// <summary>About as many as a snapshot has of it.</summary>
    public int Bytes => (int)BytesOf(Memory.Length + Forecast.Length);

    /// <summary>The same of a model that remembers so many floats.</summary>
    public static long BytesOf(long floats) => sizeof(float) * (floats + 64);

    /// <summary>History starts anew: after a gap, a reset, or a score that is not finite. An active alert stays.</summary>
    public void Restart()
    {
        // A window needs no clearing: none is judged before Steps has filled the ring again.
        if (IsRecurrent) Memory.AsSpan().Clear();
        Steps = 0;
        Gathered = 0;
        HasForecast = false;
        Alert.EmptyWindows();
    }

    /// <summary>As if the machine had never been: history and alert, and that it took over, unless that is kept.</summary>
    public void Clear(bool keepsTakeOver)
    {
        Restart();
        Next = 0;
        // What comes now may be older.
        TookOverUs = keepsTakeOver && TookOverUs < long.MaxValue ? long.MinValue : long.MaxValue;
        Alert = new AlertState();
    }
}

/// <summary>
/// The state of a model that this worker does not have, or no longer for this machine: kept as it came, because in a rolling
/// deployment the next owner may have the model.
/// </summary>
public sealed record Orphan(AlertModel Model, ModelState State)
{
    /// <summary>The end of its alert, which is active, where nothing is left of the machine.</summary>
    public Transition Close(TaskSettings settings, int partition, Machine machine, string reason) => AlertWriter.Close(settings, partition, machine, Model, State.Alert, reason);
}
