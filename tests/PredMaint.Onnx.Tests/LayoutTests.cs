using PredMaint.Core.Models;
using PredMaint.Training.Export;

namespace PredMaint.Onnx.Tests;

/// <summary>Every value reaches the graph where its layout says, and every output is read from its place.</summary>
public class LayoutTests
{
    [Theory]
    [InlineData("BTF", new long[] { 0, 1, 2 })]
    [InlineData("TBF", new long[] { 1, 0, 2 })]
    [InlineData("BFT", new long[] { 0, 2, 1 })]
    [InlineData("FTB", new long[] { 2, 1, 0 })]
    public void Each_step_and_feature_of_a_window_reaches_its_place(string layout, long[] toBtf)
    {
        var g = new OnnxGraph("window");
        var dims = Array.ConvertAll(layout.ToCharArray(), OnnxDimension (letter) => letter switch { 'B' => "B", 'T' => Tiny.Steps, _ => Tiny.Features });
        g.Output(Tiny.Digits(g, g.Node("Transpose", [g.Input("x", dims)], "btf", ("perm", toBtf)), "y"), ["B", 1]);
        using var model = Models.Load(Models.Write(g, Tiny.Manifest.Replace("BTF", layout, StringComparison.Ordinal)));

        var buffers = model.CreateBuffers(32);
        foreach (var size in buffers.Sizes)
        {
            for (var row = 0; row < size; row++)
                for (var t = 0; t < Tiny.Steps; t++) buffers.SetStep(size, row, t, [2 * t + 1 + row % 3, 2 * t + 2 + row % 3]);
            model.Run(buffers, size);
            for (var row = 0; row < size; row++) Assert.Equal(654321 + row % 3 * 111111, buffers.Score[row]);
        }
    }

    [Fact]
    public void A_single_step_needs_no_time_dimension()
    {
        var g = new OnnxGraph("step");
        g.Output(g.Node("MatMul", [g.Input("x", ["B", 2]), g.Initializer("w", [2, 1], new float[] { 1, 10 })], "y"), ["B", 1]);
        using var model = Models.Load(Models.Write(g, Tiny.Manifest.Replace("BTF", "BF", StringComparison.Ordinal).Replace("\"steps\":3,", "", StringComparison.Ordinal)));

        var buffers = model.CreateBuffers(16);
        buffers.SetStep(16, 0, 0, [4, 7]);
        buffers.SetStep(16, 15, 0, [3, 2]);
        model.Run(buffers, 16);

        Assert.Equal(74, buffers.Score[0]);
        Assert.Equal(23, buffers.Score[15]);
    }

    [Fact]
    public void States_of_every_layout_return_from_where_they_were_put()
    {
        const string states = """
            [{"input":"a","output":"a2","layout":"LBH"},{"input":"b","output":"b2","layout":"BLH"},{"input":"c","output":"c2","layout":"BH"}]
            """;
        using var model = Models.Load(Models.Write(ThreeStates(), Tiny.StatefulManifest.Replace("""[{"input":"s","output":"s2","layout":"BH"}]""", states, StringComparison.Ordinal)));
        Assert.Equal([new StateShape(2, 3), new StateShape(1, 6), new StateShape(1, 3)], model.Shape.States);
        Assert.Equal(15, model.Shape.StateLength);

        var buffers = model.CreateBuffers(32);
        const int size = 32;
        for (var row = 0; row < size; row++) buffers.SetState(size, row, [.. Enumerable.Range(0, 15).Select(i => 1000f * row + i)]);
        model.Run(buffers, size);

        // Each element of a state gains ten times its layer and its place in the layer.
        float[] gains = [0, 1, 2, 10, 11, 12, 0, 1, 2, 10, 11, 12, 0, 1, 2];
        var state = new float[15];
        for (var row = 0; row < size; row++)
        {
            buffers.GetState(size, row, state);
            Assert.Equal(Enumerable.Range(0, 15).Select(i => 1000f * row + i + gains[i]), state);
        }
    }

