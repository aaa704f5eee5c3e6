using PredMaint.Core.Alerts;
using PredMaint.Training.Runs;

namespace PredMaint.Training.Report;

/// <summary>How good a model of someone's own data is and how that was judged.</summary>
internal static class RunReport
{
    private const int ShownMachines = 4;

    /// <summary>Lives in the picture of predicted against true: more would cover one another.</summary>
    private const int ShownLives = 200;

    public static string Write(RunPlan plan, RunOutcome outcome)
    {
        var (network, traces) = (plan.Network, outcome.Traces);
        var page = new HtmlPage($"{plan.Model.Name}@{plan.Model.Version}");
        page.Add($"<p>Judged by machines that neither weights nor limits come from, through the exported ONNX file and the product's backtest. Ranges hold 95 %, over which machines there might have been.</p>");
        page.Table(outcome.Lines);
        if (network.Head == HeadKind.Life) AddLives(page, outcome, network.LifeLimit);
        if (traces[0].Series.Labels is null)
        {
            page.Add($"<h2>Warnings</h2>");
            page.Image(Pictures.LeadTimes(traces), "Lead times");
        }
        if (network.Head != HeadKind.Life)
        {
            page.Add($"<h2>Worst cases</h2><p>Most false alarms and events without one; of as many, the longest delay.</p>");
            if (traces.Any(t => t.Series.Labels?.Contains(true) == true)) page.Image(Pictures.PrecisionRecall(traces), "Precision and recall");
            foreach (var trace in traces.Where(t => t.Scores.Any(s => s is not null)).OrderByDescending(t => Mistakes(t, plan.JudgedBy())).Take(ShownMachines)) page.Image(Pictures.Scores(trace, outcome.Limits.Policy.RaiseAt), trace.Series.Name);
        }
        page.Add($"<h2>Training</h2><p>Loss by epoch: of the machines to fit, and dashed of those held out; the weights are those of the best epoch by the latter.</p>");
        page.Image(Pictures.Losses(outcome.Losses), "Loss by epoch, a colour a network");
        page.Add($"<details><summary>Configuration</summary><pre>{HtmlPage.Text(plan.ToJson(outcome.Data.Split))}</pre></details>");
        return page.ToString();
    }

    private static void AddLives(HtmlPage page, RunOutcome outcome, int limit)
    {
        var judged = outcome.Traces.Where(t => t.JudgedLives.Any()).ToList();
        var lives = judged.SelectMany(t => t.JudgedLives).ToList();
        page.Add($"<h2>Remaining life</h2>");
        page.Image(Pictures.PredictedAgainstTrue(Evenly(lives), limit), "Predicted against true life, at readings evenly chosen");
        page.Image(Pictures.ErrorByLife(judged, limit), "Error by life");
        if (outcome.Shares.Count > 0) page.Image(Pictures.Calibration(outcome.Shares, outcome.Quantiles), "Calibration of the histogram; the points are the ends of the intervals, after they were adjusted");
        page.Add($"<h2>Worst cases</h2>");
        foreach (var trace in judged.OrderByDescending(t => LifeMetrics.AtAnyCut([t], limit).RmseExpected).Take(ShownMachines)) page.Image(Pictures.Course(trace, limit), trace.Series.Name);
    }

    private static (int Alerts, double Delay) Mistakes(Trace trace, LifeLimits limits)
    {
        if (trace.Series.Labels is null) return (WarningMetrics.CountFalse([trace], limits.Clip) + (trace.Series.LifeAfterLast == 0 && !trace.IsAlarmed ? 1 : 0), trace.IsAlarmed ? -trace.Series.LifeAt(trace.Raised.Last()) : 0);
        var metrics = DetectionMetrics.Of([trace], window: 0);
        return (metrics.FalseAlarms + metrics.MissedEvents, metrics.DelaySeconds ?? 0);
    }

    private static IEnumerable<(RemainingLife, int)> Evenly(List<(RemainingLife, int)> lives) =>
        Enumerable.Range(0, Math.Min(ShownLives, lives.Count)).Select(i => lives[(int)((long)i * lives.Count / Math.Min(ShownLives, lives.Count))]);
}
