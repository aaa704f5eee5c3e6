using PredMaint.Core.Models;

namespace PredMaint.Onnx.Tests;

/// <summary>A row's result depends on that row alone: not on the batch's size, its place in it, or its neighbours.</summary>
public class RowTests(ITestOutputHelper output)
{
    private const int MaxRows = 512;

    [Theory]
    [InlineData("win.onnx")]
    [InlineData("stateful.onnx")]
    public void A_row_gives_the_same_bits_at_every_size_at_every_place_and_beside_any_neighbours(string fixture)
    {
        using var model = Models.Load(Models.Fixture(fixture));
        var row = new Row(model, seed: 1);
        var buffers = model.CreateBuffers(MaxRows);
        var expected = row.ResultAt(buffers, buffers.Sizes[^1], place: 0, neighbours: 0);
        var different = new List<string>();
        foreach (var size in buffers.Sizes)
            for (var place = 0; place < size; place += size > 64 && fixture == "win.onnx" ? 13 : 1)
                if (!row.ResultAt(buffers, size, place, neighbours: place + 2).AsSpan().SequenceEqual(expected)) different.Add($"{size}:{place}");
        foreach (var g in different.GroupBy(d => d.Split(':')[0])) output.WriteLine($"{g.Key}: {string.Join(' ', g.Select(d => d.Split(':')[1]))}");
        Assert.Empty(different);
    }
}

/// <summary>The inputs of one machine, and what the model makes of them.</summary>
internal sealed class Row
{
    private readonly OnnxModel model;
    private readonly float[][] steps;
    private readonly float[] state;

    public Row(OnnxModel model, int seed)
    {
        this.model = model;
        var random = new Random(seed);
        steps = [.. Enumerable.Range(0, model.Manifest.Steps).Select(_ => Values(random, model.Manifest.Features.Count))];
        state = Values(random, model.Shape.StateLength);
    }

    /// <summary>Score and new state as bits, so that no NaN or signed zero hides a difference.</summary>
    public int[] ResultAt(ModelBuffers buffers, int size, int place, int neighbours)
    {
        var random = new Random(neighbours);
        for (var i = 0; i < size; i++)
        {
            if (i == place) Put(buffers, size, i);
            else new Row(model, random.Next()).Put(buffers, size, i);
        }
        model.Run(buffers, size);
        var result = new float[1 + state.Length];
        result[0] = buffers.Score[place];
        buffers.GetState(size, place, result.AsSpan(1));
        return Array.ConvertAll(result, BitConverter.SingleToInt32Bits);
    }

    private void Put(ModelBuffers buffers, int size, int place)
    {
        for (var t = 0; t < steps.Length; t++) buffers.SetStep(size, place, t, steps[t]);
        buffers.SetState(size, place, state);
    }

    private static float[] Values(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() * 2 - 1)];
}
