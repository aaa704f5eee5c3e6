using System.Globalization;
using System.Text;
using ScottPlot;

namespace PredMaint.Training.Explain;

/// <summary>The curves as a table for people and as a picture.</summary>
internal static class GradientReport
{
    private static readonly int[] Distances = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500];

    /// <summary>In Markdown.</summary>
    public static string Table(IReadOnlyList<GradientCurve> curves)
    {
        var longest = curves[0].Norms.Length - 1;
        var text = new StringBuilder($"| steps back | {string.Join(" | ", curves.Select(c => c.Network))} |\n|---:|{string.Concat(curves.Select(_ => "---:|"))}\n");
        foreach (var distance in Distances.Where(d => d < longest).Append(longest))
            text.Append(CultureInfo.InvariantCulture, $"| {distance} | {string.Join(" | ", curves.Select(c => c.Norms[distance].ToString("0.0e+0", CultureInfo.InvariantCulture)))} |\n");
        text.Append(CultureInfo.InvariantCulture, $"| falls by | {string.Join(" | ", curves.Select(c => c.Fall.ToString("G2", CultureInfo.InvariantCulture)))} |\n");
        return text.ToString();
    }

    /// <summary>A PNG, the norms in powers of ten.</summary>
    public static void Draw(string file, IReadOnlyList<GradientCurve> curves)
    {
        using var plot = new Plot();
        foreach (var curve in curves)
        {
            var line = plot.Add.Scatter(Enumerable.Range(0, curve.Norms.Length).Select(d => (double)d).ToArray(), curve.Norms.Select(Math.Log10).ToArray());
            line.LegendText = curve.Network;
            line.MarkerSize = 0;
            line.LineWidth = 2;
        }
        plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { LabelFormatter = power => $"1e{power:0.#}", IntegerTicksOnly = true };
        plot.XLabel("steps back in time");
        plot.YLabel("norm of the gradient");
        plot.Title("What the last output still learns from a reading");
        plot.Axes.Margins(horizontal: 0);
        plot.ShowLegend(Alignment.LowerLeft);
        plot.SavePng(file, 900, 520);
    }
}
