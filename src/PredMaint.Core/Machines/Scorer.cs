using System.Text;
using PredMaint.Core.Alerts;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;
using PredMaint.Core.Snapshots;

namespace PredMaint.Core.Machines;

/// <summary>One score of one machine, for those who watch: a demonstration, an evaluation.</summary>
/// <param name="Entry">Which of the configured models.</param>
/// <param name="Rul">Null where the model gives none.</param>
public readonly record struct ScoredStep(Machine Machine, int Entry, long TimeUs, float Score, RemainingLife? Rul);

/// <summary>
/// Scores the steps of all partitions of a thread together, one call a batch and model, and applies what comes out. A
/// machine with several steps takes several rounds where its model is recurrent: each step needs the state before it.
/// </summary>
public sealed class Scorer
{
    /// <summary>Of snapshots in one transaction, a partition: a fraction of a second's writing.</summary>
    private const int MaxSavedBytes = 8 << 20;

    private readonly IReadOnlyList<ModelEntry> entries;
    private readonly uint[] features;
    private readonly ModelScorer[] models;
    private readonly StepBatch steps;
    private readonly List<Applied> applied = [];
    private readonly int[] order;
    private readonly int[] rounds;
    private readonly int[] roundEnds;

    /// <param name="sensors">The union of the models' features; readings are decoded by the same index.</param>
    /// <param name="batchMax">Most steps scored together.</param>
    /// <param name="counters">Of the thread.</param>
    /// <param name="observe">Told every score, on the scoring thread; null where nobody watches.</param>
    public Scorer(IReadOnlyList<ModelEntry> entries, SensorIndex sensors, ReadingSettings readings, int batchMax, TaskCounters counters, Action<ScoredStep>? observe = null)
    {
        this.entries = entries;
        features = [.. entries.Select(e => ModelState.FeaturesOf(e.Manifest))];
        Sensors = sensors;
        Counters = counters;
        var succession = new Succession(entries);
        models = [.. succession.ByTurn.Select(i => new ModelScorer(entries[i], i, succession, sensors, readings, batchMax, applied, observe))];
        steps = new StepBatch(sensors.Count, batchMax);
        Codec = new MachineCodec(entries, sensors);
        MachineBytes = entries.Sum(e => new ModelState(e.Model).Bytes);
        MostSaved = Math.Max(1, MaxSavedBytes / MachineBytes);
        order = new int[batchMax];
        rounds = new int[batchMax];
        roundEnds = new int[batchMax];
    }

    public IReadOnlyList<ModelEntry> Entries => entries;

    /// <summary>Reads and writes the snapshots of this thread's machines.</summary>
    public MachineCodec Codec { get; }

    /// <summary>About the length of a snapshot.</summary>
    internal int MachineBytes { get; }

    /// <summary>Machines that one commit of a partition saves, but for those whose alerts changed.</summary>
    internal int MostSaved { get; }

    public SensorIndex Sensors { get; }

    public TaskCounters Counters { get; }

    /// <summary>The sensors that any of the models uses.</summary>
    public static SensorIndex SensorsOf(IEnumerable<ModelEntry> entries) => new(entries.SelectMany(e => e.Manifest.Features));

    public Machine CreateMachine(byte[] key, string id) => new(key, NewStates(id), Sensors.Count);

    /// <summary>A machine that another scorer judged until now: what that one's models remember and these do not know becomes orphans.</summary>
    internal void TakeOver(Machine machine, Scorer other)
    {
        var state = other.Codec.Write(machine);
        machine.Become(NewStates(Encoding.UTF8.GetString(machine.Key)), Sensors.Count);
        Codec.Read(state, machine);
    }

    /// <summary>It scores no more: frees its buffers. The models stay.</summary>
    public void Release()
    {
        foreach (var model in models) model.Release();
    }

    private ModelState?[] NewStates(string id) => [.. entries.Select((e, i) => e.Matches(id) ? new ModelState(e.Model, features[i]) : null)];

    /// <summary>A model of this machine replaces that one, which is not among them.</summary>
    internal bool IsReplaced(Machine machine, AlertModel model)
    {
        for (var i = 0; i < entries.Count; i++)
            if (machine.Models[i] is not null && entries[i].Replaces == model.NameAndVersion) return true;
        return false;
    }

    /// <summary>Appends a step whose values and presence bits the caller fills; scores first where the batch is full.</summary>
    public void Add(in Step step, out Span<float> values, out Span<ulong> present)
    {
        if (steps.IsFull) Score();
        Counters.Steps++;
        steps.Add(step, out values, out present);
    }

    /// <summary>Scores and applies all waiting steps.</summary>
    public void Score()
    {
        if (steps.Count == 0) return;
        var lastRound = OrderByRound();
        foreach (var model in models) model.Score(steps, order.AsSpan(0, steps.Count), roundEnds.AsSpan(0, lastRound + 1));
        // Each model went over the whole batch; subscribers want the steps' order.
        if (applied.Count > 1) applied.Sort(static (a, b) => a.Order.CompareTo(b.Order));
        foreach (var a in applied) a.Task.Hold(a.Machine, a.Transition);
        applied.Clear();
        steps.Clear();
    }

    /// <summary>A stable counting sort by how many steps of the same machine came before.</summary>
    private int OrderByRound()
    {
        var last = 0;
        roundEnds.AsSpan(0, steps.Count).Clear();
        for (var i = 0; i < steps.Count; i++)
        {
            var round = steps[i].Machine.Waiting++;
            rounds[i] = round;
            roundEnds[round]++;
            last = Math.Max(last, round);
        }
        for (var r = 1; r <= last; r++) roundEnds[r] += roundEnds[r - 1];
        for (var i = steps.Count - 1; i >= 0; i--)
        {
            order[--roundEnds[rounds[i]]] = i;
            steps[i].Machine.Waiting = 0;
        }
        // Placing has moved each end to its round's start: the next round's start is this one's end.
        for (var r = 0; r < last; r++) roundEnds[r] = roundEnds[r + 1];
        roundEnds[last] = steps.Count;
        return last;
    }
}
