using PredMaint.Core.Alerts;
using PredMaint.Training.Data;
using PredMaint.Training.Evaluation;

namespace PredMaint.Training.Anomaly;

/// <summary>Chooses the anomaly model's alert policy from engines that neither fitted its weights nor judge it.</summary>
internal static class Limits
{
    /// <summary>Share of engines that may raise a false alarm in their whole healthy life.</summary>
    private const double FalseAlarmShare = 0.05;

    /// <summary>Share of healthy scores that lie at or below clearAt: below raiseAt, so that an alert does not flicker.</summary>
    private const double ClearShare = 0.75;

    /// <summary>Wear is slow: to count over twelve cycles delays an alert by a few, and lets its limit lie close to what is healthy.</summary>
    private static readonly MOfN RaiseAfter = new(8, 12);

    /// <summary>Of twelve healthy scores, eight or more lie below clearAt five times in six.</summary>
    private static readonly MOfN ClearAfter = new(8, 12);

    /// <summary>Alerts never: for the scores from which limits are yet to be chosen.</summary>
    public static AlertPolicy None { get; } = new() { RaiseAt = float.PositiveInfinity, ClearAt = float.PositiveInfinity };

    public static AlertPolicy Choose(IReadOnlyList<Trace> traces)
    {
        var healthy = traces.Select(trace => trace.HealthyScores.ToArray()).Where(scores => scores.Length >= RaiseAfter.N).ToList();
        if (healthy.Count == 0) throw new DataException("no engine to choose the anomaly limits from is healthy for long enough");
        var raiseAt = RoundUp(Quantile(healthy.Select(HighestUnraised), 1 - FalseAlarmShare));
        var clearAt = RoundUp(Quantile(healthy.SelectMany(scores => scores), ClearShare));
        return new AlertPolicy { RaiseAt = raiseAt, ClearAt = Math.Min(clearAt, raiseAt), RaiseAfter = RaiseAfter, ClearAfter = ClearAfter };
    }

    /// <summary>The least limit at which M of the last N scores never lie above it: the largest that the M-th largest of N in a row gets.</summary>
    private static float HighestUnraised(float[] scores) =>
        Enumerable.Range(0, scores.Length - RaiseAfter.N + 1)
            .Max(i => scores.AsSpan(i, RaiseAfter.N).ToArray().OrderDescending().ElementAt(RaiseAfter.M - 1));

    private static float Quantile(IEnumerable<float> values, double q)
    {
        var sorted = values.Order().ToArray();
        return sorted[(int)Math.Ceiling(q * sorted.Length) - 1];
    }

    /// <summary>To two decimals, so that people can read it.</summary>
    private static float RoundUp(float limit) => (float)(Math.Ceiling(limit * 100.0) / 100);
}
