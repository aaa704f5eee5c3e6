using PredMaint.Training.Export;
using PredMaint.Training.Export.Proto;

namespace PredMaint.Onnx.Tests;

/// <summary>What cannot serve is refused at load, by a sentence that names it.</summary>
public class MistakeTests
{
    [Fact]
    public void A_missing_file_is_named() =>
        Assert.Contains("nowhere.onnx", Assert.Single(Models.Refused(Path.Combine(Path.GetTempPath(), "nowhere.onnx"))), StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_no_model_is_named() =>
        AssertMistake(Models.Write("no model at all"u8.ToArray()), "is not a model that ONNX Runtime loads");

    [Fact]
    public void A_file_beyond_the_limit_is_refused_before_it_is_read()
    {
        var file = Models.Write([]);
        using (var stream = File.OpenWrite(file)) stream.SetLength((512L << 20) + 1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        AssertMistake(file, "it has 536870913 bytes, allowed are 536870912");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void A_digest_that_differs_is_shown_beside_the_wanted_one()
    {
        var file = Models.Write(Tiny.Window(), Tiny.Manifest);
        using var model = Models.Load(file);
        var wanted = new string('0', 64);
        var mistake = Assert.Single(Models.Refused(file, wanted));
        Assert.Contains(model.Sha256, mistake, StringComparison.Ordinal);
        Assert.Contains(wanted, mistake, StringComparison.Ordinal);
    }

    [Fact]
    public void A_digest_that_matches_in_capitals_will_do()
    {
        var file = Models.Write(Tiny.Window(), Tiny.Manifest);
        var digest = OnnxModel.Inspect(file, Models.Cpu).Sha256!.ToUpperInvariant();
        var mistakes = new List<string>();
        using var model = OnnxModel.Load(file, Models.Cpu, digest, mistakes);
        Assert.NotNull(model);
        Assert.Empty(mistakes);
    }

    [Fact]
    public void A_model_without_a_manifest_is_told_where_it_belongs() =>
        AssertMistake(Models.Write(Tiny.Window(), manifest: null), "predmaint.manifest", "model.json");

    [Fact]
    public void The_manifest_beside_the_file_overrides_the_one_inside()
    {
        var file = Models.Write(Tiny.Window(), Tiny.Manifest);
        var beside = Path.ChangeExtension(file, ".json");
        File.WriteAllText(beside, Tiny.Manifest.Replace("\"1\"", "\"2\"", StringComparison.Ordinal));
        using (var model = Models.Load(file)) Assert.Equal("tiny@2", model.Manifest.NameAndVersion);
        File.WriteAllText(beside, "{");
        var mistake = Assert.Single(Models.Refused(file));
        Assert.StartsWith($"{beside}: the manifest is not JSON", mistake, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_mistake_of_the_manifest_is_told_with_the_file()
    {
        var file = Models.Write(Tiny.Window(), Tiny.Manifest.Replace("anomaly", "trouble", StringComparison.Ordinal).Replace("\"steps\"", "\"step\"", StringComparison.Ordinal));
        var mistakes = Models.Refused(file);
        Assert.All(mistakes, m => Assert.StartsWith(file, m, StringComparison.Ordinal));
        Assert.Contains(mistakes, m => m.Contains("kind", StringComparison.Ordinal));
        Assert.Contains(mistakes, m => m.Contains("did you mean steps?", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\"x\"", "\"z\"", "no input \"z\"", "its inputs are x")]
    [InlineData("\"y\"", "\"z\"", "no output \"z\"", "its outputs are y")]
    [InlineData("BTF", "BF", "dimensions", "layout BF has 2")]
    [InlineData("[\"a\",\"b\"]", "[\"a\",\"b\",\"c\"]", "has 2 in dimension F", "3 features")]
    [InlineData("\"steps\":3", "\"steps\":4", "has 3 in dimension T", "4 steps")]
    [InlineData("{\"score\":\"y\"}", "{\"rul\":\"y\"},\"quantiles\":[0.1,0.5]", "has 1 in dimension Q", "2 quantiles")]
    [InlineData("{\"score\":\"y\"}", "{\"histogram\":\"y\"},\"bins\":[1,2,3]", "has 1 in dimension K", "3 bins")]
    [InlineData("{\"score\":\"y\"}", "{\"score\":\"y\",\"probability\":\"y\"}", "\"y\" twice", "outputs.score and in outputs.probability")]
    public void A_manifest_that_the_graph_contradicts_is_refused(string from, string to, string what, string allowed)
    {
        Assert.Contains(from, Tiny.Manifest, StringComparison.Ordinal);
        // A layout of two letters lacks T only where steps is 1.
        var manifest = Tiny.Manifest.Replace(from, to, StringComparison.Ordinal);
        if (to == "BF") manifest = manifest.Replace("\"steps\":3,", "", StringComparison.Ordinal);
        Assert.Contains(Models.Refused(Models.Write(Tiny.Window(), manifest)), m => m.Contains(what, StringComparison.Ordinal) && m.Contains(allowed, StringComparison.Ordinal));
    }

    [Fact]
    public void All_contradictions_are_told_at_once()
    {
        var manifest = Tiny.Manifest.Replace("\"steps\":3", "\"steps\":4", StringComparison.Ordinal).Replace("\"y\"", "\"z\"", StringComparison.Ordinal);
        Assert.Equal(2, Models.Refused(Models.Write(Tiny.Window(), manifest)).Count);
    }

    [Fact]
    public void A_type_other_than_float_is_refused()
    {
        var g = new OnnxGraph("doubles");
        g.Output(g.Node("ReduceMax", [g.Input("x", ["B", 3, 2], ElementType.Double)], "y", ("axes", new long[] { 1 }), ("keepdims", 0)), ["B", 2], ElementType.Double);
        var mistakes = Models.Refused(Models.Write(g, Tiny.Manifest));
        Assert.Contains(mistakes, m => m.Contains("input \"x\" (input) is Double", StringComparison.Ordinal));
        Assert.Contains(mistakes, m => m.Contains("output \"y\" (outputs.score) is Double", StringComparison.Ordinal));
    }

    [Fact]
    public void A_score_of_two_columns_is_refused()
    {
        var g = new OnnxGraph("two");
        g.Output(g.Node("ReduceMax", [g.Input("x", ["B", 3, 2])], "y", ("axes", new long[] { 1 }), ("keepdims", 0)), ["B", 2]);
        AssertMistake(Models.Write(g, Tiny.Manifest), "\"y\" [?,2]", "score is one number a row");
    }

    [Fact]
    public void A_free_dimension_that_comes_out_as_another_size_fails_the_trial_run()
    {
        var g = new OnnxGraph("free");
        // The shape is computed in the graph, so that nobody can tell it before the run.
        var flat = g.Node("Flatten", [g.Input("x", ["B", 3, 2])], "flat");
        var width = g.Node("ReduceMax", [g.Node("Cast", [flat], "whole", ("to", 7))], "zero", ("keepdims", 0));
        var ends = g.Node("Unsqueeze", [g.Node("Add", [width, g.Initializer("two", [], new long[] { 2 })], "end"), g.Initializer("axis0", [1], new long[] { 0 })], "ends");
        g.Output(g.Node("Slice", [flat, g.Initializer("start", [1], new long[] { 0 }), ends, g.Initializer("axis", [1], new long[] { 1 })], "y"), ["B", "N"]);
        AssertMistake(Models.Write(g, Tiny.Manifest), "a trial run of 8 rows fails");
    }

    [Fact]
    public void A_state_whose_output_has_another_shape_is_refused()
    {
        var g = new OnnxGraph("grows");
        var s = g.Input("s", ["B", 2]);
        g.Output(g.Node("Concat", [s, g.Input("x", ["B", 2])], "s2", ("axis", 1)), ["B", 4]);
        g.Output(g.Node("MatMul", [s, g.Initializer("w", [2, 1], new float[] { 1, 10 })], "y"), ["B", 1]);
        AssertMistake(Models.Write(g, Tiny.StatefulManifest), "\"s\" [?,2]", "\"s2\" [?,4]", "dimension H");
    }

    [Fact]
    public void A_state_that_is_free_beside_the_batch_is_refused() =>
        AssertMistake(Models.Write(Tiny.Stateful(hidden: "H"), Tiny.StatefulManifest), "\"s\" [?,?]", "dimension H free");

    [Fact]
    public void A_state_whose_output_leaves_its_size_free_will_do()
    {
        using var model = Models.Load(Models.Write(Tiny.Stateful(hiddenOut: "H"), Tiny.StatefulManifest));
        Assert.Equal(2, model.Shape.StateLength);
    }

    [Theory]
    [InlineData("\"input\":\"s\"", "\"input\":\"t\"", "no input \"t\" (states[0])")]
    [InlineData("\"output\":\"s2\"", "\"output\":\"t\"", "no output \"t\" (states[0])")]
    public void A_state_that_the_graph_lacks_is_named(string from, string to, string what) =>
        Assert.Contains(
            Models.Refused(Models.Write(Tiny.Stateful(), Tiny.StatefulManifest.Replace(from, to, StringComparison.Ordinal))),
            m => m.Contains(what, StringComparison.Ordinal));

    [Fact]
    public void A_graph_input_that_the_manifest_does_not_name_is_refused()
    {
        var g = Tiny.Window();
        g.Output(g.Node("Identity", [g.Input("lengths", ["B", 1])], "copy"), ["B", 1]);
        AssertMistake(Models.Write(g, Tiny.Manifest), "\"lengths\" is neither the manifest's input nor one of its states");
    }

    [Fact]
    public void An_initialiser_that_is_declared_as_an_input_needs_no_name()
    {
        var g = Tiny.Window();
        g.Input("w", [6, 1]);
        Models.Load(Models.Write(g, Tiny.Manifest)).Dispose();
    }

    [Fact]
    public void A_fixed_batch_is_the_only_size()
    {
        using var model = Models.Load(Models.Write(Tiny.Window(batch: 5), Tiny.Manifest));
        Assert.Equal(5, model.Shape.FixedBatch);
        var buffers = model.CreateBuffers(512);
        Assert.Equal([5], buffers.Sizes);
        for (var t = 0; t < 3; t++) buffers.SetStep(5, 4, t, [1, 2]);
        model.Run(buffers, 5);
        Assert.Equal(212121, buffers.Score[4]);
    }

    [Fact]
    public void Two_tensors_that_fix_the_batch_differently_are_refused()
    {
        var g = new OnnxGraph("batches");
        g.Output(g.Node("Add", [g.Input("s", [1, 2]), g.Input("x", [4, 2])], "y2"), [4, 2]);
        g.Output(g.Node("Identity", ["s"], "s2"), [1, 2]);
        g.Output(g.Node("ReduceMax", ["y2"], "y", ("axes", new long[] { 1 })), [4, 1]);
        Assert.Contains(Models.Refused(Models.Write(g, Tiny.StatefulManifest)), m => m.Contains("fixes the batch at", StringComparison.Ordinal));
    }

    private static void AssertMistake(string file, params string[] parts)
    {
        var mistake = Assert.Single(Models.Refused(file));
        Assert.StartsWith(file, mistake, StringComparison.Ordinal);
        Assert.All(parts, part => Assert.Contains(part, mistake, StringComparison.Ordinal));
    }
}
