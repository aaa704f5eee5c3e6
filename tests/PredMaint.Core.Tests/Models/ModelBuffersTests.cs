using CsCheck;
using PredMaint.Core.Models;

namespace PredMaint.Core.Tests.Models;

public class ModelBuffersTests
{
    private static readonly string[] InputLayouts = ["TBF", "BTF", "BFT", "FBT", "TFB", "FTB"];

    [Theory]
    [InlineData(1, new[] { 8 })]
    [InlineData(8, new[] { 8 })]
    [InlineData(9, new[] { 8, 16 })]
    [InlineData(100, new[] { 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104 })]
    [InlineData(250, new[] { 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120, 128, 144, 160, 176, 192, 208, 224, 240, 256 })]
    public void Batches_are_padded_to_a_few_sizes(int maxRows, int[] sizes)
    {
        var buffers = new ModelBuffers(FakeModel.Window(1, "s1"), new ModelShape([]), maxRows);
        Assert.Equal(sizes, buffers.Sizes);
        for (var rows = 1; rows <= buffers.MaxRows; rows++) Assert.Equal(sizes.First(s => s >= rows), buffers.SizeFor(rows));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffers.SizeFor(buffers.MaxRows + 1));
    }

    [Fact]
    public void A_graph_with_a_fixed_batch_has_that_size_alone() =>
        Assert.Equal([3], new ModelBuffers(FakeModel.Window(1, "s1"), new ModelShape([], FixedBatch: 3), 512).Sizes);

    [Fact]
    public void Every_step_of_every_row_lands_where_the_layout_says_and_nowhere_else() =>
        Gen.Select(Gen.OneOf(InputLayouts), Gen.Int[1, 5], Gen.Int[1, 4], Gen.Int[1, 20]).Sample((layout, steps, features, maxRows) =>
        {
            var manifest = FakeModel.Window(steps, [.. Enumerable.Range(0, features).Select(f => $"s{f}")]) with { Input = new TensorSpec("x", layout) };
            AssertRoundTrip(manifest, maxRows);
        });

    [Fact]
    public void One_step_needs_no_time_in_the_layout()
    {
        foreach (var layout in new[] { "BF", "FB" })
            AssertRoundTrip(FakeModel.Window(1, "s1", "s2", "s3") with { Input = new TensorSpec("x", layout) }, 9);
    }

    /// <summary>States are split around B: LBH is (L, H), BLH (1, L x H), LHB (L x H, 1).</summary>
    [Fact]
    public void The_state_of_every_row_comes_back_in_every_layout() =>
        Gen.Select(Gen.Select(Gen.Int[1, 3], Gen.Int[1, 5], (o, i) => new StateShape(o, i)).Array[1, 3], Gen.Int[1, 20]).Sample((shapes, maxRows) =>
        {
            var model = new FakeModel(FakeModel.Stateful("s1"), _ => { }, shapes);
            var buffers = model.CreateBuffers(maxRows);
            var length = model.Shape.StateLength;
            foreach (var size in buffers.Sizes)
            {
                for (var row = 0; row < size; row++) buffers.SetState(size, row, Enumerable.Range(row * length, length).Select(i => (float)i).ToArray());
                Assert.Equal(Enumerable.Range(0, size * length).Select(i => (float)i), shapes.SelectMany((s, k) => buffers.StatesIn[k].Take(size * s.Length)).Order());
                for (var k = 0; k < shapes.Length; k++) buffers.StatesIn[k].CopyTo(buffers.StatesOut[k], 0);
                var state = new float[length];
                for (var row = 0; row < size; row++)
                {
                    buffers.GetState(size, row, state);
                    Assert.Equal(Enumerable.Range(row * length, length).Select(i => (float)i), state);
                }
            }
        }, iter: 50);

    [Theory]
    [InlineData(2, 1, 3, 0, 3)]
    [InlineData(2, 1, 3, 5, (1 * 8 + 1) * 3 + 2)]
    [InlineData(1, 0, 6, 4, 4)]
    [InlineData(6, 2, 1, 3, 3 * 8 + 2)]
    public void A_state_tensor_is_laid_out_around_its_batch_dimension(int outer, int row, int inner, int at, int offset)
    {
        var buffers = new FakeModel(FakeModel.Stateful("s1"), _ => { }, new StateShape(outer, inner)).CreateBuffers(8);
        var state = new float[outer * inner];
        state[at] = 1;
        buffers.SetState(8, row, state);
        Assert.Equal(offset, Array.IndexOf(buffers.StatesIn[0], 1));
    }

    [Fact]
    public void Outputs_are_as_wide_as_their_meaning()
    {
        var manifest = FakeModel.Window(1, "s1", "s2") with
        {
            Quantiles = [0.1, 0.5, 0.9], Bins = [1, 2, 3, 4],
            Outputs = new OutputNames { Probability = "p", Rul = "r", Forecast = "f", Spread = "s", Expected = "e" },
        };
        var b = new ModelBuffers(manifest, new ModelShape([]), 8);
        Assert.Equal((0, 8, 24, 0, 16, 16, 8, 0), (b.Score.Length, b.Probability.Length, b.Rul.Length, b.Histogram.Length, b.Forecast.Length, b.Spread.Length, b.Expected.Length, b.Contribution.Length));
        Assert.Equal(16, new ModelBuffers(manifest with { Outputs = new OutputNames { Score = "s", Expected = "e" } }, new ModelShape([]), 8).Expected.Length);
    }

    private static void AssertRoundTrip(ModelManifest manifest, int maxRows)
    {
        var (steps, features) = (manifest.Steps, manifest.Features.Count);
        var model = new FakeModel(manifest, _ => { });
        var buffers = model.CreateBuffers(maxRows);
        foreach (var size in buffers.Sizes)
        {
            for (var row = 0; row < size; row++)
                for (var t = 0; t < steps; t++)
                    buffers.SetStep(size, row, t, [.. Enumerable.Range(0, features).Select(f => Value(row, t, f))]);
            Assert.Equal(size * steps * features, buffers.Input.Take(size * steps * features).Distinct().Count());
            for (var row = 0; row < size; row++)
                for (var t = 0; t < steps; t++)
                    for (var f = 0; f < features; f++)
                        Assert.Equal(Value(row, t, f), new FakeRow(model, buffers, size, row).X(t, f));
        }
        float Value(int row, int t, int f) => 1 + (row * steps + t) * features + f;
    }
}
