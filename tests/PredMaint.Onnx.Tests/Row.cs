using PredMaint.Core.Models;

namespace PredMaint.Onnx.Tests;

/// <summary>The inputs of one machine, drawn from a seed.</summary>
internal sealed class Row
{
    private readonly float[][] steps;
    private readonly float[] state;

    public Row(OnnxModel model, int seed)
    {
        var random = new Random(seed);
        steps = [.. Enumerable.Range(0, model.Manifest.Steps).Select(_ => Values(random, model.Manifest.Features.Count))];
        state = Values(random, model.Shape.StateLength);
    }

    /// <summary>Makes every input NaN.</summary>
    public void Poison()
    {
        foreach (var values in steps.Append(state)) Array.Fill(values, float.NaN);
    }

    public void Put(ModelBuffers buffers, int size, int place)
    {
        for (var t = 0; t < steps.Length; t++) buffers.SetStep(size, place, t, steps[t]);
        buffers.SetState(size, place, state);
    }

    /// <summary>What a run made of a row (score or forecast, and new state), as bits: no NaN or signed zero hides a difference.</summary>
    public static int[] Result(OnnxModel model, ModelBuffers buffers, int size, int place)
    {
        var width = buffers.Forecast.Length / buffers.MaxRows;
        var result = new float[1 + width + model.Shape.StateLength];
        if (buffers.Score.Length > 0) result[0] = buffers.Score[place];
        buffers.Forecast.AsSpan(place * width, width).CopyTo(result.AsSpan(1));
        buffers.GetState(size, place, result.AsSpan(1 + width));
        return Array.ConvertAll(result, BitConverter.SingleToInt32Bits);
    }

    public static float[] Values(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() * 2 - 1)];
}
