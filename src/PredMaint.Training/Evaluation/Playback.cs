using System.Text;
using PredMaint.Core.Alerts;
using PredMaint.Core.Backtest;
using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;

namespace PredMaint.Training.Evaluation;

/// <summary>What the product says of one engine, by cycle; null where it says nothing, as in the warm-up.</summary>
internal sealed record Trace(Series Series)
{
    public float?[] Scores { get; } = new float?[Series.Steps];

    public RemainingLife?[] Lives { get; } = new RemainingLife?[Series.Steps];

    public List<AlertEvent> Events { get; } = [];

    public IEnumerable<float> HealthyScores => Scores.Take(Series.HealthySteps()).OfType<float>();

    /// <summary>Each remaining life beside the true one, in the order of the cycles.</summary>
    public IEnumerable<(RemainingLife Said, int True)> JudgedLives =>
        Enumerable.Range(0, Series.Steps).Where(c => Lives[c] is not null).Select(c => (Lives[c]!.Value, Series.LifeAt(c)));

    /// <summary>By step; where there is none, as in the warm-up, the lowest: it calls for nothing.</summary>
    public float[] KnownScores
    {
        get
        {
            var lowest = Scores.Min() ?? 0;
            return [.. Scores.Select(s => s ?? lowest)];
        }
    }

    public bool[] Labels => Series.Labels ?? throw new InvalidOperationException($"{Series.Name} has no labels");

    /// <summary>By step, whether an alert stood.</summary>
    public bool[] Standing
    {
        get
        {
            var standing = new bool[Series.Steps];
            foreach (var e in Events)
                standing.AsSpan(Series.StepAt(e.TimeUs)).Fill(e.Active);
            return standing;
        }
    }

    /// <summary>The cycles at which an alert was raised.</summary>
    public IEnumerable<int> Raised => Events.Where(e => e.Change == AlertChange.Raised).Select(e => Series.StepAt(e.TimeUs));

    /// <summary>An alert stands at the last reading.</summary>
    public bool IsAlarmed => Events.Count > 0 && Events[^1].Active;
}

/// <summary>Plays whole engines through the product's backtest, a machine each.</summary>
internal static class Playback
{
    private const int BatchMax = 512;

    /// <summary>Machines of one file may come from different years; none is to be retired because another is younger.</summary>
    private static readonly TimeSpan NoTtl = TimeSpan.FromDays(365 * 100);

    /// <summary>Through a file that is written for this alone.</summary>
    /// <param name="policy">Null for that of its manifest.</param>
    public static IReadOnlyList<Trace> OfDraft(Action<string> write, AlertPolicy? policy, IReadOnlyList<Series> engines, TimeSpan? maxGap = null, Fill fill = Fill.Last) =>
        ModelFile.OfDraft(write, model => Run(model, policy ?? ModelFile.PolicyOf(model.Manifest), engines, maxGap, fill));

    /// <param name="maxGap">Beyond it a history begins anew; null for the product's default.</param>
    public static IReadOnlyList<Trace> Run(IModel model, AlertPolicy policy, IReadOnlyList<Series> engines, TimeSpan? maxGap = null, Fill fill = Fill.Last)
    {
        var traces = engines.ToDictionary(e => e.Name, e => new Trace(e), StringComparer.Ordinal);
        var settings = new TaskSettings(new ReadingSettings { MaxGap = maxGap ?? DataSource.DefaultMaxGap, Fill = fill }, "/predmaint/training", "steps") { MachineTtl = NoTtl };
        var run = new BacktestRun([new ModelEntry(model, "*", policy)], settings, BatchMax, partitions: 1,
            transition => traces[transition.Event.MachineId].Events.Add(transition.Event),
            letter => throw new InvalidOperationException(letter.Detail),
            step => Note(traces[Encoding.UTF8.GetString(step.Machine.Key)], step));
        var reading = new Reading(run.Sensors.Count);
        var columnsOf = engines.ToDictionary(e => e.Name, e => run.Sensors.Names.Select(name => e.Features.ToList().IndexOf(name)).ToArray(), StringComparer.Ordinal);
        for (var cycle = 0; cycle < engines.Max(e => e.Steps); cycle++)
            foreach (var engine in engines)
            {
                if (cycle >= engine.Steps) continue;
                reading.Begin(Encoding.UTF8.GetBytes(engine.Name), isNull: false);
                reading.TimeUs = engine.TimeUs(cycle);
                var columns = columnsOf[engine.Name];
                for (var i = 0; i < columns.Length; i++) reading.Values[i] = columns[i] < 0 ? float.NaN : engine.Reading(cycle)[columns[i]];
                run.Add(reading);
            }
        run.Flush();
        return [.. traces.Values];
    }

    private static void Note(Trace trace, ScoredStep step)
    {
        var at = trace.Series.StepAt(step.TimeUs);
        trace.Scores[at] = step.Score;
        trace.Lives[at] = step.Rul;
    }
}
