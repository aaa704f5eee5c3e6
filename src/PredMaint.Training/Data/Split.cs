namespace PredMaint.Training.Data;

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
