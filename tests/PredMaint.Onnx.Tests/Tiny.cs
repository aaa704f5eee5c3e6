using PredMaint.Training.Export;

namespace PredMaint.Onnx.Tests;

/// <summary>
/// Small models whose results a person computes: the weights are powers of ten, so that a score of digits shows which
/// value came from where (steps (1,2), (3,4), (5,6) of two features make 654321).
/// </summary>
internal static class Tiny
{
    public const int Steps = 3;
    public const int Features = 2;

    public const string Manifest = """
        {"name":"tiny","version":"1","kind":"anomaly","mode":"window","features":["a","b"],
         "input":{"name":"x","layout":"BTF"},"outputs":{"score":"y"},"steps":3,"alert":{"raiseAt":1}}
        """;

    public const string StatefulManifest = """
        {"name":"tiny","version":"1","kind":"anomaly","mode":"stateful","features":["a","b"],
         "input":{"name":"x","layout":"BF"},"states":[{"input":"s","output":"s2","layout":"BH"}],"outputs":{"score":"y"},"alert":{"raiseAt":1}}
        """;

    /// <summary>y [B,1] = the digits of x, which is [B,T,F].</summary>
    public static OnnxGraph Window(OnnxDimension? batch = null)
    {
        var g = new OnnxGraph("window");
        g.Output(Digits(g, g.Input("x", [batch ?? "B", Steps, Features]), "y"), [batch ?? "B", 1]);
        return g;
    }

    /// <summary>s2 [B,2] = s + x, y [B,1] = the digits of s2.</summary>
    public static OnnxGraph Stateful(OnnxDimension? hidden = null, OnnxDimension? hiddenOut = null)
    {
        var g = new OnnxGraph("stateful");
        var s2 = g.Node("Add", [g.Input("s", ["B", hidden ?? Features]), g.Input("x", ["B", Features])], "s2");
        g.Output(s2, ["B", hiddenOut ?? Features]);
        g.Output(g.Node("MatMul", [s2, g.Initializer("w", [Features, 1], new float[] { 1, 10 })], "y"), ["B", 1]);
        return g;
    }

    /// <summary>Adds nodes that make [B,1] of [B,T,F].</summary>
    public static string Digits(OnnxGraph g, string btf, string output)
    {
        var flat = g.Node("Reshape", [btf, g.Initializer("flat", [2], new long[] { -1, Steps * Features })], "rows");
        return g.Node("MatMul", [flat, g.Initializer("w", [Steps * Features, 1], new float[] { 1, 10, 100, 1000, 10_000, 100_000 })], output);
    }
}
