namespace PredMaint.Training.Data;

/// <summary>
/// Mean and standard deviation of each sensor in each operating condition, by which a network's first and last steps normalise.
/// </summary>
/// <param name="Centres">Of the conditions, in units of the setting that tells them apart; one entry where there is one condition.</param>
/// <param name="Mean">[conditions, sensors], row-major.</param>
/// <param name="Deviation">[conditions, sensors]; 1 where nothing of the condition was seen.</param>
public sealed record Standard(float[] Centres, float[] Mean, float[] Deviation)
{
    public int Sensors => Mean.Length / Centres.Length;

    /// <summary>Of the first <paramref name="cycles"/> readings of each machine.</summary>
    public static Standard Of(IReadOnlyList<Series> engines, Func<Series, int> cycles, float[] centres)
    {
        // The last column is the setting where there are several conditions.
        var width = engines[0].Features.Count - (centres.Length > 1 ? 1 : 0);
        var (sums, squares, counts) = (new double[centres.Length * width], new double[centres.Length * width], new double[centres.Length]);
        ForEach((condition, _, value, at) =>
        {
            if (at == 0) counts[condition]++;
            sums[condition * width + at] += value;
        });
        var mean = sums.Select((sum, i) => counts[i / width] == 0 ? 0 : sum / counts[i / width]).ToArray();
        // Two passes: squares of raw values near 9000 would cancel.
        ForEach((condition, i, value, _) => squares[i] += (value - mean[i]) * (value - mean[i]));
        return new Standard(centres, [.. mean.Select(m => (float)m)], [.. squares.Select((s, i) => s == 0 ? 1 : (float)Math.Sqrt(s / counts[i / width]))]);

        void ForEach(Action<int, int, double, int> take)
        {
            foreach (var engine in engines)
                for (var t = 0; t < cycles(engine); t++)
                {
                    var reading = engine.Reading(t);
                    var condition = Condition(centres, reading[^1]);
                    for (var f = 0; f < width; f++) take(condition, condition * width + f, reading[f], f);
                }
        }
    }

    /// <summary>The nearest centre's number.</summary>
    private static int Condition(float[] centres, float setting)
    {
        var nearest = 0;
        for (var i = 1; i < centres.Length; i++)
            if (Math.Abs(centres[i] - setting) < Math.Abs(centres[nearest] - setting)) nearest = i;
        return nearest;
    }
}
