using PredMaint.Training.Data;
using PredMaint.Training.Learning;
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
    private const int Heads = 4;
    private const int Layers = 2;

    /// <param name="steps">The longest distance.</param>
    public static IReadOnlyList<GradientCurve> Measure(int steps, int seed)
    {
        var random = Trainer.Begin(seed);
        using var scope = NewDisposeScope();
        var standard = new Standard(new float[Features], [.. Enumerable.Repeat(1f, Features)]);
        using var rnn = nn.RNN(Features, Hidden);
        using var lstm = new Recurrent(standard, Hidden, random);
        using var embed = nn.Linear(Features, Hidden);
        using var layer = nn.TransformerEncoderLayer(Hidden, Heads, 2 * Hidden, dropout: 0);
        using var transformer = nn.TransformerEncoder(layer, Layers);
        // A float ends at 1e-45, an RNN's gradient before that.
        foreach (var network in (nn.Module[])[rnn, lstm, embed, transformer]) network.to(ScalarType.Float64);
        return
        [
            Curve("vanilla RNN", steps, z => rnn.call(z).Item1),
            Curve("LSTM", steps, lstm.call),
            Curve("causal transformer", steps, z => transformer.call(embed.call(z).add(Places(steps + 1)), Causal(steps + 1), null)),
        ];
    }

    private static GradientCurve Curve(string name, int steps, Func<Tensor, Tensor> network)
    {
        using var scope = NewDisposeScope();
        var readings = randn(steps + 1, Sequences, Features, dtype: ScalarType.Float64).requires_grad_(true);
        var last = network(readings)[steps];
        // One direction of the output; a sum would cancel what units say against one another.
        last.matmul(randn(Hidden, 1, dtype: ScalarType.Float64)).sum().backward();
        var norms = readings.grad!.pow(Kept.Two).sum(-1).sqrt().mean([1]).data<double>().ToArray();
        return new GradientCurve(name, [.. norms.Reverse()]);
    }

    /// <summary>Sines and cosines of the place [T,1,H] (Vaswani et al. 2017).</summary>
    private static Tensor Places(int steps)
    {
        var values = new double[steps * Hidden];
        for (var t = 0; t < steps; t++)
            for (var k = 0; k < Hidden; k++)
            {
                var angle = t / Math.Pow(10_000, (k - k % 2) / (double)Hidden);
                values[t * Hidden + k] = k % 2 == 0 ? Math.Sin(angle) : Math.Cos(angle);
            }
        return tensor(values, [steps, 1, Hidden]);
    }

    /// <summary>[T,T]: no step sees a later one.</summary>
    private static Tensor Causal(int steps)
    {
        var mask = new double[steps * steps];
        for (var t = 0; t < steps; t++)
            for (var later = t + 1; later < steps; later++) mask[t * steps + later] = double.NegativeInfinity;
        return tensor(mask, [steps, steps]);
    }
}
