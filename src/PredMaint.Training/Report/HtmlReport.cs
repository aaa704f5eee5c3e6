using System.Globalization;
using System.Net;
using System.Text;
using PredMaint.Training.Data;
using PredMaint.Training.Evaluation;
using PredMaint.Training.Failure;

namespace PredMaint.Training.Report;

/// <summary>A page that says how good the models of a training are and how that was judged; pictures inside, nothing else needed.</summary>
internal static class HtmlReport
{
    private const int WorstCases = 4;

    private const string Head = """
        <!doctype html><html lang="en"><head><meta charset="utf-8"><title>PredMaint training</title><style>
        body{font:15px/1.5 system-ui,sans-serif;max-width:1340px;margin:2em auto;padding:0 1em}
        table{border-collapse:collapse;margin:1em 0}td,th{border-bottom:1px solid #ccc;padding:.3em .8em;text-align:right}
        td:first-child,th:first-child{text-align:left}img{max-width:49%}code{word-break:break-all}
        </style></head><body><h1>PredMaint training</h1>
        """;

    public static string Write(TrainSettings settings, TrainingMetrics metrics, FailureModel failure, IReadOnlyDictionary<string, double[]> losses)
    {
        var page = new StringBuilder(Head);
        page.Append(CultureInfo.InvariantCulture, $"<p>Data {Text(settings.Data)}, seed {settings.Seed}, {settings.FailureEpochs} epochs for each failure network, {settings.AnomalyEpochs} for the anomaly network.</p>");
        page.Append("<h2>Remaining life</h2><p>Held out: engines that the network judged here has never seen, cut anywhere after the warm-up. Official test: the model that ships, at each engine's last reading. Errors in cycles, clipped at 125 unless said, of the life that the model says is to be expected; intervals at all readings with at most 125 to live; every number through the exported ONNX file and the product's backtest. Ranges are mean and twice the standard error over the folds.</p>");
        page.Append("<table><tr><th>engines<th>RMSE<th>of folds<th>unclipped<th>NASA score<th>joined late<th>90 % interval covers<th>width<th>80 % covers<th>width</tr>");
        foreach (var (set, m) in metrics.Failure.HeldOut) Row($"{set}, held out", m.AtAnyCut, m.RmseByFold, null, m.Intervals);
        foreach (var (set, m) in metrics.Failure.Test) Row($"{set}, official test", m.Whole, m.RmseOfFolds, m.JoinedLate, m.Intervals);
        page.Append("</table>");
        Image(Pictures.PredictedAgainstTrue(failure.Tested), "Official tests: predicted against true life");
        Image(Pictures.ErrorByLife(failure.HeldOut), "Held out: error by life");
        Image(Pictures.Calibration(failure.Shares), "Held out: calibration of the histogram, before the intervals were adjusted");
        var w = metrics.Failure.Warnings;
        page.Append(CultureInfo.InvariantCulture, $"<h2>Warnings</h2><p>Held-out engines at sea level, {w.Machines} of them: {w.Warned.ToText("P1")} warned 20 to 60 cycles before the failure, {w.WithoutWarning} not at all; lead time {w.LeadTime?.ToString(CultureInfo.InvariantCulture) ?? "-"} cycles at the median, {w.ShortLeadTime} and {w.LongLeadTime} at 5 % and 95 %. False alarms in 10,000 cycles: {w.FalseAlarms.ToText("F2")}.</p>");
        page.Append("<p>Lead times of all held-out engines, those of six conditions among them:</p>");
        Image(Pictures.LeadTimes(failure.HeldOut), "Held out: lead times");
        page.Append("<h2>Worst cases</h2><p>Official test, largest error at the last reading.</p>");
        foreach (var trace in failure.Tested.OrderByDescending(Error).Take(WorstCases)) Image(Pictures.Course(trace), trace.Series.Name);
        var a = metrics.Anomaly;
        page.Append(CultureInfo.InvariantCulture, $"<h2>Anomalies</h2><p>Held out: {a.HeldOut.DueAlarmed} of {a.HeldOut.DueEngines} engines near failure alarmed, {a.HeldOut.FalseAlarms} false alarms in {a.HeldOut.HealthySteps} healthy cycles; mean squared z of healthy cycles {a.MeanSquaredZ:F2}.</p>");
        page.Append("<h2>Training</h2>");
        Image(Pictures.Losses(losses), "Loss by epoch, a line a network");
        return page.Append("</body></html>\n").ToString();

        void Row(string name, LifeMetrics m, Estimate folds, LifeMetrics? late, IntervalMetrics i) => page.Append(CultureInfo.InvariantCulture,
            $"<tr><td>{name}<td>{m.RmseExpected:F2}<td>{folds.ToText("F2")}<td>{m.RmseUnclipped:F2}<td>{m.NasaScoreExpected:F0}<td>{late?.RmseExpected:F2}<td>{i.Coverage90:P1}<td>{i.Width90:F0}<td>{i.Coverage80:P1}<td>{i.Width80:F0}</tr>");

        void Image(byte[] png, string title) => page.Append(CultureInfo.InvariantCulture, $"<img alt=\"{Text(title)}\" title=\"{Text(title)}\" src=\"data:image/png;base64,{Convert.ToBase64String(png)}\">\n");
    }

    private static double Error(Trace trace)
    {
        var (said, life) = trace.JudgedLives.Last();
        return Math.Abs(said.Expected!.Value - Math.Min(life, Cmapss.LifeLimit));
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
