using PredMaint.Core.Alerts;

namespace PredMaint.Training.Evaluation;

/// <summary>How alerts met a set of engines. An alarm is false where it is raised with more than 125 cycles to live.</summary>
/// <param name="DueEngines">Engines with at most 30 cycles to live at their last reading: all of those that ran to failure.</param>
/// <param name="DueAlarmed">Of those, engines with an alert standing at their last reading.</param>
/// <param name="LifeAtAlarm">Median of true cycles to live when those alerts were raised; null where there is none.</param>
internal sealed record AlarmMetrics(int Engines, int DueEngines, int DueAlarmed, int? LifeAtAlarm, int HealthySteps, int FalseAlarms)
{
    private const int DueLife = 30;

    public static AlarmMetrics Of(IReadOnlyList<Trace> traces)
    {
        var due = traces.Where(t => t.Series.LifeAfterLast <= DueLife).ToList();
        var lives = due.Where(t => t.IsAlarmed).Select(t => t.Series.LifeAt(t.Raised.Last())).Order().ToArray();
        return new AlarmMetrics(traces.Count, due.Count, lives.Length, lives.Length == 0 ? null : lives[lives.Length / 2],
            traces.Sum(t => t.HealthyScores.Count()), traces.Sum(t => t.Raised.Count(cycle => cycle < t.Series.HealthySteps())));
    }
}

/// <summary>What lives and warnings are judged by, in steps; as it stands, what the literature on turbofans takes.</summary>
/// <param name="Clip">Lives beyond it count as this long, and an alert with more to live is false.</param>
/// <param name="LatestWarning">Before the failure: a later one leaves no time.</param>
/// <param name="EarliestWarning">Before the failure: an earlier one throws life away.</param>
/// <param name="Horizon">A probability is of a failure within so many; null where that is not known.</param>
internal sealed record LifeLimits(int Clip = Cmapss.LifeLimit, int LatestWarning = 20, int EarliestWarning = 60, int? Horizon = null)
{
    public static LifeLimits Default { get; } = new();
}

/// <summary>How well the probability of a failure within the horizon was told, at all readings that were scored.</summary>
/// <param name="Brier">Mean squared difference from what came, 1 or 0 (Brier 1950).</param>
/// <param name="BrierOfShare">The same of who always says the share of readings that have a failure within the horizon.</param>
/// <param name="Auc">Share of pairs, one with such a failure and one without, in which the former has the higher probability; of equal ones, half. NaN where all are of one kind.</param>
internal sealed record ProbabilityMetrics(double Brier, double BrierOfShare, double Auc)
{
    public static ProbabilityMetrics Of(IReadOnlyList<Trace> traces, int horizon)
    {
        var said = traces.SelectMany(t => t.Scores.Index().Where(s => s.Item is not null).Select(s => (Probability: (double)s.Item!.Value, Fails: t.Series.LifeAt(s.Index) <= horizon))).ToList();
        var fails = (double)said.Count(s => s.Fails);
        var (pairs, below) = (0.0, 0.0);
        foreach (var same in said.GroupBy(s => s.Probability).OrderBy(g => g.Key))
        {
            var sound = same.Count(s => !s.Fails);
            pairs += (same.Count() - sound) * (below + sound / 2.0);
            below += sound;
        }
        return new ProbabilityMetrics(said.Average(s => Math.Pow(s.Probability - (s.Fails ? 1 : 0), 2)), fails / said.Count * (1 - fails / said.Count), pairs / fails / below);
    }
}

/// <summary>How an alert stood to the failures of machines that ran to their end.</summary>
/// <param name="Warned">Share of machines whose alert at the end was raised in time: from the earliest to the latest warning of the limits, 60 to 20 steps before it.</param>
/// <param name="WithoutWarning">Machines that failed without an alert.</param>
/// <param name="LeadTime">Steps before the failure at which it was raised, the median; 5 % of machines had less than the short one, 5 % more than the long one.</param>
/// <param name="FalseAlarms">In 10,000 steps: raised with more than the clip, 125 steps, to live, or gone again before the end.</param>
internal sealed record WarningMetrics(int Machines, Estimate Warned, int WithoutWarning, int? LeadTime, int? ShortLeadTime, int? LongLeadTime, Estimate FalseAlarms)
{
    private const double Exposure = 10_000;

