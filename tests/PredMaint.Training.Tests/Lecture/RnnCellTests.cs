namespace PredMaint.Training.Tests.Lecture;

/// <summary>The lecture's vanilla RNN, and what its activations make of a pre-activation.</summary>
public sealed class RnnCellTests
{
    private static readonly float[] PreActivation = [1.87339572f, 2.07677249f, 1.23722445f, 3.25528786f];
    private static readonly float[] Sigmoid = [0.8668507f, 0.88862501f, 0.77508052f, 0.96286266f];
    private static readonly float[] Tanh = [0.95390098f, 0.96906863f, 0.84466214f, 0.99702917f];

    [Fact]
    public void Activations_are_the_printed_ones()
    {
        var after = Cells.Step([("s", 4), ("t", 4)], g =>
        {
            g.Node("Sigmoid", ["x"], "s_next");
            g.Node("Tanh", ["x"], "t_next");
        }, new Dictionary<string, float[]>(StringComparer.Ordinal), PreActivation);
        Cells.Near(Sigmoid, after["s"]);
        Cells.Near(Tanh, after["t"]);
    }

    /// <summary>h_t = tanh(Whh h + Wxh x): of weights whose sum is the printed pre-activation, the printed activation.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_step_is_the_tanh_of_what_it_sees_and_what_it_remembers(bool asOperator)
    {
        const int hidden = 4;
        float[] x = [1, -0.5f, 0.25f, 2], h = [0.5f, -0.25f, 1, 0.75f];
        var random = new Random(1);
        var wxh = Enumerable.Range(0, hidden * x.Length).Select(_ => (float)random.NextDouble()).ToArray();
        var whh = Enumerable.Range(0, hidden * hidden).Select(_ => (float)random.NextDouble()).ToArray();
        for (var unit = 0; unit < hidden; unit++)
        {
            // The last weight of each unit makes up for the rest.
            whh[unit * hidden + hidden - 1] = 0;
            var rest = Dot(wxh, unit, x) + Dot(whh, unit, h);
            whh[unit * hidden + hidden - 1] = (float)((PreActivation[unit] - rest) / h[hidden - 1]);
        }
        var after = Cells.Step([("h", hidden)], g =>
        {
            if (asOperator)
            {
                g.Node("RNN", ["x", g.Initializer("W", [1, hidden, x.Length], wxh), g.Initializer("R", [1, hidden, hidden], whh), "", "", "h"], ["", "h_next"], ("hidden_size", (long)hidden));
                return;
            }
            var seen = g.Node("MatMul", ["x", g.Node("Transpose", [g.Initializer("Wxh", [hidden, x.Length], wxh)], "Wxh_t", ("perm", new long[] { 1, 0 }))], "seen");
            var remembered = g.Node("MatMul", ["h", g.Node("Transpose", [g.Initializer("Whh", [hidden, hidden], whh)], "Whh_t", ("perm", new long[] { 1, 0 }))], "remembered");
            g.Node("Tanh", [g.Node("Add", [remembered, seen], "pre")], "h_next");
        }, new Dictionary<string, float[]>(StringComparer.Ordinal) { ["h"] = h }, x);
        Cells.Near(Tanh, after["h"]);
    }

    private static double Dot(float[] weights, int unit, float[] values) => values.Select((value, k) => (double)weights[unit * values.Length + k] * value).Sum();
}
