using Microsoft.ML.OnnxRuntime;
using PredMaint.Training.Export;

namespace PredMaint.Onnx.Tests;

public class OnnxGraphTests
{
    [Fact]
    public void Onnx_runtime_loads_and_runs_a_built_graph()
    {
        var g = new OnnxGraph("example");
        var x = g.Input("x", ["B", 3]);
        var w = g.Initializer("w", [3, 1], new float[] { 1, 2, 3 });
        var axes = g.Initializer("axes", [1], new long[] { 1 });
        g.Node("MatMul", [x, w], "y");
        g.Node("LeakyRelu", [g.Node("ReduceMax", ["y"], "m", ("keepdims", 0), ("axes", new long[] { 1 }))], "z", ("alpha", 0.5f));
        g.Output(g.Node("Unsqueeze", ["z", axes], "r"), ["B", 1]);
        g.Metadata("note", "grüezi");

        using var session = new InferenceSession(g.ToBytes());
        using var values = OrtValue.CreateTensorValueFromMemory(new float[] { 1, 1, 1, -4, 0, 0 }, [2, 3]);
        using var run = new RunOptions();
        using var results = session.Run(run, ["x"], [values], ["r"]);

        Assert.Equal(new[] { 6f, -2f }, results[0].GetTensorDataAsSpan<float>().ToArray());
        Assert.Equal([2, 1], results[0].GetTensorTypeAndShape().Shape);
        Assert.Equal("grüezi", session.ModelMetadata.CustomMetadataMap["note"]);
        Assert.Equal([-1, 3], session.InputMetadata["x"].Dimensions);
    }

    [Fact]
    public void The_same_calls_give_the_same_bytes()
    {
        static byte[] Build()
        {
            var g = new OnnxGraph("g");
            g.Output(g.Node("Identity", [g.Input("x", ["B", 1])], "y"), ["B", 1]);
            return g.ToBytes();
        }
        Assert.Equal(Build(), Build());
    }
}
