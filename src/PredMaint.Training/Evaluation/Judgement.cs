using System.Globalization;
using PredMaint.Core.Models;

namespace PredMaint.Training.Evaluation;

/// <summary>How good a model was on machines whose truth is known: by their labels or, without them, by their lives.</summary>
/// <param name="Metrics">A <see cref="DetectionMetrics"/> or a <see cref="LifeReport"/>.</param>
/// <param name="Lines">The same for people.</param>
internal sealed record Judgement(object Metrics, IReadOnlyList<(string Name, string Value)> Lines)
{
    /// <summary>The figure by which one model is compared with another: VUS-PR, the error of remaining life at any reading, or the share of machines that were warned in time.</summary>
    public (string Name, double Value) Headline => Metrics switch
    {
        DetectionMetrics d => ("VUS-PR", d.VusPr),
        LifeReport { AtAnyCut: { } cut } => ("RMSE at any reading", cut.RmseExpected),
        LifeReport r => ("warned in time", r.Warnings?.Warned.Value ?? double.NaN),
        _ => throw new InvalidOperationException($"{Metrics.GetType().Name} is no judgement"),
    };

    /// <param name="window">Of VUS-PR, in steps.</param>
    /// <exception cref="DataException">Nothing was scored.</exception>
    public static Judgement Of(ModelManifest manifest, IReadOnlyList<Trace> traces, TimeSpan maxGap, LifeLimits limits, int window)
    {
        if (traces.All(t => t.Scores.All(s => s is null)))
            throw new DataException($"nothing was scored: each of the {traces.Count} machines needs {Math.Max(manifest.Warmup, manifest.Steps)} readings to warm up, less than {maxGap.TotalMinutes:0.##} minutes apart (--max-gap)");
        var readings = ("readings", $"{traces.Sum(t => t.Series.Steps)} of {traces.Count} machines");
        if (traces[0].Series.Labels is null)
        {
            var life = LifeReport.Of(traces, manifest, limits);
            return new Judgement(life, [readings, .. LinesOf(life, limits)]);
        }
        var detection = DetectionMetrics.Of(traces, window);
        return new Judgement(detection, [readings, .. LinesOf(detection)]);
    }

    private static IEnumerable<(string, string)> LinesOf(LifeReport life, LifeLimits limits)
    {
        if (life.AtLast is { } last) yield return ("at each last reading", $"RMSE {Number(last.RmseExpected)}, clipped at {limits.Clip} (unclipped {Number(last.RmseUnclipped)}), NASA score {Number(last.NasaScoreExpected)}");
        if (life.AtAnyCut is { } cut) yield return ("at any reading", $"RMSE {Range(life.RmseRange!.Value)}, NASA score {Number(cut.NasaScoreExpected)}");
        if (life.Coverage is { } coverage) yield return ("interval covers", $"{Percent(coverage)}, {Number(life.Width!.Value)} wide");
        if (life.Probability is { } p) yield return ("probability", $"of a failure within {limits.Horizon}: Brier score {Number(p.Brier)} ({Number(p.BrierOfShare)} by their share alone), AUC {Number(p.Auc)}");
        if (life.Warnings is { } w)
        {
            yield return ($"warned {limits.LatestWarning} to {limits.EarliestWarning} ahead", $"{Percent(w.Warned)} of {w.Machines} that ran to failure, {w.WithoutWarning} without a warning");
            yield return ("lead time", w.LeadTime is null ? "-" : $"{w.LeadTime} at the median, {w.ShortLeadTime} and {w.LongLeadTime} at 5 % and 95 %");
            yield return ("false alarms in 10,000", Range(w.FalseAlarms));
        }
        if (life.FalseAlarmsPerDay is { } rate) yield return ("false alarms a day", Range(rate));
    }

