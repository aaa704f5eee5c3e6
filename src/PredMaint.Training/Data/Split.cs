namespace PredMaint.Training.Data;

/// <summary>Whole engines dealt to three uses: to fit weights, to choose limits, to judge what came out.</summary>
public sealed record Split(IReadOnlyList<Engine> Fit, IReadOnlyList<Engine> Choose, IReadOnlyList<Engine> Judge)
{
    private const double FitShare = 0.8;
    private const double ChooseShare = 0.1;

    /// <summary>Deals the engines of each set alike; the same seed deals the same way.</summary>
    public static Split Of(IReadOnlyList<IReadOnlyList<Engine>> sets, int seed)
    {
        var (fit, choose, judge) = (new List<Engine>(), new List<Engine>(), new List<Engine>());
        foreach (var set in sets)
        {
            var dealt = set.ToArray();
            new Random(seed).Shuffle(dealt);
            var fitted = (int)(dealt.Length * FitShare);
            var chosen = fitted + Math.Max(1, (int)(dealt.Length * ChooseShare));
            fit.AddRange(dealt[..fitted]);
            choose.AddRange(dealt[fitted..chosen]);
            judge.AddRange(dealt[chosen..]);
        }
        return new Split(fit, choose, judge);
    }
}
