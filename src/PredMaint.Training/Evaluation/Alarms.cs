using PredMaint.Core.Alerts;
using PredMaint.Training.Data;
using PredMaint.Training.Export;

namespace PredMaint.Training.Evaluation;

/// <summary>Cycles, counted from 0, at which an alert was raised and cleared; null where the run ended first.</summary>
internal sealed record Alarm(Engine Engine, int RaisedAt, int? ClearedAt)
{
    public int LifeAtRaise => Engine.LifeAt(RaisedAt);

    public bool WhileHealthy => RaisedAt < Engine.HealthyCycles;
}

/// <summary>Scores of whole engines, and the alerts that a policy makes of them.</summary>
internal static class Alarms
{
    /// <summary>Anomaly score of each cycle: the root of the mean squared z of the reading against the forecast made a cycle before.</summary>
    /// <returns>Null where the product has no score: in the warm-up, and before the first forecast.</returns>
    public static float?[] ForecastScores(Trace trace)
    {
        var width = Cmapss.Features.Count;
        var scores = new float?[trace.Engine.Cycles];
        for (var cycle = Math.Max(ModelFile.Warmup, 1); cycle < scores.Length; cycle++)
        {
            double sum = 0;
            for (var f = 0; f < width; f++) sum += Math.Pow(Z(trace, cycle, f), 2);
            scores[cycle] = (float)Math.Sqrt(sum / width);
        }
        return scores;
    }

    /// <summary>How many spreads a reading lies off its forecast.</summary>
    public static double Z(Trace trace, int cycle, int feature)
    {
        var forecast = (cycle - 1) * Cmapss.Features.Count + feature;
        return ((double)trace.Engine.Reading(cycle)[feature] - trace.Forecast[forecast]) / trace.Spread[forecast];
    }

    /// <summary>Median remaining life of each cycle; null in the warm-up.</summary>
    public static float?[] LifeScores(Trace trace) =>
        [.. Enumerable.Range(0, trace.Engine.Cycles).Select(cycle => cycle < ModelFile.Warmup ? (float?)null : trace.MedianAt(cycle))];

    /// <summary>Steps the product's own alert state through the scores.</summary>
    public static List<Alarm> Play(AlertPolicy policy, Engine engine, IReadOnlyList<float?> scores)
    {
        var alarms = new List<Alarm>();
        var state = new AlertState();
        for (var cycle = 0; cycle < scores.Count; cycle++)
        {
            if (scores[cycle] is not { } score) continue;
            var change = state.Step(policy, score, cycle);
            if (change == AlertChange.Raised) alarms.Add(new Alarm(engine, cycle, null));
            if (change == AlertChange.Cleared) alarms[^1] = alarms[^1] with { ClearedAt = cycle };
        }
        return alarms;
    }
}
