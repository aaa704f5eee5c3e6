using PredMaint.Training.Data;
using PredMaint.Training.Export;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace PredMaint.Training.Learning;

/// <summary>Raw readings through z-scores and an LSTM: what both networks begin with, in TorchSharp and as ONNX nodes.</summary>
internal sealed class Recurrent : nn.Module<Tensor, Tensor>
{
    /// <summary>Longest memory, in cycles, that the chrono initialisation gives a unit.</summary>
    private const double LongestMemory = 200;

    /// <summary>The ONNX constants [F] that <see cref="Export(OnnxGraph)"/> makes.</summary>
    public const string Mean = "mean";
    public const string Deviation = "deviation";

    private readonly LSTM lstm;
    private readonly Tensor mean;
    private readonly Tensor deviation;
    private readonly int hidden;

    /// <summary>Chrono initialisation (Tallec and Ollivier 2018): units begin with memories of 1 to 200 cycles.</summary>
    public Recurrent(Standard standard, int hidden, Random random) : base(nameof(Recurrent))
    {
        this.hidden = hidden;
        mean = tensor(standard.Mean);
        deviation = tensor(standard.Deviation);
        register_buffer(nameof(mean), mean);
        register_buffer(nameof(deviation), deviation);
        lstm = nn.LSTM(standard.Mean.Length, hidden);
        var bias = new float[4 * hidden];
        for (var unit = 0; unit < hidden; unit++)
        {
            var memory = Math.Log(1 + random.NextDouble() * (LongestMemory - 1));
            bias[unit] = (float)-memory; // input gate
            bias[hidden + unit] = (float)memory; // forget gate
        }
        using (no_grad())
        {
            Weight("bias_ih_l0").copy_(tensor(bias));
            Weight("bias_hh_l0").zero_();
        }
        RegisterComponents();
    }

    /// <summary>z-scores of raw readings.</summary>
    public Tensor Normalise(Tensor readings) => readings.sub(mean).div(deviation);

    /// <summary>Sensor values of z-scores.</summary>
    public Tensor Denormalise(Tensor z) => z.mul(deviation).add(mean, Kept.One);

    /// <summary>Deviations in the sensors' units.</summary>
    public Tensor Scale(Tensor z) => z.mul(deviation);

    /// <summary>Hidden states [T,B,H] of z-scores [T,B,F], from zero states.</summary>
    public override Tensor forward(Tensor z) => lstm.call(z).Item1;

    /// <summary>Inputs x [1,B,F], h and c [1,B,H] and outputs of the new states; returns the name of the hidden state [B,H].</summary>
    public string Export(OnnxGraph g)
    {
        long features = mean.shape[0];
        var x = g.Input("x", [1, "B", (int)features]);
        string[] states = [g.Input("h", [1, "B", hidden]), g.Input("c", [1, "B", hidden])];
        var centred = g.Node("Sub", [x, g.Initializer(Mean, [features], Values(mean))], "centred");
        var z = g.Node("Div", [centred, g.Initializer(Deviation, [features], Values(deviation))], "z");
        var w = g.Initializer("W", [1, 4 * hidden, features], GateOrder.ToOnnx(Values(Weight("weight_ih_l0")), hidden));
        var r = g.Initializer("R", [1, 4 * hidden, hidden], GateOrder.ToOnnx(Values(Weight("weight_hh_l0")), hidden));
        var b = g.Initializer("bias", [1, 8 * hidden],
            [.. GateOrder.ToOnnx(Values(Weight("bias_ih_l0")), hidden), .. GateOrder.ToOnnx(Values(Weight("bias_hh_l0")), hidden)]);
        g.Node("LSTM", [z, w, r, b, "", .. states], ["", "h_next", "c_next"], ("hidden_size", (long)hidden));
        g.Output("h_next", [1, "B", hidden]);
        g.Output("c_next", [1, "B", hidden]);
        return g.Node("Squeeze", ["h_next", g.Initializer("first", [1], [0L])], "h_row");
    }

    /// <summary>y = W x + b as an ONNX node.</summary>
    public static string Export(OnnxGraph g, Linear linear, string input, string name) => g.Node("Gemm",
        [input, g.Initializer($"{name}.weight", linear.weight.shape, Values(linear.weight)), g.Initializer($"{name}.bias", linear.bias!.shape, Values(linear.bias))],
        name, ("transB", 1L));

    private Parameter Weight(string name) => lstm.get_parameter(name)!;

    private static float[] Values(Tensor tensor) => tensor.data<float>().ToArray();
}

/// <summary>Scalars that live as long as the program: see <see cref="AdamW"/>.</summary>
internal static class Kept
{
    public static readonly Scalar One = 1.ToScalar();
    public static readonly Scalar Half = 0.5.ToScalar();
}