    public static WarningMetrics Of(IReadOnlyList<Trace> traces, LifeLimits? limits = null)
    {
        limits ??= LifeLimits.Default;
        var leads = traces.Where(t => t.IsAlarmed).Select(t => t.Series.LifeAt(t.Raised.Last())).Order().ToArray();
        return new WarningMetrics(traces.Count, Statistics.Share(leads.Count(l => limits.LatestWarning <= l && l <= limits.EarliestWarning), traces.Count), traces.Count - leads.Length,
            Lead(0.5), Lead(0.05), Lead(0.95),
            Statistics.Rate(CountFalse(traces, limits.Clip), traces.Sum(t => t.Series.Steps) / Exposure));

        int? Lead(double quantile) => leads.Length == 0 ? null : leads[(int)(quantile * leads.Length)];
    }

    /// <summary>Alerts of machines that ran to failure, less those that stood at it and were raised with no more than the clip to live.</summary>
    public static int CountFalse(IEnumerable<Trace> failed, int clip) => failed.Sum(t => t.Raised.Count() - (t.IsAlarmed && t.Series.LifeAt(t.Raised.Last()) <= clip ? 1 : 0));
}

/// <summary>Errors of remaining life, in steps.</summary>
/// <param name="Rmse">Of the median, which is the product's score; what is said and what is true clipped, at 125 as in the literature.</param>
/// <param name="RmseExpected">Of the life that the model says is to be expected (<c>expected</c>), else of the median.</param>
/// <param name="RmseUnclipped">Of the same, nothing clipped.</param>
/// <param name="NasaScore">A sum over the predictions, of the median; see <see cref="LifeErrors.NasaScore"/>.</param>
internal sealed record LifeMetrics(int Predictions, double Rmse, double RmseExpected, double RmseUnclipped, double NasaScore, double NasaScoreExpected)
{
    /// <summary>At the last reading of each machine.</summary>
    public static LifeMetrics AtLast(IEnumerable<Trace> traces, int clip = Cmapss.LifeLimit) => Of([.. traces.Select(t => t.JudgedLives.Last())], clip);

    /// <summary>Expected for machines that are cut anywhere after the warm-up, each counting as much as another.</summary>
    public static LifeMetrics AtAnyCut(IEnumerable<Trace> traces, int clip = Cmapss.LifeLimit)
    {
        var cuts = traces.Select(t => Of([.. t.JudgedLives], clip)).ToList();
        return new LifeMetrics(cuts.Count, Root(c => c.Rmse), Root(c => c.RmseExpected), Root(c => c.RmseUnclipped),
            cuts.Sum(c => c.NasaScore / c.Predictions), cuts.Sum(c => c.NasaScoreExpected / c.Predictions));

        double Root(Func<LifeMetrics, double> rmse) => Math.Sqrt(cuts.Average(c => rmse(c) * rmse(c)));
    }

    private static LifeMetrics Of(IReadOnlyList<(RemainingLife Said, int True)> lives, int clip)
    {
        var medians = lives.Select(l => (Clipped(l.Said.Median), Clipped(l.True))).ToList();
        var means = lives.Select(l => (Clipped(l.Said.Expected ?? l.Said.Median), Clipped(l.True))).ToList();
        return new LifeMetrics(lives.Count, LifeErrors.Rmse(medians), LifeErrors.Rmse(means), LifeErrors.Rmse(lives.Select(l => ((double)(l.Said.Expected ?? l.Said.Median), (double)l.True))),
            LifeErrors.NasaScore(medians), LifeErrors.NasaScore(means));

        double Clipped(double life) => Math.Min(life, clip);
    }

    /// <summary>Share of steps, of those with at most the clip to live, whose life lies between the outermost quantiles.</summary>
    public static double Coverage(IEnumerable<Trace> traces, int clip = Cmapss.LifeLimit) => traces.SelectMany(t => t.JudgedLives)
        .Where(l => l.True <= clip).Average(l => l.Said.Low <= l.True && l.True <= l.Said.High ? 1.0 : 0);

