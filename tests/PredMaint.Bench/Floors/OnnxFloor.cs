using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using PredMaint.Bench.Measuring;
using PredMaint.Core.Models;

namespace PredMaint.Bench.Floors;

/// <summary>
/// The least that scoring costs: the model through ONNX Runtime's own interface, one thread, one batch size, inputs and
/// outputs bound once. Tells its progress, in rows, on stdout.
/// </summary>
public static class OnnxFloor
{
    private static readonly TimeSpan TellEvery = TimeSpan.FromMilliseconds(50);

    public static void Run(string file, int batch, long rows, CancellationToken stop)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1, GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        using var session = new InferenceSession(file, options);
        using var run = new RunOptions();
        using var io = session.CreateIoBinding();
        var random = new Random(1);
        List<string> mistakes = [];
        var beside = Path.ChangeExtension(file, ".json");
        var manifest = ModelManifest.Parse(File.ReadAllBytes(beside), beside, mistakes) ?? throw new BenchException(string.Join('\n', mistakes));
        var inputs = session.InputNames.Select(name => Tensor(ShapeOf(name, session.InputMetadata[name].Dimensions, manifest, batch), () => (float)(random.NextDouble() * 2 - 1))).ToList();
        // The graph leaves its outputs' dimensions open: a trial run tells.
        using var trial = session.Run(run, session.InputNames, inputs, session.OutputNames);
        var outputs = trial.Select(o => Tensor(o.GetTensorTypeAndShape().Shape, () => 0)).ToList();
        for (var i = 0; i < inputs.Count; i++) io.BindInput(session.InputNames[i], inputs[i]);
        for (var i = 0; i < outputs.Count; i++) io.BindOutput(session.OutputNames[i], outputs[i]);
        var told = Stopwatch.GetTimestamp();
        for (long done = batch; done <= rows && !stop.IsCancellationRequested; done += batch)
        {
            session.RunWithBinding(run, io);
            if (done < rows && Stopwatch.GetElapsedTime(told) < TellEvery) continue;
            Console.WriteLine(done.ToString(CultureInfo.InvariantCulture));
            told = Stopwatch.GetTimestamp();
        }
        foreach (var value in inputs.Concat(outputs)) value.Dispose();
    }

    /// <summary>An input's shape, as the manifest names its dimensions: the graph leaves steps and rows open.</summary>
    private static long[] ShapeOf(string input, int[] dimensions, ModelManifest manifest, int batch)
    {
        var layout = input == manifest.Input.Name ? manifest.Input.Layout : manifest.States.First(s => s.Input == input).Layout;
        return [.. layout.Zip(dimensions, (letter, size) => letter switch { 'B' => batch, 'T' => (long)manifest.Steps, _ => size })];
    }

    private static OrtValue Tensor(long[] shape, Func<float> value)
    {
        var buffer = new float[checked((int)shape.Aggregate(1L, (product, d) => product * d))];
        for (var i = 0; i < buffer.Length; i++) buffer[i] = value();
        // An ordinary array: the value pins it, and so keeps it alive, for as long as it is there.
        return OrtValue.CreateTensorValueFromMemory(buffer, shape);
    }
}
