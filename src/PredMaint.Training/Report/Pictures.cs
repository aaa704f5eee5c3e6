using PredMaint.Training.Data;
using PredMaint.Training.Evaluation;
using ScottPlot;

namespace PredMaint.Training.Report;

/// <summary>What a training came to, drawn: PNGs.</summary>
internal static class Pictures
{
    private const int Width = 640;
    private const int Height = 420;

    /// <summary>Lives are compared in bins of so many steps.</summary>
    private const int LifeBin = 25;

    private const int LeadBin = 5;

    /// <summary>At each machine's last reading, with the interval.</summary>
    public static byte[] PredictedAgainstTrue(IReadOnlyList<Trace> traces)
    {
        using var plot = new Plot();
        foreach (var trace in traces)
        {
            var (said, life) = trace.JudgedLives.Last();
            var truth = Math.Min(life, Cmapss.LifeLimit);
            plot.Add.Line(truth, said.Low, truth, said.High).Color = Colors.LightGray;
            plot.Add.Marker(truth, said.Expected ?? said.Median, size: 6, color: Colors.C0);
        }
        plot.Add.Line(0, 0, Cmapss.LifeLimit, Cmapss.LifeLimit).Color = Colors.Black;
        return Png(plot, "true life", "predicted life, 90 % interval");
    }

    /// <summary>Mean and root mean square of the error, by true life.</summary>
    public static byte[] ErrorByLife(IReadOnlyList<Trace> traces)
    {
        var bins = traces.SelectMany(t => t.JudgedLives).Where(l => l.True <= Cmapss.LifeLimit)
            .GroupBy(l => Math.Min(l.True, Cmapss.LifeLimit - 1) / LifeBin, l => (double)l.Said.Expected!.Value - l.True).OrderBy(g => g.Key).ToList();
        using var plot = new Plot();
        var lives = bins.Select(b => LifeBin * (b.Key + 0.5)).ToArray();
        plot.Add.Scatter(lives, bins.Select(b => b.Average()).ToArray()).LegendText = "mean error";
        plot.Add.Scatter(lives, bins.Select(b => Math.Sqrt(b.Average(e => e * e))).ToArray()).LegendText = "root mean square";
        plot.Add.HorizontalLine(0, color: Colors.Black);
        plot.ShowLegend(Alignment.UpperLeft);
        return Png(plot, "true life", "predicted less true");
    }

    /// <summary>Share of true lives below each level of the histogram; the diagonal is honest.</summary>
    /// <param name="shares">Mass of the histogram below the true life, one a step.</param>
    public static byte[] Calibration(IReadOnlyList<float> shares)
    {
        var sorted = shares.Order().ToArray();
        using var plot = new Plot();
        var levels = Enumerable.Range(0, 101).Select(i => i / 100.0).ToArray();
        plot.Add.Scatter(levels, levels.Select(level => sorted.Count(s => s <= level) / (double)sorted.Length).ToArray()).MarkerSize = 0;
        plot.Add.Line(0, 0, 1, 1).Color = Colors.Black;
        return Png(plot, "level of the histogram", "true lives below it");
    }

    /// <summary>Steps before the failure at which the alert that stood at the end was raised.</summary>
    public static byte[] LeadTimes(IReadOnlyList<Trace> traces)
    {
        using var plot = new Plot();
        var bins = traces.Where(t => t.IsAlarmed).GroupBy(t => t.Series.LifeAt(t.Raised.Last()) / LeadBin);
        plot.Add.Bars(bins.Select(b => new Bar { Position = LeadBin * (b.Key + 0.5), Value = b.Count(), Size = LeadBin }).ToList());
        return Png(plot, "steps from alert to failure", "machines");
    }

    /// <summary>Predicted and true life over a machine's readings.</summary>
    public static byte[] Course(Trace trace)
    {
        using var plot = new Plot();
        var steps = Enumerable.Range(0, trace.Series.Steps).Where(s => trace.Lives[s] is not null).ToArray();
        var x = steps.Select(s => (double)s).ToArray();
        plot.Add.FillY(x, Of(l => l.Low), Of(l => l.High)).FillColor = Colors.C0.WithAlpha(0.2);
        Line(Of(l => l.Expected ?? l.Median), Colors.C0).LegendText = "predicted";
        Line([.. steps.Select(s => (double)Math.Min(trace.Series.LifeAt(s), Cmapss.LifeLimit))], Colors.Black).LegendText = "true";
        plot.ShowLegend(Alignment.LowerLeft);
        plot.Title(trace.Series.Name);
        return Png(plot, "reading", "life");

        double[] Of(Func<Core.Alerts.RemainingLife, float> value) => [.. steps.Select(s => (double)value(trace.Lives[s]!.Value))];

        ScottPlot.Plottables.Scatter Line(double[] y, Color color)
        {
            var line = plot.Add.ScatterLine(x, y, color);
            line.LineWidth = 2;
            return line;
        }
    }

    /// <summary>Loss by epoch, a line a network.</summary>
    public static byte[] Losses(IReadOnlyDictionary<string, double[]> losses)
    {
        using var plot = new Plot();
        foreach (var (_, curve) in losses) plot.Add.ScatterLine([.. Enumerable.Range(1, curve.Length).Select(e => (double)e)], curve);
        return Png(plot, "epoch", "mean loss");
    }

    private static byte[] Png(Plot plot, string x, string y)
    {
        plot.XLabel(x);
        plot.YLabel(y);
        return plot.GetImageBytes(Width, Height, ImageFormat.Png);
    }
}
