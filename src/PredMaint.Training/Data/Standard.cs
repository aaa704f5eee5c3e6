namespace PredMaint.Training.Data;

/// <summary>Mean and standard deviation of each feature, by which a network's first and last steps normalise.</summary>
public sealed record Standard(float[] Mean, float[] Deviation)
{
    /// <summary>Of the first <paramref name="cycles"/> readings of each engine.</summary>
    public static Standard Of(IReadOnlyList<Engine> engines, Func<Engine, int> cycles)
    {
        var width = Cmapss.Features.Count;
        var (sums, squares, count) = (new double[width], new double[width], 0);
        // Two passes: squares of raw values near 9000 would cancel.
        ForEach((f, value) => sums[f] += value);
        count = engines.Sum(cycles);
        var mean = sums.Select(s => s / count).ToArray();
        ForEach((f, value) => squares[f] += (value - mean[f]) * (value - mean[f]));
        return new Standard([.. mean.Select(m => (float)m)], [.. squares.Select(s => (float)Math.Sqrt(s / count))]);

        void ForEach(Action<int, double> take)
        {
            foreach (var engine in engines)
                for (var t = 0; t < cycles(engine); t++)
                    for (var f = 0; f < width; f++) take(f, engine.Reading(t)[f]);
        }
    }
}
