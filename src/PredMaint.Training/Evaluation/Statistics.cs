using System.Globalization;

namespace PredMaint.Training.Evaluation;

/// <summary>A measured number and the range about it: a 95 % interval of what was counted, twice the standard error of a mean.</summary>
internal readonly record struct Estimate(double Value, double Low, double High)
{
    /// <summary>Value and range, each by a standard number format.</summary>
    public string ToText(string format) => $"{Text(Value, format)} ({Text(Low, format)} to {Text(High, format)})";

    private static string Text(double number, string format) => number.ToString(format, CultureInfo.InvariantCulture);
}

/// <summary>Exact intervals of counts (Clopper and Pearson 1934; Garwood 1936): no more than 2.5 % on either side.</summary>
internal static class Statistics
{
    private const double Tail = 0.025;
    private const int Halvings = 60;
    private const int Resamplings = 1000;

    /// <summary>The share that <paramref name="count"/> of <paramref name="total"/> independent trials tell of.</summary>
    public static Estimate Share(int count, int total) => total == 0 ? new Estimate(double.NaN, 0, 1) : new Estimate((double)count / total,
        count == 0 ? 0 : Root(p => 1 - Binomial(count - 1, total, p), 0, 1),
        count == total ? 1 : Root(p => -Binomial(count, total, p), 0, 1));

    /// <summary>The rate of events, each by itself, of which <paramref name="count"/> came in <paramref name="exposure"/>.</summary>
    public static Estimate Rate(int count, double exposure)
    {
        // Beyond it lies less than any tail.
        var most = count + 10 * Math.Sqrt(count + 1) + 10;
        return new Estimate(count / exposure, count == 0 ? 0 : Root(m => 1 - Poisson(count - 1, m), 0, most) / exposure, Root(m => -Poisson(count, m), 0, most) / exposure);
    }

    /// <summary>The one below which that share of the others lies.</summary>
    public static float Quantile(IEnumerable<float> values, double share)
    {
        var sorted = values.Order().ToArray();
        return sorted[(int)(share * (sorted.Length - 1))];
    }

    /// <summary>Mean and twice its standard error: of independent repetitions.</summary>
    public static Estimate Mean(IReadOnlyList<double> values)
    {
        var mean = values.Average();
        var error = values.Count < 2 ? double.NaN : Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1) / values.Count);
        return new Estimate(mean, mean - 2 * error, mean + 2 * error);
    }

    /// <summary>What is computed from all of the items, and 95 % of what samples of as many, drawn with replacement, come to (Efron 1979), those left out that have no such number; NaN without any.</summary>
    public static Estimate Resampled<T>(IReadOnlyList<T> items, Func<IReadOnlyList<T>, double> statistic)
    {
        // One tells nothing of how they differ.
        if (items.Count < 2) return new Estimate(items.Count == 0 ? double.NaN : statistic(items), double.NaN, double.NaN);
        var random = new Random(1);
        var again = Enumerable.Range(0, Resamplings).Select(_ => statistic([.. items.Select(_ => items[random.Next(items.Count)])])).Where(double.IsFinite).Order().ToArray();
        return again.Length == 0 ? new Estimate(double.NaN, double.NaN, double.NaN) : new Estimate(statistic(items), again[(int)(Tail * again.Length)], again[(int)((1 - Tail) * again.Length)]);
    }

    /// <summary>Where a rising function, less its tail, changes its sign.</summary>
    private static double Root(Func<double, double> rising, double low, double high)
    {
        var target = rising(high) > 0 && rising(low) >= 0 ? Tail : -Tail;
        for (var i = 0; i < Halvings; i++)
        {
            var middle = (low + high) / 2;
            if (rising(middle) < target) low = middle;
            else high = middle;
        }
        return (low + high) / 2;
    }

    /// <summary>Probability of at most k successes.</summary>
    private static double Binomial(int k, int n, double p)
    {
        if (p is 0 or 1) return p == 0 || k >= n ? 1 : 0;
        var (term, sum) = (n * Math.Log(1 - p), 0.0);
        for (var i = 0; i <= k; i++)
        {
            sum += Math.Exp(term);
            term += Math.Log((double)(n - i) / (i + 1)) + Math.Log(p) - Math.Log(1 - p);
        }
        return sum;
    }

    /// <summary>Probability of at most k events where m are expected.</summary>
    private static double Poisson(int k, double m)
    {
        if (m == 0) return 1;
        var (term, sum) = (-m, 0.0);
        for (var i = 0; i <= k; i++)
        {
            sum += Math.Exp(term);
            term += Math.Log(m) - Math.Log(i + 1);
        }
        return sum;
    }
}
