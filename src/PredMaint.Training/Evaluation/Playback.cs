using System.Text;
using PredMaint.Core.Alerts;
using PredMaint.Core.Backtest;
using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;
using PredMaint.Training.Data;

namespace PredMaint.Training.Evaluation;

/// <summary>What the product says of one engine, by cycle; null where it says nothing, as in the warm-up.</summary>
internal sealed record Trace(Engine Engine)
{
    public float?[] Scores { get; } = new float?[Engine.Cycles];

    public RemainingLife?[] Lives { get; } = new RemainingLife?[Engine.Cycles];

    /// <summary>[2, features], of the cycle that follows: the forecast, then its spread.</summary>
    public float[]?[] Forecasts { get; } = new float[]?[Engine.Cycles];

    public List<AlertEvent> Events { get; } = [];

    public IEnumerable<float> HealthyScores => Scores.Take(Engine.HealthyCycles).OfType<float>();

    /// <summary>Each remaining life beside the true one, in the order of the cycles.</summary>
    public IEnumerable<(RemainingLife Said, int True)> JudgedLives =>
        Enumerable.Range(0, Engine.Cycles).Where(c => Lives[c] is not null).Select(c => (Lives[c]!.Value, Engine.LifeAt(c)));

    /// <summary>The cycles at which an alert was raised.</summary>
    public IEnumerable<int> Raised => Events.Where(e => e.Change == AlertChange.Raised).Select(e => (int)e.TimeUs);

    /// <summary>An alert stands at the last reading.</summary>
    public bool IsAlarmed => Events.Count > 0 && Events[^1].Active;
}

/// <summary>Plays whole engines through the product's backtest, a machine each.</summary>
internal static class Playback
{
    private const int BatchMax = 512;

    public static IReadOnlyList<Trace> Run(IModel model, AlertPolicy policy, IReadOnlyList<Engine> engines)
    {
        var traces = engines.ToDictionary(e => e.Name, e => new Trace(e), StringComparer.Ordinal);
        var settings = new TaskSettings(new ReadingSettings(), "/predmaint/training", "cycles");
        var run = new BacktestRun([new ModelEntry(model, "*", policy)], settings, BatchMax, partitions: 1,
            transition => traces[transition.Event.MachineId].Events.Add(transition.Event),
            letter => throw new InvalidOperationException(letter.Detail),
            step => Note(traces[Encoding.UTF8.GetString(step.Machine.Key)], step));
        var reading = new Reading(run.Sensors.Count);
        for (var cycle = 0; cycle < engines.Max(e => e.Cycles); cycle++)
            foreach (var engine in engines)
            {
                if (cycle >= engine.Cycles) continue;
                reading.Begin(Encoding.UTF8.GetBytes(engine.Name), isNull: false);
                reading.TimeUs = cycle;
                // The only model's features number the sensors.
                engine.Reading(cycle).CopyTo(reading.Values);
                run.Add(reading);
            }
        run.Flush();
        return [.. traces.Values];
    }

    private static void Note(Trace trace, ScoredStep step)
    {
        var cycle = (int)step.TimeUs;
        trace.Scores[cycle] = step.Score;
        trace.Lives[cycle] = step.Rul;
        // The machine still holds the forecast that this score judges: that of the cycle before.
        trace.Forecasts[cycle - 1] = [.. step.Machine.Models[step.Entry]!.Forecast];
    }
}
