using PredMaint.Core.Alerts;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;

namespace PredMaint.Core.Machines;

/// <summary>A transition and the step it followed from.</summary>
/// <param name="Order">Of the step in its batch, then those that end a replaced model's alert, then of the model.</param>
internal readonly record struct Applied(PartitionTask Task, Machine Machine, Transition Transition, long Order);

/// <summary>One thread's scoring by one model: gathers rows, runs the model, applies states and scores.</summary>
internal sealed class ModelScorer
{
    /// <summary>More than there are models: what a new one says follows the end of the old one's alert.</summary>
    private const int AfterClosed = 1 << 15;

    private readonly ModelEntry entry;
    private readonly ModelManifest manifest;
    private readonly int index;
    private readonly Succession succession;
    private readonly ModelBuffers buffers;
    private readonly AlertWriter writer;
    private readonly List<Applied> applied;
    private readonly Action<ScoredStep>? observe;
    private readonly int[] sensorOf;
    private readonly bool recurrent;
    private readonly bool[] isRequired;
    private readonly float[] staged;
    private readonly Pending[] pending;
    private int pendingCount;
    private int rows;

    public ModelScorer(ModelEntry entry, int index, Succession succession, SensorIndex sensors, ReadingSettings readings, int batchMax, List<Applied> applied, Action<ScoredStep>? observe)
    {
        this.entry = entry;
        this.index = index;
        this.succession = succession;
        this.applied = applied;
        this.observe = observe;
        manifest = entry.Manifest;
        buffers = entry.Model.CreateBuffers(batchMax);
        sensorOf = [.. manifest.Features.Select(sensors.Find)];
        writer = new AlertWriter(entry, buffers, sensorOf);
        recurrent = manifest.Mode == ModelMode.Stateful;
        isRequired = [.. manifest.Features.Select(f => readings.Fill == Fill.Last && !manifest.Optional.Contains(f, StringComparer.Ordinal))];
        staged = new float[buffers.MaxRows * manifest.Steps * sensorOf.Length];
        pending = new Pending[batchMax];
    }

    public void Release() => buffers.Dispose();

    /// <param name="order">The steps, round by round; within a round in the order of admission.</param>
    /// <param name="roundEnds">Where each round ends in <paramref name="order"/>.</param>
    public void Score(StepBatch steps, ReadOnlySpan<int> order, ReadOnlySpan<int> roundEnds)
    {
        // A window's rows do not depend on each other: all of a machine's steps go in one call.
        if (!recurrent) for (var i = 0; i < steps.Count; i++) Gather(steps, i);
        for (int r = 0, i = 0; recurrent && r < roundEnds.Length; r++)
        {
            for (; i < roundEnds[r]; i++) Gather(steps, order[i]);
            Flush(steps);
        }
        Flush(steps);
    }

    private void Gather(StepBatch steps, int step)
    {
        ref readonly var s = ref steps[step];
        var state = s.Machine.Models[index];
        if (state is null) return;
        if (rows == buffers.MaxRows) Flush(steps);
        if (recurrent && s.StartsHistory) state.Restart();
        var features = staged.AsSpan(rows * manifest.Steps * sensorOf.Length);
        var complete = Pick(steps.Values(step), recurrent ? features : Slot(state));
        if (!recurrent && complete)
        {
            state.Next = (state.Next + 1) % manifest.Steps;
            state.Gathered = s.StartsHistory ? 1 : state.Gathered + 1;
            // Without a full window there is nothing to run, but the step counts.
            if (state.Gathered >= manifest.Steps) Unroll(state, features);
        }
        var runs = complete && (recurrent || state.Gathered >= manifest.Steps);
        pending[pendingCount++] = new Pending(step, runs ? rows++ : -1, complete);
    }

    /// <summary>The model's features of a step; false where fill is "last" and one that is not optional was never seen.</summary>
    private bool Pick(ReadOnlySpan<float> values, Span<float> features)
    {
        var complete = true;
        for (var f = 0; f < sensorOf.Length; f++)
        {
            features[f] = values[sensorOf[f]];
            complete &= !isRequired[f] || !float.IsNaN(features[f]);
        }
        return complete;
    }

    private Span<float> Slot(ModelState state) => state.Memory.AsSpan(state.Next * sensorOf.Length, sensorOf.Length);

    /// <summary>The ring from its oldest step on.</summary>
    private void Unroll(ModelState state, Span<float> window)
    {
        var oldest = state.Next * sensorOf.Length;
        state.Memory.AsSpan(oldest).CopyTo(window);
        state.Memory.AsSpan(0, oldest).CopyTo(window[(state.Memory.Length - oldest)..]);
    }