    [Fact]
    public void A_state_carries_from_step_to_step()
    {
        using var model = Models.Load(Models.Write(Tiny.Stateful(), Tiny.StatefulManifest));
        var buffers = model.CreateBuffers(16);
        var state = new float[2];
        for (var step = 0; step < 3; step++)
        {
            buffers.SetState(16, 5, state);
            buffers.SetStep(16, 5, 0, [1, 2]);
            model.Run(buffers, 16);
            buffers.GetState(16, 5, state);
        }
        Assert.Equal([3, 6], state);
        Assert.Equal(63, buffers.Score[5]);
    }

    [Theory]
    [InlineData("""{"score":"o1","contribution":"o2","expected":"o3"}""", 1, 2, 2)]
    [InlineData("""{"probability":"o1"}""", 1, 0, 0)]
    [InlineData("""{"rul":"o1","expected":"o2"},"quantiles":[0.1,0.5,0.9]""", 3, 1, 0)]
    [InlineData("""{"histogram":"o1","expected":"o2"},"bins":[5,10,20,40]""", 4, 1, 0)]
    [InlineData("""{"forecast":"o1","spread":"o2"}""", 2, 2, 0)]
    public void Each_kind_of_output_is_read_into_its_buffer(string outputs, int width1, int width2, int width3)
    {
        int[] widths = [width1, width2, width3];
        var g = new OnnxGraph("outputs");
        var x = g.Input("x", ["B", 2]);
        for (var k = 0; k < 3 && widths[k] > 0; k++)
        {
            // Column j of output k is 100 k + j times the first feature, plus the second.
            var weights = Enumerable.Range(0, widths[k]).Select(j => 100f * (k + 1) + j).Concat(Enumerable.Repeat(1f, widths[k])).ToArray();
            g.Output(g.Node("MatMul", [x, g.Initializer($"w{k}", [2, widths[k]], weights)], $"o{k + 1}"), ["B", widths[k]]);
        }
        var manifest = Tiny.Manifest.Replace("BTF", "BF", StringComparison.Ordinal).Replace("\"steps\":3,", "", StringComparison.Ordinal);
        using var model = Models.Load(Models.Write(g, manifest.Replace("""{"score":"y"}""", outputs, StringComparison.Ordinal)));

        var b = model.CreateBuffers(16);
        for (var row = 0; row < 16; row++) b.SetStep(16, row, 0, [row, 7]);
        model.Run(b, 16);

        float[][] first = [b.Score, b.Probability, b.Rul, b.Histogram, b.Forecast];
        float[][] second = [b.Contribution, b.Spread, b.HasLife() ? b.Expected : []];
        AssertOutput(Assert.Single(first, o => o.Length > 0), 0, width1);
        if (width2 > 0) AssertOutput(Assert.Single(second, o => o.Length > 0), 1, width2);
        if (width3 > 0) AssertOutput(b.Expected, 2, width3);
    }

    private static void AssertOutput(float[] output, int k, int width)
    {
        Assert.Equal(16 * width, output.Length);
        for (var i = 0; i < output.Length; i++) Assert.Equal((100f * (k + 1) + i % width) * (i / width) + 7, output[i]);
    }

    private static OnnxGraph ThreeStates()
    {
        var g = new OnnxGraph("states");
        float[] layers = [0, 1, 2, 10, 11, 12];
        g.Output(g.Node("Add", [g.Input("a", [2, "B", 3]), g.Initializer("ka", [2, 1, 3], layers)], "a2"), [2, "B", 3]);
        g.Output(g.Node("Add", [g.Input("b", ["B", 2, 3]), g.Initializer("kb", [1, 2, 3], layers)], "b2"), ["B", 2, 3]);
        g.Output(g.Node("Add", [g.Input("c", ["B", 3]), g.Initializer("kc", [3], new float[] { 0, 1, 2 })], "c2"), ["B", 3]);
        g.Output(g.Node("MatMul", [g.Input("x", ["B", 2]), g.Initializer("w", [2, 1], new float[] { 1, 10 })], "y"), ["B", 1]);
        return g;
    }
}

file static class BufferExtensions
{
    public static bool HasLife(this ModelBuffers buffers) => buffers.Rul.Length + buffers.Histogram.Length > 0;
}
