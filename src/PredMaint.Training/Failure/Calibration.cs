using PredMaint.Training.Data;
using PredMaint.Training.Learning;
using PredMaint.Training.Networks;
using static TorchSharp.torch;

namespace PredMaint.Training.Failure;

/// <summary>
/// Makes intervals honest: where of the histogram's mass the true lives of engines that it has not seen lie, there its
/// quantiles are taken (Kuleshov, Fenner, Ermon 2018, recalibration; Vovk et al. 2018, split conformal predictive systems).
/// </summary>
internal static class Calibration
{
    /// <summary>90 % of lives lie between the outermost, 80 % between the next.</summary>
    private static readonly float[] Nominal = [0.05f, 0.1f, 0.5f, 0.9f, 0.95f];

    /// <summary>For each cycle after the warm-up with at most 125 left: the share of mass below the true life.</summary>
    public static IReadOnlyList<float> Shares(LifeFit fit, IReadOnlyList<Series> engines)
    {
        using var net = fit.Load([]);
        var head = (LifeHead)net.Head;
        var shares = new List<float>();
        foreach (var chunk in engines.Chunk(16))
        {
            using var scope = NewDisposeScope();
            var mass = nn.functional.softmax(net.Say(new Batch([.. chunk.Select(Stretch.Whole)]).Readings()), -1).contiguous().data<float>().ToArray();
            for (var b = 0; b < chunk.Length; b++)
                for (var cycle = Math.Max(Head.Warmup, chunk[b].HealthySteps); cycle < chunk[b].Steps; cycle++)
                    shares.Add(Below(head, mass.AsSpan((cycle * chunk.Length + b) * LifeHead.BinCount, LifeHead.BinCount), chunk[b].LifeAt(cycle)));
        }
        return shares;
    }

    /// <summary>The median stays where it is.</summary>
    public static IReadOnlyList<LifeQuantile> Quantiles(IReadOnlyList<float> shares)
    {
        var sorted = shares.Order().ToArray();
        return [.. Nominal.Select(q => new LifeQuantile(q, q == 0.5f ? q : sorted[(int)(q * sorted.Length)]))];
    }

    private static float Below(LifeHead head, ReadOnlySpan<float> mass, int life)
    {
        var below = 0f;
        for (var bin = 0; bin < mass.Length; bin++)
            below += mass[bin] * Math.Clamp((life - head.Centre(bin)) / head.BinWidth + 0.5f, 0, 1);
        return below;
    }
}
