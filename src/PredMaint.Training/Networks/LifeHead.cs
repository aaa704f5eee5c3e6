using System.Text.Json.Nodes;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace PredMaint.Training.Networks;

/// <param name="Nominal">Share of true lives below it.</param>
/// <param name="Level">Share of the histogram's mass below it: the same where the histogram is honest.</param>
internal readonly record struct LifeQuantile(float Nominal, float Level);

/// <summary>
/// Remaining life as a histogram, of which the graph gives quantiles and a careful expectation. It learns by cross-entropy at
/// every step against a Gaussian around the true life, clipped to a limit beyond which nothing shows.
/// </summary>
internal sealed class LifeHead : Head
{
    public const int BinCount = 40;

    /// <summary>Bins before zero, so that a target at zero has both its flanks; beyond the limit there are as many.</summary>
    private const int FlankBins = 4;

    private const int Inner = 32;
    private const double Dropout = 0.3;

    /// <summary>Of a step within the warm-up: the network knows little yet.</summary>
    private const float EarlyWeight = 0.3f;

    /// <summary>Standard deviation of a target, in bins.</summary>
    private const double TargetWidth = 1.5;

    /// <summary>Share of sequences that start at a random step: streams may be joined late.</summary>
    private const double CropShare = 0.3;

    // A life predicted too long costs more than one too short: by the PHM08 score e^(d/10) - 1 and e^(-d/13) - 1, in cycles with a
    // limit of 125. For a Gaussian of standard deviation s the cost is least below the mean: where s is small, at the quantile at
    // which the slopes 1/10 and 1/13 balance; where it is large, where E[e^(d/10)] and E[e^(-d/13)] have the same slope.
    private const double LongRate = 1.0 / 10 * Cmapss.LifeLimit;
    private const double ShortRate = 1.0 / 13 * Cmapss.LifeLimit;

    /// <summary>The quantile ShortRate / (ShortRate + LongRate) of a standard Gaussian, negated.</summary>
    private const double MarginOfDeviation = 0.1642;

    private static readonly double MostOfDeviation = Math.Log(LongRate / ShortRate) / (LongRate + ShortRate);

    private const double MarginOfVariance = (LongRate - ShortRate) / 2;

    /// <summary>Mass below which a bin counts as empty, far under what a 32-bit sum of 1 resolves.</summary>
    private const float EmptyMass = 1e-12f;

    private static readonly Scalar KeptEmptyMass = EmptyMass.ToScalar();
    private static readonly Scalar KeptMarginOfDeviation = MarginOfDeviation.ToScalar();

    private readonly Linear inner;
    private readonly Linear outer;
    private readonly int limit;
    private readonly Scalar keptLimit;
    private readonly Scalar keptBinWidth;
    private readonly Scalar keptLowestEdge;
    private readonly Scalar keptMostOfDeviation;
    private readonly Scalar keptMarginOfVariance;

    /// <param name="limit">Steps of life beyond which nothing shows.</param>
    public LifeHead(int width, int limit) : base(nameof(LifeHead))
    {
        this.limit = limit;
        BinWidth = limit / (BinCount - 2f * FlankBins);
        (keptLimit, keptBinWidth, keptLowestEdge) = (limit.ToScalar(), BinWidth.ToScalar(), LowestEdge.ToScalar());
        (keptMostOfDeviation, keptMarginOfVariance) = ((MostOfDeviation * limit).ToScalar(), (MarginOfVariance / limit).ToScalar());
        inner = nn.Linear(width, Inner);
        outer = nn.Linear(Inner, BinCount);
        RegisterComponents();
    }

    /// <summary>Of the rul output, ascending.</summary>
    public IReadOnlyList<LifeQuantile> Quantiles { get; set; } = [new(0.05f, 0.05f), new(0.5f, 0.5f), new(0.95f, 0.95f)];

    public float BinWidth { get; }

    /// <summary>Steps of life beyond which nothing shows.</summary>
    public int Limit => limit;

    private float LowestEdge => Centre(0) - BinWidth / 2;

    private float[] Levels => [.. Quantiles.Select(q => q.Level)];

    /// <summary>Of the centres, less the variance of a target: where lives are certain, the variance is 0.</summary>
    private float[] Squares => [.. Centres.Select(c => c * c - (float)(TargetWidth * TargetWidth) * BinWidth * BinWidth)];

    private float[] Centres => [.. Enumerable.Range(0, BinCount).Select(Centre)];

    public override string Kind => "failure";

    public override JsonObject Manifest => new()
    {
        ["outputs"] = new JsonObject { ["rul"] = "rul", ["expected"] = "expected" },
        // As written, not as stored: 0.05f is 0.0500000007.
        ["quantiles"] = new JsonArray([.. Quantiles.Select(q => JsonValue.Create((decimal)q.Nominal))]),
        ["warmup"] = Warmup,
    };

    /// <summary>Steps of life in the middle of a bin.</summary>
    public float Centre(int bin) => BinWidth * (bin - FlankBins + 0.5f);

    public override int Steps(Series series) => series.Steps;

    public override Stretch Choose(Series series, Random random) => new(series, random.NextDouble() < CropShare ? random.Next(series.Steps) : 0, series.Steps);

    /// <summary>Logits [T,B,40].</summary>
    public override Tensor forward(Tensor hidden) => outer.call(nn.functional.relu(inner.call(nn.functional.dropout(hidden, Dropout, training))));

