using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace PredMaint.Training.Networks;

/// <summary>How a network remembers.</summary>
public enum Architecture { Rnn, Lstm, Transformer }

/// <summary>What a network remembers with: hidden rows [T,B,H] of z-scores [T,B,F], each from the readings so far alone.</summary>
internal abstract class Body(string name, int width) : nn.Module<Tensor, Tensor>(name)
{
    /// <summary>H.</summary>
    public int Width => width;

    /// <summary>Names of its states [1,B,H] as the graph's inputs, where it can go on from one; a successor is NAME_next.</summary>
    public virtual IReadOnlyList<string> States => [];

    /// <param name="steps">Readings that a transformer sees at once; a recurrent body sees all.</param>
    public static Body Create(Architecture architecture, int inputs, int width, int steps, Random random) => architecture switch
    {
        Architecture.Rnn => new RnnBody(inputs, width),
        Architecture.Lstm => new LstmBody(inputs, width, random),
        _ => new TransformerBody(inputs, width, steps),
    };

    /// <summary>The same as ONNX nodes; returns the name of the last step's hidden rows [B,H].</summary>
    /// <param name="z">Name of the z-scores [T,B,F]; T is 1 where it is stateful.</param>
    /// <param name="stateful">Goes on from its states; else it begins anew with the first of the steps.</param>
    /// <param name="prefix">Of all names, where a graph has several bodies.</param>
    public abstract string Export(OnnxGraph g, string z, int steps, bool stateful, string prefix);

    /// <summary>One recurrent ONNX node with its states and constants.</summary>
    /// <param name="ordered">Puts the rows of Torch's gates into ONNX's order.</param>
    protected string ExportRecurrent(OnnxGraph g, string op, string z, bool stateful, string prefix, nn.Module weights, Func<float[], float[]> ordered)
    {
        var (w, r) = (weights.get_parameter("weight_ih_l0")!, weights.get_parameter("weight_hh_l0")!);
        string[] inputs =
        [
            z, g.Initializer($"{prefix}W", [1, .. w.shape], ordered(Values(w))), g.Initializer($"{prefix}R", [1, .. r.shape], ordered(Values(r))),
            g.Initializer($"{prefix}bias", [1, 2 * w.shape[0]], [.. ordered(Values(weights.get_parameter("bias_ih_l0")!)), .. ordered(Values(weights.get_parameter("bias_hh_l0")!))]), "",
        ];
        string[] states = [.. States.Select(s => prefix + s)];
        string[] next = [.. states.Select(s => $"{s}_next")];
        g.Node(op, [.. inputs, .. stateful ? states.Select(s => g.Input(s, [1, "B", width])) : []], ["", .. next], ("hidden_size", (long)width));
        if (stateful) foreach (var state in next) g.Output(state, [1, "B", width]);
        return g.Node("Squeeze", [next[0], g.Initializer($"{prefix}first", [1], [0L])], $"{prefix}h_row");
    }

    /// <summary>y = W x + b of rows [B,K] or of sequences [T,B,K].</summary>
    public static string Export(OnnxGraph g, Linear linear, string input, string name)
    {
        var product = g.Node("MatMul", [input, g.Initializer($"{name}.weight", [linear.weight.shape[1], linear.weight.shape[0]], Values(linear.weight.t().contiguous()))], $"{name}.product");
        return g.Node("Add", [product, g.Initializer($"{name}.bias", linear.bias!.shape, Values(linear.bias))], name);
    }

    protected static float[] Values(Tensor tensor) => tensor.data<float>().ToArray();
}