    private static IEnumerable<(string, string)> LinesOf(DetectionMetrics d) =>
    [
        ("anomalous", $"{d.Anomalous} of {d.Steps} readings"), ("VUS-PR", Range(d.VusPrRange)), ("AUC-PR", Number(d.AucPr)),
        ("alerts", $"F1 {Range(d.F1Range)}, precision {Number(d.Precision)}, recall {Number(d.Recall)}, false at {Number(100 * d.FalseAlarmRate)} % of normal readings"),
        ("events found", Percent(d.EventRecall)), ("false alarms a day", d.FalseAlarmsPerDay is { } rate ? Range(rate) : "- (the data has no times)"), ("delay", d.DelaySeconds is { } delay ? $"{Number(delay)} s at the median" : "-"),
    ];

    private static string Number(double number) => double.IsNaN(number) ? "-" : number.ToString("G4", CultureInfo.InvariantCulture);

    private static string Range(Estimate e) => double.IsNaN(e.Value) ? "-" : double.IsNaN(e.Low) ? Number(e.Value) : $"{Number(e.Value)} (95 %: {Number(e.Low)} to {Number(e.High)})";

    private static string Percent(Estimate e) => double.IsNaN(e.Value) ? "-" : $"{Number(100 * e.Value)} % (95 %: {Number(100 * e.Low)} to {Number(100 * e.High)})";
}

/// <summary>How well lives were told, and warnings of failures.</summary>
/// <param name="RmseRange">Of the one at any cut, over which machines there might have been; as that of the coverage.</param>
/// <param name="Coverage">Share of lives within the outermost quantiles, of those that are no longer than the clip.</param>
/// <param name="Width">Of that interval, the mean.</param>
/// <param name="Probability">Null where the model says none or nobody says within what horizon.</param>
/// <param name="Warnings">Of machines that ran to failure; null where none did.</param>
/// <param name="FalseAlarmsPerDay">A machine of those; null where the data has no times.</param>
internal sealed record LifeReport(LifeMetrics? AtLast, LifeMetrics? AtAnyCut, Estimate? RmseRange, Estimate? Coverage, double? Width, ProbabilityMetrics? Probability, WarningMetrics? Warnings, Estimate? FalseAlarmsPerDay)
{
    public static LifeReport Of(IReadOnlyList<Trace> traces, ModelManifest manifest, LifeLimits limits)
    {
        var judged = traces.Where(t => manifest.HasRul && t.JudgedLives.Any()).ToList();
        var failed = traces.Where(t => t.Series.LifeAfterLast == 0).ToList();
        var close = judged.Where(t => t.JudgedLives.Any(l => l.True <= limits.Clip)).ToList();
        var hasTimes = failed.Count > 0 && failed.TrueForAll(t => t.Series.TimesUs is not null);
        return new LifeReport(
            judged.Count == 0 ? null : LifeMetrics.AtLast(judged, limits.Clip), judged.Count == 0 ? null : LifeMetrics.AtAnyCut(judged, limits.Clip),
            judged.Count == 0 ? null : Statistics.Resampled([.. judged.Select(t => Math.Pow(LifeMetrics.AtAnyCut([t], limits.Clip).RmseExpected, 2))], squares => Math.Sqrt(squares.Average())),
            close.Count == 0 ? null : Statistics.Resampled([.. close.Select(t => (Share: LifeMetrics.Coverage([t], limits.Clip), Steps: t.JudgedLives.Count(l => l.True <= limits.Clip)))], parts => parts.Sum(p => p.Share * p.Steps) / parts.Sum(p => p.Steps)),
            close.Count == 0 ? null : LifeMetrics.Width(close, limits.Clip),
            manifest.Alerting == AlertingOutput.Probability && limits.Horizon is { } horizon ? ProbabilityMetrics.Of(traces, horizon) : null,
            failed.Count == 0 ? null : WarningMetrics.Of(failed, limits),
            hasTimes ? Statistics.Rate(WarningMetrics.CountFalse(failed, limits.Clip), failed.Sum(t => t.Series.Steps * t.Series.StepSeconds) / TimeSpan.SecondsPerDay) : null);
    }
}