    public override Tensor Loss(Tensor said, Batch batch, Normaliser normaliser)
    {
        var targets = batch.PerStep(BinCount, WriteTarget);
        // Weights are in the targets: each sums to its step's weight.
        return targets.mul(nn.functional.log_softmax(said, -1)).sum().div(targets.sum()).neg();
    }

    /// <summary>
    /// A quantile is where the cumulated mass, linear within a bin, reaches its level: the lowest edge plus the share of each bin
    /// that lies before that point.
    /// </summary>
    public override IReadOnlyList<(string Name, Tensor Values)> Predict(Tensor said, Normaliser normaliser)
    {
        var mass = nn.functional.softmax(said, -1);
        var before = mass.cumsum(-1).sub(mass).unsqueeze(-2);
        var missing = tensor(Levels).unsqueeze(-1).sub(before);
        var shares = missing.div(mass.unsqueeze(-2).clamp_min(KeptEmptyMass)).clamp(Kept.Zero, Kept.One);
        var rul = shares.sum(-1).mul(keptBinWidth).add(keptLowestEdge, Kept.One);
        var mean = mass.matmul(tensor(Centres).unsqueeze(-1));
        // What the targets' width adds is no uncertainty.
        var variance = mass.matmul(tensor(Squares).unsqueeze(-1)).sub(mean.mul(mean)).clamp_min(Kept.Zero);
        var margin = variance.sqrt().mul(KeptMarginOfDeviation).clamp_max(keptMostOfDeviation).add(variance.mul(keptMarginOfVariance), Kept.One);
        return [("rul", rul.clamp(Kept.Zero, keptLimit)), ("expected", mean.sub(margin).clamp(Kept.Zero, keptLimit))];
    }

    /// <summary>The mean of the masses, as logits.</summary>
    public override Tensor Combine(IReadOnlyList<Tensor> said) => stack(said.Select(s => nn.functional.softmax(s, -1))).mean([0]).log();

    /// <summary>The histogram's mass [B,40].</summary>
    public override string ExportSaid(OnnxGraph g, string row, string prefix)
    {
        var relu = g.Node("Relu", [Body.Export(g, inner, row, $"{prefix}inner")], $"{prefix}inner.relu");
        return g.Node("Softmax", [Body.Export(g, outer, relu, $"{prefix}outer")], $"{prefix}mass", ("axis", -1L));
    }

    public override void ExportOutputs(OnnxGraph g, string mass, (string Mean, string Deviation) constants)
    {
        var second = g.Initializer("second", [1], [1L]);
        var zero = g.Initializer("zero", [], [0f]);
        var most = g.Initializer("limit", [], [(float)limit]);

        var sum = g.Node("CumSum", [mass, g.Initializer("bins", [], [1L])], "cumulated");
        var before = g.Node("Unsqueeze", [g.Node("Sub", [sum, mass], "before"), second], "before.row");
        var missing = g.Node("Sub", [g.Initializer("levels", [Quantiles.Count, 1], Levels), before], "missing"); // [B,Q,40]
        var floor = g.Node("Max", [mass, g.Initializer("empty", [], [EmptyMass])], "mass.floor");
        var filled = g.Node("Div", [missing, g.Node("Unsqueeze", [floor, second], "mass.row")], "filled");
        var shares = g.Node("Clip", [filled, zero, g.Initializer("one", [], [1f])], "shares");
        var bins = g.Node("ReduceSum", [shares, g.Initializer("last", [1], [-1L])], "bins.filled", ("keepdims", 0L));
        var life = g.Node("Add", [g.Node("Mul", [bins, g.Initializer("width", [], [BinWidth])], "steps"), g.Initializer("lowest", [], [LowestEdge])], "life");
        g.Output(g.Node("Clip", [life, zero, most], "rul"), ["B", Quantiles.Count]);

        var mean = g.Node("MatMul", [mass, g.Initializer("bin.centres", [BinCount, 1], Centres)], "mean.life");
        var spread = g.Node("Sub", [g.Node("MatMul", [mass, g.Initializer("bin.squares", [BinCount, 1], Squares)], "mean.square"), g.Node("Mul", [mean, mean], "square.mean")], "variance.raw");
        var variance = g.Node("Max", [spread, zero], "variance.known");
        var little = g.Node("Mul", [g.Node("Sqrt", [variance], "deviation.known"), g.Initializer("margin.deviation", [], [(float)MarginOfDeviation])], "margin.little");
        var capped = g.Node("Min", [little, g.Initializer("margin.most", [], [(float)(MostOfDeviation * limit)])], "margin.capped");
        var margin = g.Node("Add", [capped, g.Node("Mul", [variance, g.Initializer("margin.variance", [], [(float)(MarginOfVariance / limit)])], "margin.much")], "margin");
        g.Output(g.Node("Clip", [g.Node("Sub", [mean, margin], "careful"), zero, most], "expected"), ["B", 1]);
    }

    /// <summary>A Gaussian over the bins around the clipped life, its sum the step's weight.</summary>
    private void WriteTarget(Stretch stretch, int step, Span<float> row)
    {
        var life = Math.Min(stretch.Series.LifeAt(stretch.Start + step), limit);
        var weight = step < Warmup ? EarlyWeight : 1;
        float sum = 0;
        for (var bin = 0; bin < row.Length; bin++)
        {
            var distance = (Centre(bin) - life) / (TargetWidth * BinWidth);
            row[bin] = (float)Math.Exp(-0.5 * distance * distance);
            sum += row[bin];
        }
        for (var bin = 0; bin < row.Length; bin++) row[bin] *= weight / sum;
    }
}
