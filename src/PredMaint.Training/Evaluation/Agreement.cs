using PredMaint.Core.Models;
using static TorchSharp.torch;

namespace PredMaint.Training.Evaluation;

/// <summary>
/// Whether an exported file computes what TorchSharp computes, in every output and at every step of whole machines: the file
/// a step at a time with its states handed on, or a window at a time; TorchSharp each sequence at once.
/// </summary>
internal static class Agreement
{
    /// <summary>Largest difference allowed: of lives and probabilities relative to their size or to 1, of forecasts in a sensor's deviations.</summary>
    public const double Tolerance = 1e-4;

    /// <summary>The largest difference.</summary>
    public static double Of(Network net, IReadOnlyList<Series> machines) =>
        ModelFile.OfDraft(file => net.Write(file, new ModelName("draft", "1"), alert: null, trained: null), model => Of(net, model, machines));

    public static double Of(Network net, IModel model, IReadOnlyList<Series> machines)
    {
        using var scope = NewDisposeScope();
        return machines.SelectMany(net.Seen).Chunk(Math.Max(machines.Count, net.SeenTogether)).Max(chunk => OfSequences(net, model, chunk));
    }

    /// <summary>Throws where the two differ by more than <see cref="Tolerance"/>.</summary>
    public static double Require(string model, double difference) => difference <= Tolerance ? difference
        : throw new InvalidOperationException($"{model}: the ONNX file and TorchSharp differ by {difference:G3}, allowed is {Tolerance}");

    private static double OfSequences(Network net, IModel model, Stretch[] sequences)
    {
        using var scope = NewDisposeScope();
        var said = net.Predict(new Batch(sequences).Readings()).ToDictionary(o => o.Name, o => o.Values.contiguous().data<float>().ToArray(), StringComparer.Ordinal);
        using var buffers = model.CreateBuffers(sequences.Length);
        var size = buffers.SizeFor(sequences.Length);
        var window = model.Manifest.Steps;
        double largest = 0;
        for (var end = window; end <= sequences.Max(s => s.Length); end++)
        {
            for (var row = 0; row < sequences.Length; row++)
                for (var t = 0; t < window; t++)
                    buffers.SetStep(size, row, t, sequences[row].Series.Reading(Math.Min(sequences[row].Start + end - window + t, sequences[row].End - 1))[..net.Spec.Features.Count]);
            model.Run(buffers, size);
            foreach (var (tensor, values) in buffers.Outputs)
                for (var row = 0; row < sequences.Length; row++)
                    for (var k = 0; end <= sequences[row].Length && k < tensor.Width; k++)
                        largest = Math.Max(largest, Difference(net, k, values[row * tensor.Width + k], said[tensor.Name][((end - 1) * sequences.Length + row) * tensor.Width + k]));
            for (var s = 0; s < buffers.StatesIn.Count; s++) buffers.StatesOut[s].CopyTo(buffers.StatesIn[s], 0);
        }
        return largest;
    }

    private static double Difference(Network net, int column, float file, float torch)
    {
        // 32-bit floats near 9000 lie 0.001 apart: a neighbour is no difference.
        var neighbour = MathF.BitIncrement(MathF.Abs(torch)) - MathF.Abs(torch);
        var difference = Math.Max(0, Math.Abs((double)file - torch) - neighbour) / net.Head.Scale(column, torch, net.Normaliser);
        return double.IsNaN(difference) ? double.PositiveInfinity : difference;
    }
}
