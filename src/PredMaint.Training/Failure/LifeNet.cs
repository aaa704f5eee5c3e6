using PredMaint.Training.Data;
using PredMaint.Training.Export;
using PredMaint.Training.Learning;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace PredMaint.Training.Failure;

/// <summary>
/// Remaining life as a histogram: LSTM(14 to 64) that carries its state from the first reading, then two layers and a softmax
/// over bins of 4 cycles. What leaves the graph are the histogram's quantiles and its expectation.
/// </summary>
internal sealed class LifeNet : nn.Module<Tensor, Tensor>
{
    public const int BinCount = 40;
    public const float BinWidth = 4;

    /// <summary>Centre of the first bin, in cycles: below zero, so that a target at zero has both its flanks.</summary>
    public const float FirstBin = -16;

    private const int Hidden = 64;
    private const int HeadWidth = 32;
    private const double Dropout = 0.3;

    /// <summary>Mass below which a bin counts as empty, far under what a 32-bit sum of 1 resolves.</summary>
    private const float EmptyMass = 1e-12f;

    /// <summary>Of the rul output: 90 % of lives lie between the outermost.</summary>
    public static readonly float[] Quantiles = [0.05f, 0.5f, 0.95f];

    private static readonly float[] Centres = [.. Enumerable.Range(0, BinCount).Select(Centre)];
    private static readonly Scalar EmptyMassKept = EmptyMass.ToScalar();
    private static readonly Scalar ZeroKept = 0.ToScalar();
    private static readonly Scalar OneKept = 1.ToScalar();
    private static readonly Scalar BinWidthKept = BinWidth.ToScalar();
    private static readonly Scalar LowestKept = LowestEdge.ToScalar();
    private static readonly Scalar LifeLimitKept = Cmapss.LifeLimit.ToScalar();

    private readonly Recurrent recurrent;
    private readonly Linear inner;
    private readonly Linear outer;

    public LifeNet(Standard standard, Random random) : base(nameof(LifeNet))
    {
        recurrent = new Recurrent(standard, Hidden, random);
        inner = nn.Linear(Hidden, HeadWidth);
        outer = nn.Linear(HeadWidth, BinCount);
        RegisterComponents();
    }

    private static float LowestEdge => FirstBin - BinWidth / 2;

    /// <summary>Cycles of life in the middle of a bin.</summary>
    public static float Centre(int bin) => FirstBin + BinWidth * bin;

    public Tensor Normalise(Tensor readings) => recurrent.Normalise(readings);

    /// <summary>Logits of the histogram [T,B,40] from z-scores [T,B,14].</summary>
    public override Tensor forward(Tensor z)
    {
        var h = nn.functional.dropout(recurrent.call(z), Dropout, training);
        return outer.call(nn.functional.relu(inner.call(h)));
    }

    /// <summary>
    /// Quantiles [T,B,3] and expectation [T,B,1] of remaining life, in cycles, from raw readings. A quantile is where the
    /// cumulated mass, linear within a bin, reaches it: the lowest edge plus the share of each bin that lies before that point.
    /// </summary>
    public (Tensor Rul, Tensor Expected) Predict(Tensor readings)
    {
        using var noGradient = no_grad();
        var mass = nn.functional.softmax(call(Normalise(readings)), -1);
        var before = mass.cumsum(-1).sub(mass).unsqueeze(-2);
        var missing = tensor(Quantiles).unsqueeze(-1).sub(before);
        var shares = missing.div(mass.unsqueeze(-2).clamp_min(EmptyMassKept)).clamp(ZeroKept, OneKept);
        var rul = shares.sum(-1).mul(BinWidthKept).add(LowestKept, OneKept);
        var expected = mass.matmul(tensor(Centres).unsqueeze(-1));
        return (rul.clamp(ZeroKept, LifeLimitKept), expected.clamp(ZeroKept, LifeLimitKept));
    }

    /// <summary>The same as ONNX nodes, one step at a time: outputs rul [B,3] and expected [B,1].</summary>
    public void Export(OnnxGraph g)
    {
        var h = recurrent.Export(g);
        var relu = g.Node("Relu", [Recurrent.Export(g, inner, h, "inner")], "inner.relu");
        var mass = g.Node("Softmax", [Recurrent.Export(g, outer, relu, "outer")], "mass", ("axis", -1L));
        var last = g.Initializer("last", [1], [-1L]);
        var zero = g.Initializer("zero", [], [0f]);
        var limit = g.Initializer("limit", [], [(float)Cmapss.LifeLimit]);

        var sum = g.Node("CumSum", [mass, g.Initializer("bins", [], [1L])], "cumulated");
        var before = g.Node("Unsqueeze", [g.Node("Sub", [sum, mass], "before"), last], "before.column");
        var quantiles = g.Initializer("quantiles", [Quantiles.Length], Quantiles);
        var missing = g.Node("Sub", [quantiles, before], "missing"); // [B,40,3]
        var floor = g.Node("Max", [mass, g.Initializer("empty", [], [EmptyMass])], "mass.floor");
        var filled = g.Node("Div", [missing, g.Node("Unsqueeze", [floor, last], "mass.column")], "filled");
        var shares = g.Node("Clip", [filled, zero, g.Initializer("one", [], [1f])], "shares");
        var bins = g.Node("ReduceSum", [shares, g.Initializer("middle", [1], [1L])], "bins.filled", ("keepdims", 0L));
        var cycles = g.Node("Mul", [bins, g.Initializer("width", [], [BinWidth])], "cycles");
        var life = g.Node("Add", [cycles, g.Initializer("lowest", [], [LowestEdge])], "life");
        g.Output(g.Node("Clip", [life, zero, limit], "rul"), ["B", Quantiles.Length]);

        var mean = g.Node("MatMul", [mass, g.Initializer("centres", [BinCount, 1], Centres)], "mean.life");
        g.Output(g.Node("Clip", [mean, zero, limit], "expected"), ["B", 1]);
    }
}
