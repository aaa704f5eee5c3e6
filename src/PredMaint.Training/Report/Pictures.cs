using PredMaint.Core.Alerts;
using ScottPlot;

namespace PredMaint.Training.Report;

/// <summary>What a training came to, drawn: PNGs.</summary>
internal static class Pictures
{
    private const int Width = 640;
    private const int Height = 420;

    /// <summary>Of the lives that are told apart, by which errors are compared.</summary>
    private const int LifeBins = 5;

    private const int LeadBins = 25;
    private const int LeastLeadBin = 5;

    /// <summary>With the interval.</summary>
    /// <param name="limit">Steps of life beyond which nothing shows, as of the others.</param>
    public static byte[] PredictedAgainstTrue(IEnumerable<(RemainingLife Said, int True)> lives, int limit = Cmapss.LifeLimit)
    {
        using var plot = new Plot();
        foreach (var (said, life) in lives)
        {
            var truth = Math.Min(life, limit);
            plot.Add.Line(truth, said.Low, truth, said.High).Color = Colors.LightGray;
            plot.Add.Marker(truth, said.Expected ?? said.Median, size: 6, color: Colors.C0);
        }
        plot.Add.Line(0, 0, limit, limit).Color = Colors.Black;
        return Png(plot, "true life", "predicted life, 90 % interval");
    }

    /// <summary>Mean and root mean square of the error, by true life.</summary>
    public static byte[] ErrorByLife(IReadOnlyList<Trace> traces, int limit = Cmapss.LifeLimit)
    {
        var width = (double)limit / LifeBins;
        var bins = traces.SelectMany(t => t.JudgedLives).Where(l => l.True <= limit)
            .GroupBy(l => (int)(Math.Min(l.True, limit - 1) / width), l => (double)l.Said.Expected!.Value - l.True).OrderBy(g => g.Key).ToList();
        using var plot = new Plot();
        var lives = bins.Select(b => width * (b.Key + 0.5)).ToArray();
        plot.Add.Scatter(lives, bins.Select(b => b.Average()).ToArray()).LegendText = "mean error";
        plot.Add.Scatter(lives, bins.Select(b => Math.Sqrt(b.Average(e => e * e))).ToArray()).LegendText = "root mean square";
        plot.Add.HorizontalLine(0, color: Colors.Black);
        plot.ShowLegend(Alignment.UpperLeft);
        return Png(plot, "true life", "predicted less true");
    }

    /// <summary>Share of true lives below each level of the histogram; the diagonal is honest.</summary>
    /// <param name="shares">Mass of the histogram below the true life, one a step.</param>
    /// <param name="quantiles">Those that the adjusted intervals are of.</param>
    public static byte[] Calibration(IReadOnlyList<float> shares, params IReadOnlyList<LifeQuantile> quantiles)
    {
        var sorted = shares.Order().ToArray();
        using var plot = new Plot();
        var levels = Enumerable.Range(0, 101).Select(i => i / 100.0).ToArray();
        plot.Add.Scatter(levels, levels.Select(level => sorted.Count(s => s <= level) / (double)sorted.Length).ToArray()).MarkerSize = 0;
        foreach (var quantile in quantiles) plot.Add.Marker(quantile.Nominal, sorted.Count(s => s <= quantile.Level) / (double)sorted.Length, color: Colors.C1);
        plot.Add.Line(0, 0, 1, 1).Color = Colors.Black;
        return Png(plot, "level of the histogram", "true lives below it");
    }

    /// <summary>Steps before the failure at which the alert that stood at the end was raised.</summary>
    public static byte[] LeadTimes(IReadOnlyList<Trace> traces)
    {
        using var plot = new Plot();
        var leads = traces.Where(t => t.IsAlarmed).Select(t => t.Series.LifeAt(t.Raised.Last())).ToList();
        var width = Math.Max(LeastLeadBin, leads.DefaultIfEmpty().Max() / LeadBins);
        plot.Add.Bars(leads.GroupBy(lead => lead / width).Select(b => new Bar { Position = width * (b.Key + 0.5), Value = b.Count(), Size = width }).ToList());
        return Png(plot, "steps from alert to failure", "machines");
    }

