using System.Text.Json.Nodes;

namespace PredMaint.Training.Failure;

/// <summary>
/// The failure model: what ships has learnt from all engines. How good its kind is and how wide its intervals have to be is
/// told by folds: for each quarter of the engines networks that have seen none of it.
/// </summary>
internal sealed class FailureModel
{
    private const int FoldCount = 4;
    private const int Members = 4;

    /// <summary>Readings of an engine whose stream is joined late.</summary>
    private const int LateReadings = 50;

    private readonly Ensemble shipped;
    private readonly List<(IReadOnlyList<Series> HeldOut, Ensemble Fit)> folds = [];
    private readonly List<Trace> heldOut = [];
    private readonly List<Trace> tested = [];
    private IReadOnlyList<float> shares = [];
    private IReadOnlyList<LifeQuantile> quantiles = [];

    public FailureModel(TrainSettings settings, IReadOnlyList<IReadOnlyList<Series>> sets)
    {
        var data = Turbofan.TrainData(settings.Data);
        var digest = data.Sha256();
        shipped = EnsembleOf([.. sets.SelectMany(s => s)], "all", 0);
        var dealt = Split.Folds(sets, FoldCount, settings.Seed);
        for (var fold = 0; fold < FoldCount; fold++)
            folds.Add((dealt[fold], EnsembleOf([.. dealt.Where((_, i) => i != fold).SelectMany(e => e)], $"fold{fold + 1}", fold + 1)));

        // The number tells the fits of a training apart.
        Ensemble EnsembleOf(IReadOnlyList<Series> engines, string name, int number) => new(engines, [.. Enumerable.Range(1, Members).Select(i => new FitJob(
            $"failure, {name}, {i} of {Members}", Turbofan.Failure, data, digest, [.. engines.Select(e => e.Name)], HeldOut: [],
            settings.Seed * 1000 + number * 10 + i, settings.FailureEpochs, Patience: 0, settings.FitFile($"failure-{name}-{i}")))]);
    }

    public IEnumerable<FitJob> Jobs => shipped.Jobs.Concat(folds.SelectMany(f => f.Fit.Jobs));

    /// <summary>Calibrates the intervals and judges all, when the jobs are done.</summary>
    /// <param name="tests">Engines of the official tests, by set.</param>
    public FailureMetrics Judge(IReadOnlyDictionary<string, IReadOnlyList<Series>> tests)
    {
        var byFold = folds.ConvertAll(f =>
        {
            using var net = f.Fit.Load([]);
            return Calibration.Shares(net, f.HeldOut);
        });
        shares = [.. byFold.SelectMany(s => s)];
        quantiles = Calibration.Quantiles(shares);
        List<(int Fold, Trace Outer, Trace Inner)> judged = [];
        for (var fold = 0; fold < FoldCount; fold++)
        {
            // Calibrated by the other folds: an interval is judged by engines that it was not made for.
            var (outer, inner) = Play(folds[fold].Fit, Calibration.Quantiles([.. byFold.Where((_, i) => i != fold).SelectMany(s => s)]), folds[fold].HeldOut);
            judged.AddRange(outer.Zip(inner, (o, i) => (fold, o, i)));
        }
        heldOut.AddRange(judged.Select(j => j.Outer));
        var bySet = judged.GroupBy(j => Cmapss.SetOf(j.Outer.Series.Name)).OrderBy(g => g.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => HeldOutOf([.. g]), StringComparer.Ordinal);
        var warnings = WarningMetrics.Of([.. heldOut.Where(t => tests.ContainsKey(Cmapss.SetOf(t.Series.Name)))]);
        var disagreement = 0.0;
        var byTest = tests.ToDictionary(t => t.Key, t => TestOf(t.Value, ref disagreement), StringComparer.Ordinal);
        return new FailureMetrics(bySet, warnings, byTest, Agreement.Require(Turbofan.FailureName.Name, disagreement));
    }

    /// <summary>What the product said of engines that were held out; empty before they are judged, as the two that follow.</summary>
    public IReadOnlyList<Trace> HeldOut => heldOut;

    /// <summary>Of the official tests' engines.</summary>
    public IReadOnlyList<Trace> Tested => tested;

    /// <summary>Mass of the histogram below the true life, at each step of the engines that were held out.</summary>
    public IReadOnlyList<float> Shares => shares;

    /// <param name="trained">What is told of its origin.</param>
    public void Write(string file, JsonObject trained)
    {
        using var net = shipped.Load(quantiles);
        net.Write(file, Turbofan.FailureName, Turbofan.FailurePolicy(), trained);
    }

    private static HeldOutMetrics HeldOutOf(IReadOnlyList<(int Fold, Trace Outer, Trace Inner)> traces) => new(
        LifeMetrics.AtAnyCut(traces.Select(t => t.Outer)),
        Statistics.Mean([.. traces.GroupBy(t => t.Fold).Select(g => LifeMetrics.AtAnyCut(g.Select(t => t.Outer)).RmseExpected)]),
        IntervalMetrics.Of([.. traces.Select(t => t.Outer)], [.. traces.Select(t => t.Inner)]));

    private TestMetrics TestOf(IReadOnlyList<Series> engines, ref double disagreement)
    {
        var (outer, inner) = Play(shipped, quantiles, engines);
        tested.AddRange(outer);
        using (var net = shipped.Load(quantiles)) disagreement = Math.Max(disagreement, Agreement.Of(net, engines));
        var late = Play(shipped, quantiles, [.. engines.Select(e => e.Last(LateReadings))]).Outer;
        var ofFolds = folds.ConvertAll(f => LifeMetrics.AtLast(Play(f.Fit, quantiles, engines).Outer).RmseExpected);
        return new TestMetrics(LifeMetrics.AtLast(outer), LifeMetrics.AtLast(late), IntervalMetrics.Of(outer, inner), Statistics.Mean(ofFolds));
    }

    /// <summary>Through files, by the product; inner is without the outermost quantiles.</summary>
    private static (IReadOnlyList<Trace> Outer, IReadOnlyList<Trace> Inner) Play(Ensemble fit, IReadOnlyList<LifeQuantile> quantiles, IReadOnlyList<Series> engines) =>
        (Play(fit, engines, quantiles), Play(fit, engines, [.. quantiles.Skip(1).SkipLast(1)]));

    private static IReadOnlyList<Trace> Play(Ensemble fit, IReadOnlyList<Series> engines, IReadOnlyList<LifeQuantile> quantiles)
    {
        using var net = fit.Load(quantiles);
        return Playback.OfDraft(file => net.Write(file, Turbofan.FailureName, Turbofan.FailurePolicy(), trained: null), policy: null, engines);
    }
}