    /// <summary>Mean distance of the outermost quantiles, at the same steps.</summary>
    public static double Width(IEnumerable<Trace> traces, int clip = Cmapss.LifeLimit) => traces.SelectMany(t => t.JudgedLives)
        .Where(l => l.True <= clip).Average(l => (double)l.Said.High - l.Said.Low);
}

/// <summary>How often an interval held the true life, and how wide it is, in steps.</summary>
internal sealed record IntervalMetrics(double Coverage90, double Width90, double Coverage80, double Width80)
{
    /// <param name="outer">Played with the 90 % interval's limits outermost.</param>
    /// <param name="inner">With those of the 80 % interval.</param>
    public static IntervalMetrics Of(IReadOnlyList<Trace> outer, IReadOnlyList<Trace> inner) =>
        new(LifeMetrics.Coverage(outer), LifeMetrics.Width(outer), LifeMetrics.Coverage(inner), LifeMetrics.Width(inner));
}

/// <summary>On an official test, at the last reading of each engine; intervals at all its readings.</summary>
/// <param name="JoinedLate">The same where only the last 50 readings are seen.</param>
/// <param name="RmseOfFolds">Of the expectation, by the networks of the folds, which learnt from three quarters of the engines with other seeds: the spread.</param>
internal sealed record TestMetrics(LifeMetrics Whole, LifeMetrics JoinedLate, IntervalMetrics Intervals, Estimate RmseOfFolds);

/// <summary>On training engines, each judged by a network that has not seen it.</summary>
/// <param name="RmseByFold">Of the expectation.</param>
internal sealed record HeldOutMetrics(LifeMetrics AtAnyCut, Estimate RmseByFold, IntervalMetrics Intervals);

/// <param name="HeldOut">By set.</param>
/// <param name="Warnings">On the held-out engines of the sets at sea level.</param>
/// <param name="Test">By set.</param>
/// <param name="Disagreement">Of the file and TorchSharp: see <see cref="Agreement"/>.</param>
internal sealed record FailureMetrics(
    IReadOnlyDictionary<string, HeldOutMetrics> HeldOut, WarningMetrics Warnings, IReadOnlyDictionary<string, TestMetrics> Test, double Disagreement);

/// <param name="HeldOut">Training engines from which neither weights nor limits come.</param>
/// <param name="MeanSquaredZ">Of their healthy cycles; 1 where the spread is honest.</param>
/// <param name="Test">All readings of FD001's official test.</param>
internal sealed record AnomalyMetrics(AlarmMetrics HeldOut, double MeanSquaredZ, AlarmMetrics Test, double TestMeanSquaredZ, double Disagreement)
{
    public static double MeanSquared(IReadOnlyList<Trace> traces) => traces.SelectMany(t => t.HealthyScores).Average(score => (double)score * score);
}

/// <summary>A training's outcome, for metrics.json and for each manifest's <c>trained</c>.</summary>
internal sealed record TrainingMetrics(FailureMetrics Failure, AnomalyMetrics Anomaly);

/// <summary>Errors of remaining life, in cycles, over pairs of what was predicted and what was true.</summary>
public static class LifeErrors
{
    public static double Rmse(IEnumerable<(double Predicted, double True)> lives) =>
        Math.Sqrt(lives.Average(p => (p.Predicted - p.True) * (p.Predicted - p.True)));

    /// <summary>
    /// The score of the PHM08 challenge (Saxena et al. 2008), a sum over engines; less is better, and a life predicted too long
    /// costs more than one too short: e^(d/10)-1 where d = predicted - true is positive, else e^(-d/13)-1.
    /// </summary>
    public static double NasaScore(IEnumerable<(double Predicted, double True)> lives) =>
        lives.Sum(p => Math.Exp(p.Predicted >= p.True ? (p.Predicted - p.True) / 10 : (p.True - p.Predicted) / 13) - 1);
}