    private void Flush(StepBatch steps)
    {
        if (pendingCount == 0) return;
        var size = rows == 0 ? 0 : buffers.SizeFor(rows);
        if (rows > 0)
        {
            Stage(steps, size);
            entry.Model.Run(buffers, size);
        }
        for (var i = 0; i < pendingCount; i++) Apply(steps, pending[i], size);
        pendingCount = 0;
        rows = 0;
    }

    private void Stage(StepBatch steps, int size)
    {
        var features = sensorOf.Length;
        for (var i = 0; i < pendingCount; i++)
        {
            var (step, row, _) = pending[i];
            if (row < 0) continue;
            for (var t = 0; t < manifest.Steps; t++)
                buffers.SetStep(size, row, t, staged.AsSpan((row * manifest.Steps + t) * features, features));
            if (recurrent) buffers.SetState(size, row, steps[step].Machine.Models[index]!.Memory);
        }
    }

    private void Apply(StepBatch steps, Pending p, int size)
    {
        ref readonly var step = ref steps[p.Step];
        var state = step.Machine.Models[index]!;
        var isMuted = IsMuted(step.Machine, step.TimeUs);
        if (isMuted && state.Alert.Active && !step.IsReplay) Hold(step, p, writer.Close(step, state.Alert), rank: index);
        if (!recurrent && step.StartsHistory) state.Restart();
        if (p.IsComplete) state.Steps++;
        state.Gathered = state.Steps;
        if (p.Row < 0) return;
        if (recurrent) buffers.GetState(size, p.Row, state.Memory);
        // A reset within this batch has taken back part of the window that was gathered before it.
        if (state.Steps < manifest.Steps) return;
        if (state.Steps > manifest.Warmup && Score(steps, p, state) is { } score)
        {
            if (!float.IsFinite(score))
            {
                step.Task.Counters.NonFinite++;
                state.Restart();
                return;
            }
            if (!step.IsReplay) Tell(step, p, score);
            if (step.IsReplay || isMuted) state.Alert.Count(entry.Policy, score, step.TimeUs);
            else Decide(steps, p, state, score);
        }
        KeepForecast(state, p.Row);
    }

    private void Decide(StepBatch steps, Pending p, ModelState state, float score)
    {
        ref readonly var step = ref steps[p.Step];
        if (state.TookOverUs == long.MaxValue) TakeOver(step, state);
        Severity? before = state.Alert.Active ? state.Alert.Severity : null;
        var change = state.Alert.Step(entry.Policy, score, step.TimeUs);
        if (change != AlertChange.None) Hold(step, p, writer.Write(steps, p.Step, p.Row, state, before, change, score), rank: AfterClosed + index);
    }

    /// <summary>A step of the machine is spoken for by a model that replaces this one: this one only counts.</summary>
    private bool IsMuted(Machine machine, long timeUs)
    {
        foreach (var successor in succession.Successors(index))
            if (machine.Models[successor]?.TookOverUs <= timeUs) return true;
        return false;
    }

    /// <summary>The first score since its warm-up ends the reign of the model that it replaces, wherever that is at work: the next owner may have it.</summary>
    private void TakeOver(in Step step, ModelState state)
    {
        if (entry.Replaces.Length == 0) return;
        state.TookOverUs = step.TimeUs;
        step.Task.Hold(step.Machine);
    }

    private void Tell(in Step step, Pending p, float score)
    {
        step.Task.Counters.Scores++;
        observe?.Invoke(new ScoredStep(step.Machine, index, step.TimeUs, score, manifest.HasRul ? Life.Of(manifest, buffers, p.Row) : null));
    }

    private void Hold(in Step step, Pending p, Transition transition, int rank) =>
        applied.Add(new Applied(step.Task, step.Machine, transition, (long)p.Step << 16 | (uint)rank));

    private float? Score(StepBatch steps, Pending p, ModelState state) => manifest.Alerting switch
    {
        AlertingOutput.Score => buffers.Score[p.Row],
        AlertingOutput.Probability => buffers.Probability[p.Row],
        AlertingOutput.Rul or AlertingOutput.Histogram => Life.Of(manifest, buffers, p.Row).Median,
        _ => ForecastError.Score(steps, p.Step, sensorOf, state),
    };

    private void KeepForecast(ModelState state, int row)
    {
        var n = sensorOf.Length;
        if (state.Forecast.Length == 0) return;
        buffers.Forecast.AsSpan(row * n, n).CopyTo(state.Forecast);
        buffers.Spread.AsSpan(row * n, n).CopyTo(state.Forecast.AsSpan(n));
        state.HasForecast = true;
    }

    /// <param name="Row">In the model's batch; -1 where nothing is run.</param>
    /// <param name="IsComplete">False where the step lacks a feature and is no step for this model.</param>
    private readonly record struct Pending(int Step, int Row, bool IsComplete);
}
