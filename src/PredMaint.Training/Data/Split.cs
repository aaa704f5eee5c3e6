namespace PredMaint.Training.Data;

/// <summary>Whole machines dealt to three uses: to fit weights, to choose limits, to judge what came out.</summary>
public sealed record Split(IReadOnlyList<Series> Fit, IReadOnlyList<Series> Choose, IReadOnlyList<Series> Judge)
{
    private const double FitShare = 0.6;
    private const double ChooseShare = 0.2;
    private const int Turns = 5;

    /// <summary>Deals the machines of each set alike; the same seed deals the same way.</summary>
    public static Split Of(IReadOnlyList<IReadOnlyList<Series>> sets, int seed)
    {
        var (fit, choose, judge) = (new List<Series>(), new List<Series>(), new List<Series>());
        foreach (var set in sets)
        {
            var dealt = set.ToArray();
            new Random(seed).Shuffle(dealt);
            var fitted = (int)(dealt.Length * FitShare);
            var chosen = fitted + (int)(dealt.Length * ChooseShare);
            if (fitted == 0 || chosen == fitted) throw new DataException($"a set of {dealt.Length} machines is too small to be dealt to three uses");
            fit.AddRange(dealt[..fitted]);
            choose.AddRange(dealt[fitted..chosen]);
            judge.AddRange(dealt[chosen..]);
        }
        return new Split(fit, choose, judge);
    }

    /// <summary>Deals in turn, first those that have something to be found, so that each use gets some of them where there are three.</summary>
    public static Split InTurn(IReadOnlyList<Series> machines, Func<Series, bool> hasSomething, int seed)
    {
        if (machines.Count < Turns) throw new DataException($"{machines.Count} machines are too few to be dealt to three uses, to fit, to choose and to judge: at least {Turns} are needed");
        var dealt = machines.ToArray();
        new Random(seed).Shuffle(dealt);
        dealt = [.. dealt.OrderByDescending(hasSomething)];
        return new Split(Taking(1, 3, 4), Taking(2), Taking(0));

        List<Series> Taking(params int[] turns) => [.. dealt.Where((_, i) => turns.Contains(i % Turns))];
    }

    /// <summary>The machines of each set dealt alike to so many folds.</summary>
    public static IReadOnlyList<IReadOnlyList<Series>> Folds(IReadOnlyList<IReadOnlyList<Series>> sets, int count, int seed)
    {
        var folds = Enumerable.Range(0, count).Select(_ => new List<Series>()).ToList();
        foreach (var set in sets)
        {
            if (set.Count < count) throw new DataException($"a set of {set.Count} machines is too small for {count} folds");
            var dealt = set.ToArray();
            new Random(seed).Shuffle(dealt);
            for (var i = 0; i < dealt.Length; i++) folds[i % count].Add(dealt[i]);
        }
        return folds;
    }
}
