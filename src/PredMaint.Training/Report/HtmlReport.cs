using System.Globalization;
using PredMaint.Training.Failure;

namespace PredMaint.Training.Report;

/// <summary>How good the turbofan models of a training are and how that was judged.</summary>
internal static class HtmlReport
{
    private const int WorstCases = 4;

    public static string Write(TrainSettings settings, TrainingMetrics metrics, FailureModel failure, IEnumerable<IReadOnlyList<EpochLoss>> losses)
    {
        var page = new HtmlPage("PredMaint training");
        page.Add($"<p>Data {HtmlPage.Text(settings.Data)}, seed {settings.Seed}, {settings.FailureEpochs} epochs for each failure network, {settings.AnomalyEpochs} for the anomaly network.</p>");
        page.Add($"<h2>Remaining life</h2><p>Held out: engines that the network judged here has never seen, cut anywhere after the warm-up. Official test: the model that ships, at each engine's last reading. Errors in cycles, clipped at 125 unless said, of the life that the model says is to be expected; intervals at all readings with at most 125 to live; every number through the exported ONNX file and the product's backtest. Ranges are mean and twice the standard error over the folds.</p>");
        page.Add($"<table><tr><th>engines<th>RMSE<th>of folds<th>unclipped<th>NASA score<th>joined late<th>90 % interval covers<th>width<th>80 % covers<th>width</tr>");
        foreach (var (set, m) in metrics.Failure.HeldOut) Row($"{set}, held out", m.AtAnyCut, m.RmseByFold, null, m.Intervals);
        foreach (var (set, m) in metrics.Failure.Test) Row($"{set}, official test", m.Whole, m.RmseOfFolds, m.JoinedLate, m.Intervals);
        page.Add($"</table>");
        page.Image(Pictures.PredictedAgainstTrue(failure.Tested.Select(t => t.JudgedLives.Last())), "Official tests: predicted against true life");
        page.Image(Pictures.ErrorByLife(failure.HeldOut), "Held out: error by life");
        page.Image(Pictures.Calibration(failure.Shares), "Held out: calibration of the histogram, before the intervals were adjusted");
        var w = metrics.Failure.Warnings;
        page.Add($"<h2>Warnings</h2><p>Held-out engines at sea level, {w.Machines} of them: {w.Warned.ToText("P1")} warned 20 to 60 cycles before the failure, {w.WithoutWarning} not at all; lead time {w.LeadTime?.ToString(CultureInfo.InvariantCulture) ?? "-"} cycles at the median, {w.ShortLeadTime} and {w.LongLeadTime} at 5 % and 95 %. False alarms in 10,000 cycles: {w.FalseAlarms.ToText("F2")}.</p>");
        page.Add($"<p>Lead times of all held-out engines, those of six conditions among them:</p>");
        page.Image(Pictures.LeadTimes(failure.HeldOut), "Held out: lead times");
        page.Add($"<h2>Worst cases</h2><p>Official test, largest error at the last reading.</p>");
        foreach (var trace in failure.Tested.OrderByDescending(Error).Take(WorstCases)) page.Image(Pictures.Course(trace), trace.Series.Name);
        var a = metrics.Anomaly;
        page.Add($"<h2>Anomalies</h2><p>Held out: {a.HeldOut.DueAlarmed} of {a.HeldOut.DueEngines} engines near failure alarmed, {a.HeldOut.FalseAlarms} false alarms in {a.HeldOut.HealthySteps} healthy cycles; mean squared z of healthy cycles {a.MeanSquaredZ:F2}.</p>");
        page.Add($"<h2>Training</h2>");
        page.Image(Pictures.Losses(losses), "Loss by epoch, a line a network");
        return page.ToString();

        void Row(string name, LifeMetrics m, Estimate folds, LifeMetrics? late, IntervalMetrics i) => page.Add(
            $"<tr><td>{name}<td>{m.RmseExpected:F2}<td>{folds.ToText("F2")}<td>{m.RmseUnclipped:F2}<td>{m.NasaScoreExpected:F0}<td>{late?.RmseExpected:F2}<td>{i.Coverage90:P1}<td>{i.Width90:F0}<td>{i.Coverage80:P1}<td>{i.Width80:F0}</tr>");
    }

    private static double Error(Trace trace)
    {
        var (said, life) = trace.JudgedLives.Last();
        return Math.Abs(said.Expected!.Value - Math.Min(life, Cmapss.LifeLimit));
    }
}
