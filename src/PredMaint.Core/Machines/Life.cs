using PredMaint.Core.Alerts;
using PredMaint.Core.Models;

namespace PredMaint.Core.Machines;

/// <summary>Remaining useful life from a model's quantiles or histogram.</summary>
internal static class Life
{
    private const double LowQuantile = 0.05;
    private const double HighQuantile = 0.95;

    public static RemainingLife Of(ModelManifest manifest, ModelBuffers buffers, int row)
    {
        float? expected = manifest.Outputs.Expected is null ? null : buffers.Expected[row];
        if (manifest.Outputs.Rul is not null)
        {
            var quantiles = manifest.Quantiles;
            var values = buffers.Rul.AsSpan(row * quantiles.Count, quantiles.Count);
            return new RemainingLife(values[0], values[IndexOfMedian(quantiles)], values[^1], expected, manifest.Unit);
        }
        var bins = manifest.Bins;
        var mass = buffers.Histogram.AsSpan(row * bins.Count, bins.Count);
        return new RemainingLife(Quantile(bins, mass, LowQuantile), Quantile(bins, mass, 0.5), Quantile(bins, mass, HighQuantile), expected ?? Mean(bins, mass), manifest.Unit);
    }

    /// <summary>
    /// Linear interpolation of the cumulated mass: each bin's mass is spread evenly between the midpoints to its
    /// neighbours, the outermost bins being symmetrical about their centres. NaN where there is no mass, or no finite one.
    /// </summary>
    public static float Quantile(IReadOnlyList<double> centres, ReadOnlySpan<float> mass, double q)
    {
        var total = 0.0;
        foreach (var m in mass) total += m;
        if (!(total > 0 && double.IsFinite(total))) return float.NaN;
        var below = 0.0;
        for (var k = 0; k < mass.Length; k++)
        {
            var reached = below + mass[k] / total;
            if (reached >= q && mass[k] > 0)
            {
                var (left, right) = (Edge(centres, k), Edge(centres, k + 1));
                return (float)(left + (right - left) * (q - below) / (reached - below));
            }
            below = reached;
        }
        return (float)Edge(centres, mass.Length);
    }

    private static float Mean(IReadOnlyList<double> centres, ReadOnlySpan<float> mass)
    {
        var (sum, total) = (0.0, 0.0);
        for (var k = 0; k < mass.Length; k++)
        {
            sum += mass[k] * centres[k];
            total += mass[k];
        }
        return (float)(sum / total);
    }

    /// <summary>The left edge of bin k; for k = number of bins the last one's right edge.</summary>
    private static double Edge(IReadOnlyList<double> centres, int k)
    {
        if (k == 0) return centres[0] - (centres[1] - centres[0]) / 2;
        return k == centres.Count ? centres[^1] + (centres[^1] - centres[^2]) / 2 : (centres[k - 1] + centres[k]) / 2;
    }

    private static int IndexOfMedian(IReadOnlyList<double> quantiles)
    {
        var at = 0;
        while (quantiles[at] != 0.5) at++;
        return at;
    }
}
