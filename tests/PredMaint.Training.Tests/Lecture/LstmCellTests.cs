using PredMaint.Training.Export;

namespace PredMaint.Training.Tests.Lecture;

/// <summary>
/// The lecture's LSTM step: x of 4, h of 5, so [x,h] of 9 and a W(9,5) for each gate. The lecture prints the gates, not the
/// weights; any weights do whose pre-activations are those of the printed gates.
/// </summary>
public sealed class LstmCellTests
{
    private const int Hidden = 5;

    private static readonly float[] Forget = [0.00605241f, 0.02419927f, 0.12958965f, 0.83141943f, 0.5440948f];
    private static readonly float[] Input = [0.00798643f, 0.92300084f, 0.22905397f, 0.27818745f, 0.96195338f];
    private static readonly float[] Candidate = [-0.17806474f, -0.99993564f, 0.99164565f, 0.92774236f, -0.99527522f];
    private static readonly float[] Before = [0.38000574f, 1.13691447f, 1.57618308f, -1.01247179f, 1.02257568f];
    private static readonly float[] Written = [-0.0014221f, -0.92294144f, 0.22714037f, 0.25808628f, -0.95740836f];
    private static readonly float[] Output = [0.25f, 0.5f, 0.75f, 0.9f, 0.1f];

    private static readonly float[] X = [0.5f, -1.25f, 2, 0.75f];
    private static readonly float[] H = [0.1f, -0.2f, 0.3f, -0.4f, 0.5f];
    private static readonly Random Weights = new(1);

    [Fact]
    public void The_printed_gates_come_out_of_the_step_written_as_the_lecture_writes_it()
    {
        var gates = new (string Name, float[] Values)[] { ("f", Forget), ("i", Input), ("g", Candidate), ("o", Output) };
        (string, int)[] states = [("h", Hidden), ("c", Hidden), ("f", Hidden), ("i", Hidden), ("g", Hidden), ("w", Hidden), ("o", Hidden)];
        var after = Cells.Step(states, g =>
        {
            var xh = g.Node("Concat", ["x", "h"], "xh", ("axis", 2L)); // [x,h](9)
            foreach (var (name, values) in gates)
            {
                var (w, b) = WeightsOf(name == "g" ? [.. values.Select(MathF.Atanh)] : [.. values.Select(Logit)]);
                var product = g.Node("MatMul", [xh, g.Initializer($"W{name}", [X.Length + Hidden, Hidden], w)], $"{name}_product");
                var sum = g.Node("Add", [product, g.Initializer($"b{name}", [Hidden], b)], $"{name}_sum");
                g.Node(name == "g" ? "Tanh" : "Sigmoid", [sum], $"{name}_next");
            }
            g.Node("Mul", ["i_next", "g_next"], "w_next");
            g.Node("Add", [g.Node("Mul", ["f_next", "c"], "kept"), "w_next"], "c_next");
            g.Node("Mul", ["o_next", g.Node("Tanh", ["c_next"], "squashed")], "h_next");
        }, Remembered, X);

        Cells.Near(Forget, after["f"]);
        Cells.Near(Input, after["i"]);
        Cells.Near(Candidate, after["g"]);
        Cells.Near(Written, after["w"]);
        Cells.Near(Expected, after["c"]);
        Cells.Near([.. Expected.Select((c, k) => Output[k] * MathF.Tanh(c))], after["h"]);
    }

    [Fact]
    public void The_operator_that_trained_models_use_computes_the_same_step()
    {
        var after = Cells.Step([("h", Hidden), ("c", Hidden)], g =>
        {
            // As training exports it: gates i, f, g, o become ONNX's i, o, f, c.
            var gates = new[] { Input.Select(Logit), Forget.Select(Logit), Candidate.Select(MathF.Atanh), Output.Select(Logit) }.Select(pre => WeightsOf([.. pre])).ToArray();
            float[] Rows(int from, int count) => [.. gates.SelectMany(gate => Enumerable.Range(0, Hidden).SelectMany(unit => Enumerable.Range(from, count).Select(row => gate.W[row * Hidden + unit])))];
            var w = g.Initializer("W", [1, 4 * Hidden, X.Length], GateOrder.ToOnnx(Rows(0, X.Length), Hidden));
            var r = g.Initializer("R", [1, 4 * Hidden, Hidden], GateOrder.ToOnnx(Rows(X.Length, Hidden), Hidden));
            var b = g.Initializer("bias", [1, 8 * Hidden], [.. GateOrder.ToOnnx([.. gates.SelectMany(gate => gate.B)], Hidden), .. new float[4 * Hidden]]);
            g.Node("LSTM", ["x", w, r, b, "", "h", "c"], ["", "h_next", "c_next"], ("hidden_size", (long)Hidden));
        }, Remembered, X);

        Cells.Near(Expected, after["c"]);
        Cells.Near([.. Expected.Select((c, k) => Output[k] * MathF.Tanh(c))], after["h"]);
    }

    /// <summary>c = f * c_prev + i * C~</summary>
    private static float[] Expected => [.. Forget.Select((f, k) => f * Before[k] + Written[k])];

    private static Dictionary<string, float[]> Remembered => new(StringComparer.Ordinal) { ["h"] = H, ["c"] = Before };

    private static float Logit(float p) => (float)Math.Log(p / (1.0 - p));

    /// <summary>Some W(9,5), and the bias that makes W^T [x,h] + b the pre-activation that is asked for.</summary>
    private static (float[] W, float[] B) WeightsOf(float[] preActivation)
    {
        float[] xh = [.. X, .. H];
        var w = new float[xh.Length * Hidden];
        for (var k = 0; k < w.Length; k++) w[k] = (float)(Weights.NextDouble() - 0.5) / 4;
        var b = new float[Hidden];
        for (var unit = 0; unit < Hidden; unit++)
        {
            var sum = 0.0;
            for (var row = 0; row < xh.Length; row++) sum += (double)xh[row] * w[row * Hidden + unit];
            b[unit] = (float)(preActivation[unit] - sum);
        }
        return (w, b);
    }
}
