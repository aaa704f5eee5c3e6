namespace PredMaint.Training.Data;

/// <summary>Whole engines dealt to three uses: to fit weights, to choose limits, to judge what came out.</summary>
public sealed record Split(IReadOnlyList<Engine> Fit, IReadOnlyList<Engine> Choose, IReadOnlyList<Engine> Judge)
{
    private const double FitShare = 0.8;
    private const double ChooseShare = 0.1;

    /// <summary>The same seed deals the same way.</summary>
    public static Split Of(IEnumerable<Engine> engines, int seed)
    {
        var dealt = engines.ToArray();
        new Random(seed).Shuffle(dealt);
        var fit = (int)(dealt.Length * FitShare);
        var choose = (int)(dealt.Length * ChooseShare);
        return new Split(dealt[..fit], dealt[fit..(fit + choose)], dealt[(fit + choose)..]);
    }
}
