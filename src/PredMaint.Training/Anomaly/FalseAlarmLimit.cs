using PredMaint.Core.Alerts;

namespace PredMaint.Training.Anomaly;

/// <summary>
/// The limit that an M-of-N rule crosses at a stated rate, from scores of clean readings. The rule raises where the M-th largest of
/// the last N scores is above the limit; the peaks of that are counted as events, and where the data is too short to have seen such
/// a rare one, their tail is extended by a generalised Pareto distribution (Pickands 1975; fitted by probability-weighted moments,
/// Hosking and Wallis 1987).
/// </summary>
/// <param name="RaiseAt">Crossed once in the stated time; the interval is a bootstrap's over the peaks.</param>
/// <param name="Days">Machine-days of scores that it comes from.</param>
/// <param name="Peaks">Separate peaks that the tail was fitted to.</param>
/// <param name="IsExtended">The limit lies beyond all that was seen.</param>
internal sealed record FalseAlarmLimit(Estimate RaiseAt, float ClearAt, double Days, int Peaks, bool IsExtended)
{
    /// <summary>Of the rule's statistic: what lies above it is the tail.</summary>
    private const double TailFrom = 0.98;

    public const double DaysAMonth = 30;

    private const int FewestPeaks = 20;
    private const int Resamplings = 500;
    /// <summary>From an exponential tail on: one that ends would promise more than so few peaks can tell.</summary>
    private const double MaxShape = 0.5;

    /// <param name="alarmsPerDay">A machine.</param>
    /// <exception cref="DataException">There are too few scores to tell a tail.</exception>
    public static FalseAlarmLimit Choose(IReadOnlyList<Trace> traces, MOfN rule, double alarmsPerDay, int seed)
    {
        var machines = traces.Select(t => Limits.Statistic([.. t.Scores.OfType<float>()], rule)).Where(s => s.Length > 0).ToList();
        if (machines.Count == 0) throw new DataException($"no machine has {rule.N} scores");
        var days = traces.Sum(t => t.Scores.Count(s => s is not null) * t.Series.StepSeconds) / TimeSpan.SecondsPerDay;
        var from = Statistics.Quantile(machines.SelectMany(s => s), TailFrom);
        var peaks = machines.SelectMany(s => PeaksOf(s, from, rule.N)).ToArray();
        if (peaks.Length < FewestPeaks) throw new DataException($"{days:0.##} days of scores have {peaks.Length} peaks in their tail, a limit needs {FewestPeaks}; give more clean readings");
        var raiseAt = Level(peaks, from, days, alarmsPerDay);
        var random = new Random(seed);
        var again = Enumerable.Range(0, Resamplings).Select(_ => Level([.. Enumerable.Range(0, Poissonian(peaks.Length, random)).Select(_ => peaks[random.Next(peaks.Length)])], from, days, alarmsPerDay)).Order().ToArray();
        var clearAt = Math.Min(Statistics.Quantile(traces.SelectMany(t => t.Scores.OfType<float>()), Limits.ClearShare), (float)raiseAt);
        return new FalseAlarmLimit(new Estimate(raiseAt, again[(int)(0.025 * Resamplings)], again[(int)(0.975 * Resamplings)]), clearAt, days, peaks.Length, raiseAt > peaks.Max());
    }

    /// <param name="rule">Both raises and clears.</param>
    public AlertPolicy ToPolicy(MOfN rule)
    {
        return new AlertPolicy { RaiseAt = Rounded(RaiseAt.Value, Math.Ceiling), ClearAt = Rounded(ClearAt, Math.Floor), RaiseAfter = rule, ClearAfter = rule };

        // To three digits, as people read it, of itself or of what tells it from the other.
        float Rounded(double limit, Func<double, double> round)
        {
            var size = Math.Min(Math.Abs(limit), RaiseAt.Value - ClearAt);
            var digit = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(size, 1e-30))) - 2);
            return (float)(round(limit / digit) * digit);
        }
    }

    /// <summary>The highest of each stretch above the threshold; stretches closer than N steps are one.</summary>
    private static IEnumerable<float> PeaksOf(float[] statistic, float from, int apart)
    {
        var (peak, below) = (float.NegativeInfinity, 0);
        foreach (var value in statistic)
        {
            below = value > from ? 0 : below + 1;
            if (value > from) peak = Math.Max(peak, value);
            if (below < apart || float.IsNegativeInfinity(peak)) continue;
            yield return peak;
            peak = float.NegativeInfinity;
        }
        if (!float.IsNegativeInfinity(peak)) yield return peak;
    }

    /// <summary>What peaks exceed at that rate: the quantile of the fitted tail.</summary>
    private static double Level(float[] peaks, float from, double days, double alarmsPerDay)
    {
        if (peaks.Length < 2) return from;
        var excesses = peaks.Select(p => (double)p - from).Order().ToArray();
        var n = excesses.Length;
        var mean = excesses.Average();
        var weighted = excesses.Select((x, i) => (1 - (i + 0.65) / n) * x).Average();
        var shape = Math.Clamp(2 - mean / (mean - 2 * weighted), 0, MaxShape);
        var scale = mean * (1 - shape);
        var rarer = n / days / alarmsPerDay;
        if (rarer <= 1) return from;
        return from + (Math.Abs(shape) < 1e-6 ? scale * Math.Log(rarer) : scale / shape * (Math.Pow(rarer, shape) - 1));
    }

    private static int Poissonian(double mean, Random random)
    {
        // By the central limit: there are at least as many peaks as are needed for a fit.
        var gaussian = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return Math.Max(2, (int)Math.Round(mean + Math.Sqrt(mean) * gaussian));
    }
}
