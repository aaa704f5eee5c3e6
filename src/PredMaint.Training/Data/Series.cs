namespace PredMaint.Training.Data;

/// <summary>One engine's run, a reading a cycle.</summary>
/// <param name="Name">Set and unit: <c>train_FD001/7</c>.</param>
/// <param name="Readings">[cycles, features], row-major, raw units, in the order of <see cref="Cmapss.Features"/>.</param>
/// <param name="LifeAfterLast">Cycles of remaining life at the last reading; 0 for an engine that ran to failure.</param>
public sealed record Engine(string Name, float[] Readings, int LifeAfterLast)
{
    public int Cycles => Readings.Length / Cmapss.Features.Count;

    /// <summary>The reading of a cycle, counted from 0.</summary>
    public ReadOnlySpan<float> Reading(int cycle) => Readings.AsSpan(cycle * Cmapss.Features.Count, Cmapss.Features.Count);

    /// <summary>True remaining life, in cycles, at a cycle counted from 0.</summary>
    public int LifeAt(int cycle) => LifeAfterLast + Cycles - 1 - cycle;

    /// <summary>
    /// How many of the first cycles count as healthy: those with more than <see cref="Cmapss.LifeLimit"/> cycles to live, the
    /// span in which the failure model too is told nothing but "long".
    /// </summary>
    public int HealthyCycles => Math.Clamp(LifeAfterLast + Cycles - 1 - Cmapss.LifeLimit, 0, Cycles);
}

/// <summary>
/// Whole engines dealt to three uses: to fit weights, to choose limits, to judge what came out. A model without limits to
/// choose may fit its weights to the first two.
/// </summary>
public sealed record Split(IReadOnlyList<Engine> Fit, IReadOnlyList<Engine> Choose, IReadOnlyList<Engine> Judge)
{
    private const double FitShare = 0.6;
    private const double ChooseShare = 0.2;

    /// <summary>Deals the engines of each set alike; the same seed deals the same way.</summary>
    public static Split Of(IReadOnlyList<IReadOnlyList<Engine>> sets, int seed)
    {
        var (fit, choose, judge) = (new List<Engine>(), new List<Engine>(), new List<Engine>());
        foreach (var set in sets)
        {
            var dealt = set.ToArray();
            new Random(seed).Shuffle(dealt);
            var fitted = (int)(dealt.Length * FitShare);
            var chosen = fitted + (int)(dealt.Length * ChooseShare);
            if (fitted == 0 || chosen == fitted) throw new DataException($"a set of {dealt.Length} engines is too small to be dealt to three uses");
            fit.AddRange(dealt[..fitted]);
            choose.AddRange(dealt[fitted..chosen]);
            judge.AddRange(dealt[chosen..]);
        }
        return new Split(fit, choose, judge);
    }
}
