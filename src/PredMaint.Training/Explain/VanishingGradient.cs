using TorchSharp;
using static TorchSharp.torch;

namespace PredMaint.Training.Explain;

/// <summary>How strongly the last output of a network depends on what it read before.</summary>
/// <param name="Norms">By distance in steps, from 0: mean over sequences of the norm of the gradient of an output by the reading.</param>
internal sealed record GradientCurve(string Network, double[] Norms)
{
    /// <summary>How many times weaker the dependence is at the far end than at the last reading.</summary>
    public double Fall => Norms[0] / Norms[^1];
}

/// <summary>
/// Measures the vanishing gradient (Hochreiter 1991; Bengio, Simard and Frasconi 1994) on networks as they begin to learn:
/// what has no gradient then is never learnt. Readings are independent noise, so nothing but the network carries anything.
/// </summary>
internal static class VanishingGradient
{
    private const int Sequences = 64;
    private const int Features = 14;
    private const int Hidden = 64;

    /// <param name="steps">The longest distance.</param>
    public static IReadOnlyList<GradientCurve> Measure(int steps, int seed)
    {
        var random = Trainer.Begin(seed);
        using var scope = NewDisposeScope();
        return
        [
            Curve("vanilla RNN", steps, new RnnBody(Features, Hidden)),
            Curve("LSTM", steps, new LstmBody(Features, Hidden, random)),
            Curve("causal transformer", steps, new TransformerBody(Features, Hidden, steps + 1)),
        ];
    }

    private static GradientCurve Curve(string name, int steps, Body body)
    {
        using var scope = NewDisposeScope();
        // A float ends at 1e-45, an RNN's gradient before that.
        using var network = body.to(ScalarType.Float64);
        var readings = randn(steps + 1, Sequences, Features, dtype: ScalarType.Float64).requires_grad_(true);
        var last = network.call(readings)[steps];
        // One direction of the output; a sum would cancel what units say against one another.
        last.matmul(randn(Hidden, 1, dtype: ScalarType.Float64)).sum().backward();
        var norms = readings.grad!.pow(Kept.Two).sum(-1).sqrt().mean([1]).data<double>().ToArray();
        return new GradientCurve(name, [.. norms.Reverse()]);
    }
}
