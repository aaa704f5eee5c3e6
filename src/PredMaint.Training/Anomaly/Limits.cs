using PredMaint.Core.Alerts;

namespace PredMaint.Training.Anomaly;

/// <summary>Chooses an anomaly model's alert policy from machines that neither fitted its weights nor judge it.</summary>
internal static class Limits
{
    /// <summary>Share of machines that may raise a false alarm in all of their sound readings.</summary>
    private const double FalseAlarmShare = 0.05;

    /// <summary>Share of healthy scores that lie at or below clearAt: below raiseAt, so that an alert does not flicker, and high enough to end when its cause has gone.</summary>
    public const double ClearShare = 0.75;

    /// <summary>Wear is slow: to count over twelve readings delays an alert by a few, and lets its limit lie close to what is healthy.</summary>
    private static readonly MOfN RaiseAfter = new(8, 12);

    /// <summary>Of twelve healthy scores, eight or more lie below clearAt five times in six.</summary>
    private static readonly MOfN ClearAfter = new(8, 12);

    /// <param name="sound">Scores of sound readings, by machine.</param>
    public static AlertPolicy Choose(IEnumerable<IEnumerable<float>> sound)
    {
        var healthy = sound.Select(scores => scores.ToArray()).Where(scores => scores.Length >= RaiseAfter.N).ToList();
        if (healthy.Count == 0) throw new DataException($"no machine has {RaiseAfter.N} scores of sound readings to choose limits from");
        var raiseAt = RoundUp(Quantile(healthy.Select(scores => Statistic(scores, RaiseAfter).Max()), 1 - FalseAlarmShare));
        var clearAt = RoundUp(Quantile(healthy.SelectMany(scores => scores), ClearShare));
        return new AlertPolicy { RaiseAt = raiseAt, ClearAt = Math.Min(clearAt, raiseAt), RaiseAfter = RaiseAfter, ClearAfter = ClearAfter };
    }

    /// <summary>The M-th largest of each N scores in a row: the rule raises where it lies above the limit.</summary>
    public static float[] Statistic(float[] scores, MOfN rule) => [.. Enumerable.Range(0, Math.Max(0, scores.Length - rule.N + 1))
        .Select(i => scores.AsSpan(i, rule.N).ToArray().OrderDescending().ElementAt(rule.M - 1))];

    private static float Quantile(IEnumerable<float> values, double q)
    {
        var sorted = values.Order().ToArray();
        return sorted[(int)Math.Ceiling(q * sorted.Length) - 1];
    }

    /// <summary>To two decimals, so that people can read it.</summary>
    private static float RoundUp(float limit) => (float)(Math.Ceiling(limit * 100.0) / 100);
}
