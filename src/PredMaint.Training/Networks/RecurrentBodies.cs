using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace PredMaint.Training.Networks;

/// <summary>The vanilla recurrent network: h' = tanh(Wxh x + Whh h + b) (Elman 1990).</summary>
internal sealed class RnnBody : Body
{
    private readonly RNN rnn;

    public RnnBody(int inputs, int width) : base(nameof(RnnBody), width)
    {
        rnn = nn.RNN(inputs, width);
        RegisterComponents();
    }

    public override IReadOnlyList<string> States => ["h"];

    public override Tensor forward(Tensor z) => rnn.call(z).Item1;

    public override string Export(OnnxGraph g, string z, int steps, bool stateful, string prefix) => ExportRecurrent(g, "RNN", z, stateful, prefix, rnn, values => values);
}

/// <summary>The LSTM (Hochreiter and Schmidhuber 1997).</summary>
internal sealed class LstmBody : Body
{
    /// <summary>Longest memory, in steps, that the chrono initialisation gives a unit.</summary>
    private const double LongestMemory = 200;

    private readonly LSTM lstm;

    /// <summary>Chrono initialisation (Tallec and Ollivier 2018): units begin with memories of 1 to 200 steps.</summary>
    public LstmBody(int inputs, int width, Random random) : base(nameof(LstmBody), width)
    {
        lstm = nn.LSTM(inputs, width);
        var bias = new float[4 * width];
        for (var unit = 0; unit < width; unit++)
        {
            var memory = Math.Log(1 + random.NextDouble() * (LongestMemory - 1));
            bias[unit] = (float)-memory; // input gate
            bias[width + unit] = (float)memory; // forget gate
        }
        using (no_grad())
        {
            lstm.get_parameter("bias_ih_l0")!.copy_(tensor(bias));
            lstm.get_parameter("bias_hh_l0")!.zero_();
        }
        RegisterComponents();
    }

    public override IReadOnlyList<string> States => ["h", "c"];

    public override Tensor forward(Tensor z) => lstm.call(z).Item1;

    public override string Export(OnnxGraph g, string z, int steps, bool stateful, string prefix) => ExportRecurrent(g, "LSTM", z, stateful, prefix, lstm, values => GateOrder.ToOnnx(values, Width));
}
