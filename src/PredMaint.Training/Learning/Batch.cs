using static TorchSharp.torch;

namespace PredMaint.Training.Learning;

/// <summary>Consecutive cycles of one engine: [Start, End).</summary>
internal readonly record struct Stretch(Series Series, int Start, int End)
{
    public int Length => End - Start;

    public static Stretch Whole(Series engine) => new(engine, 0, engine.Steps);
}

/// <summary>Writes what belongs to one step of a stretch into a row of zeros.</summary>
internal delegate void WriteStep(Stretch stretch, int step, Span<float> row);

/// <summary>Stretches side by side as tensors [T,B,width], T the longest one's length.</summary>
internal sealed class Batch(IReadOnlyList<Stretch> stretches)
{
    private readonly int steps = stretches.Max(s => s.Length);

    /// <summary>[T,B,F] raw readings; a stretch that has ended repeats its last one (zeros would be far outside).</summary>
    public Tensor Readings() => Build(stretches[0].Series.Features.Count, steps, (stretch, step, row) =>
        stretch.Series.Reading(Math.Min(stretch.Start + step, stretch.End - 1)).CopyTo(row));

    /// <summary>[T,B,width] of the steps that stretches have, zeros after their ends.</summary>
    public Tensor PerStep(int width, WriteStep write) => Build(width, steps, (stretch, step, row) =>
    {
        if (step < stretch.Length) write(stretch, step, row);
    });

    /// <summary>Mean of [T,B,1] over the steps that stretches have.</summary>
    public Tensor Mean(Tensor values)
    {
        var counts = PerStep(1, (_, _, row) => row[0] = 1);
        return values.mul(counts).sum().div(counts.sum());
    }

    private Tensor Build(int width, int length, WriteStep write)
    {
        var values = new float[length * stretches.Count * width];
        for (var step = 0; step < length; step++)
            for (var b = 0; b < stretches.Count; b++)
                write(stretches[b], step, values.AsSpan((step * stretches.Count + b) * width, width));
        return tensor(values, [length, stretches.Count, width]);
    }
}
