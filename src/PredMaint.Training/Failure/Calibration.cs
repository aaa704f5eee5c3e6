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

    /// <summary>For each step at which it is heard and at most its limit is left: the share of mass below the true life.</summary>
    public static IReadOnlyList<float> Shares(Network net, IEnumerable<Series> machines)
    {
        var head = (LifeHead)net.Head;
        var shares = new List<float>();
        foreach (var chunk in machines.SelectMany(net.Seen).Chunk(net.SeenTogether))
        {
            using var scope = NewDisposeScope();
            var mass = nn.functional.softmax(net.Say(new Batch(chunk).Readings()), -1).contiguous().data<float>().ToArray();
            for (var b = 0; b < chunk.Length; b++)
                for (var step = net.FirstHeard; step < chunk[b].Length; step++)
                    if (chunk[b].Series.LifeAt(chunk[b].Start + step) is var life && life <= head.Limit)
                        shares.Add(Below(head, mass.AsSpan((step * chunk.Length + b) * LifeHead.BinCount, LifeHead.BinCount), life));
        }
        return shares;
    }

    /// <summary>The median stays where it is, and the others on their side of it.</summary>
    public static IReadOnlyList<LifeQuantile> Quantiles(IReadOnlyList<float> shares)
    {
        var sorted = shares.Order().ToArray();
        return [.. Nominal.Select(q => new LifeQuantile(q, q < 0.5f ? Math.Min(At(q), 0.5f) : q > 0.5f ? Math.Max(At(q), 0.5f) : q))];

        float At(float q) => sorted[(int)(q * sorted.Length)];
    }

    private static float Below(LifeHead head, ReadOnlySpan<float> mass, int life)
    {
        var below = 0f;
        for (var bin = 0; bin < mass.Length; bin++)
            below += mass[bin] * Math.Clamp((life - head.Centre(bin)) / head.BinWidth + 0.5f, 0, 1);
        return below;
    }
}
