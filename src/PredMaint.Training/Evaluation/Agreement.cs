using PredMaint.Training.Anomaly;
using PredMaint.Training.Data;
using PredMaint.Training.Failure;
using PredMaint.Training.Learning;
using static TorchSharp.torch;

namespace PredMaint.Training.Evaluation;

/// <summary>
/// Whether an exported file computes what TorchSharp computes, at every cycle of whole engines that the product scores: the
/// file a cycle at a time with its states handed on, TorchSharp each sequence at once.
/// </summary>
internal static class Agreement
{
    /// <summary>Largest difference allowed: of lives relative to their size, of forecasts in standard deviations of a healthy sensor.</summary>
    public const double Tolerance = 1e-4;

    /// <summary>The largest difference of quantiles and expectations, relative to their size or to one cycle, whichever is more.</summary>
    public static double Of(LifeNet net, IReadOnlyList<Trace> traces)
    {
        using var scope = NewDisposeScope();
        var (rul, expected) = net.Predict(Readings(traces));
        return Math.Max(
            Largest(rul, traces, (trace, cycle) => trace.Lives[cycle] is { } life ? [life.Low, life.Median, life.High] : [], LifeScale),
            Largest(expected, traces, (trace, cycle) => trace.Lives[cycle]?.Expected is { } mean ? [mean] : [], LifeScale));
    }

    /// <summary>The largest difference of forecasts and spreads, in the deviations by which the network normalises.</summary>
    public static double Of(ForecastNet net, IReadOnlyList<Trace> traces)
    {
        using var scope = NewDisposeScope();
        var (forecast, spread) = net.Predict(Readings(traces));
        var deviation = net.Standard.Deviation;
        return Math.Max(
            Largest(forecast, traces, (trace, cycle) => trace.Forecasts[cycle]?[..deviation.Length] ?? [], (f, _) => deviation[f]),
            Largest(spread, traces, (trace, cycle) => trace.Forecasts[cycle]?[deviation.Length..] ?? [], (f, _) => deviation[f]));
    }

    /// <summary>Throws where the two differ by more than <see cref="Tolerance"/>.</summary>
    public static double Require(string model, double difference) => difference <= Tolerance ? difference
        : throw new InvalidOperationException($"{model}: the ONNX file and TorchSharp differ by {difference:G3}, allowed is {Tolerance}");

    private static Tensor Readings(IReadOnlyList<Trace> traces) => new Batch([.. traces.Select(t => Stretch.Whole(t.Engine))]).Readings();

    private static float LifeScale(int output, float life) => Math.Max(1, Math.Abs(life));

    /// <param name="torch">[T,B,W], a row of B for each trace.</param>
    /// <param name="file">What the file said at a cycle; empty where that is not known.</param>
    private static double Largest(Tensor torch, IReadOnlyList<Trace> traces, Func<Trace, int, float[]> file, Func<int, float, float> scale)
    {
        var values = torch.contiguous().data<float>().ToArray();
        var width = (int)torch.shape[2];
        double largest = 0;
        for (var b = 0; b < traces.Count; b++)
            for (var cycle = 0; cycle < traces[b].Engine.Cycles; cycle++)
            {
                var said = file(traces[b], cycle);
                for (var w = 0; w < said.Length; w++)
                {
                    var expected = values[(cycle * traces.Count + b) * width + w];
                    // 32-bit floats near 9000 lie 0.001 apart: a neighbour is no difference.
                    var neighbour = MathF.BitIncrement(MathF.Abs(expected)) - MathF.Abs(expected);
                    var difference = Math.Max(0, Math.Abs((double)said[w] - expected) - neighbour) / scale(w, expected);
                    if (!(difference <= largest)) largest = difference;
                }
            }
        return largest;
    }
}