    /// <summary>Predicted and true life over a machine's readings.</summary>
    public static byte[] Course(Trace trace, int limit = Cmapss.LifeLimit)
    {
        using var plot = new Plot();
        var steps = Enumerable.Range(0, trace.Series.Steps).Where(s => trace.Lives[s] is not null).ToArray();
        var x = steps.Select(s => (double)s).ToArray();
        plot.Add.FillY(x, Of(l => l.Low), Of(l => l.High)).FillColor = Colors.C0.WithAlpha(0.2);
        Line(Of(l => l.Expected ?? l.Median), Colors.C0).LegendText = "predicted";
        Line([.. steps.Select(s => (double)Math.Min(trace.Series.LifeAt(s), limit))], Colors.Black).LegendText = "true";
        plot.ShowLegend(Alignment.LowerLeft);
        plot.Title(trace.Series.Name);
        return Png(plot, "reading", "life");

        double[] Of(Func<RemainingLife, float> value) => [.. steps.Select(s => (double)value(trace.Lives[s]!.Value))];

        ScottPlot.Plottables.Scatter Line(double[] y, Color color)
        {
            var line = plot.Add.ScatterLine(x, y, color);
            line.LineWidth = 2;
            return line;
        }
    }

    /// <summary>Scores over a machine's readings, with what is labelled as anomalous, the limit, and below them when an alert stood.</summary>
    public static byte[] Scores(Trace trace, double raiseAt)
    {
        using var plot = new Plot();
        foreach (var (from, to) in Ranking.Ranges(trace.Series.Labels ?? [])) plot.Add.HorizontalSpan(from, to, Colors.C1.WithAlpha(0.25));
        var steps = Enumerable.Range(0, trace.Series.Steps).Where(s => trace.Scores[s] is not null).ToArray();
        plot.Add.ScatterLine(steps.Select(s => (double)s).ToArray(), steps.Select(s => (double)trace.Scores[s]!.Value).ToArray(), Colors.C0);
        plot.Add.HorizontalLine(raiseAt, color: Colors.Black, pattern: LinePattern.Dashed);
        foreach (var (from, to) in Ranking.Ranges(trace.Standing)) plot.Add.Line(from, 0, to, 0).LineStyle = new LineStyle { Color = Colors.Red, Width = 6 };
        plot.Title(trace.Series.Name);
        return Png(plot, "reading; labelled as anomalous shaded, alerts red", "score");
    }

    /// <summary>Of all steps' scores together, by limit.</summary>
    public static byte[] PrecisionRecall(IReadOnlyList<Trace> traces)
    {
        using var plot = new Plot();
        var ranked = traces.SelectMany(t => t.KnownScores.Zip(t.Labels)).OrderByDescending(s => s.First).Select(s => s.Second).ToList();
        var (hits, positives) = (0, ranked.Count(l => l));
        var curve = ranked.Select((isAnomalous, i) => new Coordinates((hits += isAnomalous ? 1 : 0) / (double)positives, hits / (i + 1.0))).ToArray();
        plot.Add.ScatterLine(curve);
        plot.Add.HorizontalLine((double)positives / ranked.Count, color: Colors.Black, pattern: LinePattern.Dashed);
        plot.Axes.SetLimits(0, 1.02, 0, 1.02);
        return Png(plot, "recall; dashed: by scores that say nothing", "precision");
    }

    /// <summary>Loss by epoch, a line a network; held out, where there is such a one, dashed and of the same colour.</summary>
    public static byte[] Losses(IEnumerable<IReadOnlyList<EpochLoss>> losses)
    {
        using var plot = new Plot();
        foreach (var curve in losses)
        {
            double[] epochs = [.. Enumerable.Range(1, curve.Count).Select(e => (double)e)];
            var fit = plot.Add.ScatterLine(epochs, [.. curve.Select(l => l.Fit)]);
            if (curve[0].HeldOut is not null) plot.Add.ScatterLine(epochs, [.. curve.Select(l => l.HeldOut!.Value)], fit.Color).LinePattern = LinePattern.Dashed;
        }
        return Png(plot, "epoch", "mean loss");
    }

    private static byte[] Png(Plot plot, string x, string y)
    {
        plot.XLabel(x);
        plot.YLabel(y);
        return plot.GetImageBytes(Width, Height, ImageFormat.Png);
    }
}
