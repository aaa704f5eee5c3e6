using PredMaint.Training.Export;

namespace PredMaint.Onnx.Tests;

/// <summary>A row's result depends on that row alone, to the bit: not on the batch's size, its place in it, or its neighbours.</summary>
public class RowTests
{
    private const int Width = 14;

    private const string KernelManifest = """
        {"name":"kernel","version":"1","kind":"anomaly","mode":"window","features":["1","2","3","4","5","6","7","8","9","10","11","12","13","14"],
         "input":{"name":"x","layout":"BF"},"outputs":{"forecast":"y","spread":"z"},"alert":{"raiseAt":1}}
        """;

    public static TheoryData<string> KernelNames => [.. Kernels.Keys];

    /// <summary>
    /// What heads and cells are made of. Left out, because they do depend on the place: ReduceMean and ReduceSum over the
    /// innermost dimension, which begin at the first aligned address of each row.
    /// </summary>
    private static Dictionary<string, Func<OnnxGraph, string, string>> Kernels { get; } = new(StringComparer.Ordinal)
    {
        ["Exp"] = (g, x) => g.Node("Exp", [x], "y"),
        ["Log"] = (g, x) => g.Node("Log", [g.Node("Abs", [x], "a")], "y"),
        ["Softplus"] = (g, x) => g.Node("Softplus", [x], "y"),
        ["Softplus of one column"] = (g, x) => g.Node("Mul", [x, g.Node("Softplus", [g.Node("MatMul", [x, Weights(g, "w", Width, 1)], "c")], "s")], "y"),
        ["Sigmoid"] = (g, x) => g.Node("Sigmoid", [x], "y"),
        ["Tanh"] = (g, x) => g.Node("Tanh", [x], "y"),
        ["Erf"] = (g, x) => g.Node("Erf", [x], "y"),
        ["Softmax"] = (g, x) => g.Node("Softmax", [x], "y", ("axis", -1)),
        ["LayerNormalization"] = (g, x) => g.Node("LayerNormalization", [x, Weights(g, "scale", Width), Weights(g, "bias", Width)], "y", ("axis", -1)),
        ["ReduceSumSquare"] = (g, x) => g.Node("Mul", [x, g.Node("ReduceSumSquare", [x], "r", ("axes", new long[] { 1 }))], "y"),
        ["ReduceL2"] = (g, x) => g.Node("Mul", [x, g.Node("ReduceL2", [x], "r", ("axes", new long[] { 1 }))], "y"),
        ["MatMul"] = (g, x) => g.Node("MatMul", [g.Node("MatMul", [x, Weights(g, "w", Width, 64)], "h"), Weights(g, "v", 64, Width)], "y"),
        ["Gemm"] = (g, x) => g.Node("Gemm", [x, Weights(g, "w", Width, Width), Weights(g, "b", Width)], "y", ("transB", 1)),
        ["LSTM"] = (g, x) => Recurrent(g, x, "LSTM", gates: 4),
        ["GRU"] = (g, x) => Recurrent(g, x, "GRU", gates: 3),
        ["Conv"] = (g, x) => g.Node("Flatten", [g.Node("Conv", [Unsqueeze(g, x, axis: 1), Weights(g, "w", 1, 1, 3)], "c", ("pads", new long[] { 1, 1 }))], "y"),
    };

    [Theory]
    [InlineData("win.onnx")]
    [InlineData("stateful.onnx")]
    public void A_row_keeps_its_bits_through_the_network(string fixture)
    {
        using var model = Models.Load(Models.Fixture(fixture));
        AssertIndependent(model);
    }

    [Theory]
    [MemberData(nameof(KernelNames))]
    public void A_row_keeps_its_bits_through_the_kernel(string name)
    {
        var g = new OnnxGraph(name);
        var x = g.Input("x", ["B", Width]);
        g.Output(Kernels[name](g, x), ["B", Width]);
        g.Output(g.Node("Neg", [x], "z"), ["B", Width]);
        using var model = Models.Load(Models.Write(g, KernelManifest));
        AssertIndependent(model);
    }

    /// <summary>All rows differ, one is NaN throughout; each other row r must give at every place of every size what it gives as the first of the smallest batch.</summary>
    private static void AssertIndependent(OnnxModel model)
    {
        const int maxRows = 512;
        const int poisoned = 5;
        var rows = Enumerable.Range(0, maxRows).Select(seed => new Row(model, seed)).ToArray();
        rows[poisoned].Poison();
        var buffers = model.CreateBuffers(maxRows);
        var expected = Enumerable.Range(0, maxRows).Select(r =>
        {
            Run(buffers.Sizes[0], i => (r + i) % maxRows);
            return Row.Result(model, buffers, buffers.Sizes[0], 0);
        }).ToArray();
        foreach (var size in buffers.Sizes)
        {
            int RowAt(int i) => (7 * i + size) % maxRows;
            Run(size, RowAt);
            var places = Enumerable.Range(0, size).Where(i => RowAt(i) != poisoned && !Row.Result(model, buffers, size, i).AsSpan().SequenceEqual(expected[RowAt(i)])).ToArray();
            Assert.True(places.Length == 0, $"size {size}: the rows {string.Join(' ', places)} differ");
        }

        void Run(int size, Func<int, int> rowAt)
        {
            for (var i = 0; i < size; i++) rows[rowAt(i)].Put(buffers, size, i);
            model.Run(buffers, size);
        }
    }

    private static string Recurrent(OnnxGraph g, string x, string op, int gates)
    {
        g.Node(op, [Unsqueeze(g, x, axis: 0), Weights(g, "w", 1, gates * Width, Width), Weights(g, "r", 1, gates * Width, Width)], ["t"], ("hidden_size", Width));
        return g.Node("Squeeze", ["t", g.Initializer("axes", [2], new long[] { 0, 1 })], "y");
    }

    private static string Unsqueeze(OnnxGraph g, string x, long axis) => g.Node("Unsqueeze", [x, g.Initializer("axis", [1], new[] { axis })], "u");

    private static string Weights(OnnxGraph g, string name, params long[] dims) =>
        g.Initializer(name, dims, Row.Values(new Random(dims.Length), (int)dims.Aggregate(1L, (product, dim) => product * dim)));
}
