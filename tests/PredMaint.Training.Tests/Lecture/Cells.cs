using PredMaint.Core.Alerts;
using PredMaint.Core.Backtest;
using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;
using PredMaint.Onnx;
using PredMaint.Training.Export;

namespace PredMaint.Training.Tests.Lecture;

/// <summary>Runs one step of a recurrent cell as the product does: an ONNX file in stateful mode, a machine, a reading.</summary>
internal static class Cells
{
    /// <summary>Half a unit of the eighth decimal, and what a float of 1 can be wrong by.</summary>
    private const float Printed = 0.5e-8f + 1.2e-7f;

    private static readonly string[] Sensors = ["x1", "x2", "x3", "x4"];

    /// <param name="states">Widths by name; the graph has an input of that name and an output <c>NAME_next</c>, both [1,B,width].</param>
    /// <param name="build">Adds the nodes that make the outputs from the inputs <c>x</c> [1,B,4] and the states.</param>
    /// <param name="before">What the machine remembers, by state.</param>
    /// <returns>What it remembers after a reading, by state.</returns>
    public static IReadOnlyDictionary<string, float[]> Step(
        IReadOnlyList<(string Name, int Width)> states, Action<OnnxGraph> build, IReadOnlyDictionary<string, float[]> before, float[] x)
    {
        var file = Path.Combine(Path.GetTempPath(), $"predmaint-cell-{Guid.NewGuid():N}.onnx");
        try
        {
            Write(file, states, build);
            var mistakes = new List<string>();
            using var model = OnnxModel.Load(file, new DeviceOptions { Device = Device.Cpu }, sha256: null, mistakes);
            Assert.True(model is not null, string.Join("\n", mistakes));
            return Run(model, states, before, x);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>As far as the lecture prints them; of numbers beyond 1 as many digits.</summary>
    public static void Near(float[] expected, float[] actual)
    {
        for (var k = 0; k < expected.Length; k++) Assert.Equal(expected[k], actual[k], Printed * MathF.Max(1, MathF.Abs(expected[k])));
    }

    private static Dictionary<string, float[]> Run(IModel model, IReadOnlyList<(string Name, int Width)> states, IReadOnlyDictionary<string, float[]> before, float[] x)
    {
        var run = new BacktestRun(
            [new ModelEntry(model, "*", new AlertPolicy { RaiseAt = 1e6f, ClearAt = 1e6f })], new TaskSettings(new ReadingSettings(), "/lecture", "readings"),
            batchMax: 8, partitions: 1, _ => { }, letter => Assert.Fail(letter.Detail));
        var reading = new Reading(run.Sensors.Count);
        Read(run, reading, 0, x);
        // The first reading has made the machine; what it remembers is given to it now.
        var memory = run.Tasks[0].Machines.Single().Models[0]!.Memory;
        memory.AsSpan().Clear();
        ForEach(states, (name, range) => before.GetValueOrDefault(name)?.CopyTo(memory, range.Start.Value));
        Read(run, reading, 1, x);
        var after = new Dictionary<string, float[]>(StringComparer.Ordinal);
        ForEach(states, (name, range) => after.Add(name, memory[range]));
        return after;
    }

    private static void Read(BacktestRun run, Reading reading, long second, float[] x)
    {
        reading.Begin("m1"u8, isNull: false);
        reading.TimeUs = second * 1_000_000;
        x.CopyTo(reading.Values, 0);
        run.Add(reading);
        run.Flush();
    }

    private static void ForEach(IReadOnlyList<(string Name, int Width)> states, Action<string, Range> take)
    {
        var at = 0;
        foreach (var (name, width) in states)
        {
            take(name, at..(at + width));
            at += width;
        }
    }

    private static void Write(string file, IReadOnlyList<(string Name, int Width)> states, Action<OnnxGraph> build)
    {
        var g = new OnnxGraph("cell");
        g.Input("x", [1, "B", Sensors.Length]);
        foreach (var (name, width) in states) g.Input(name, [1, "B", width]);
        build(g);
        foreach (var (name, width) in states) g.Output($"{name}_next", [1, "B", width]);
        // A model has to say something: here a zero.
        var sum = g.Node("ReduceSum", ["x", g.Initializer("axes", [2], [0L, 2L])], "sum", ("keepdims", 0L));
        var none = g.Node("Mul", [sum, g.Initializer("none", [], [0f])], "zero");
        g.Output(g.Node("Unsqueeze", [none, g.Initializer("last", [1], [1L])], "score"), ["B", 1]);
        var list = string.Join(',', states.Select(s => $$$"""{"input":"{{{s.Name}}}","output":"{{{s.Name}}}_next","layout":"LBH"}"""));
        g.Metadata(ModelManifest.MetadataKey, $$$"""
            {"name":"cell","version":"1","kind":"anomaly","mode":"stateful","features":["{{{string.Join("\",\"", Sensors)}}}"],
             "input":{"name":"x","layout":"TBF"},"states":[{{{list}}}],"outputs":{"score":"score"},"steps":1,"warmup":0,"alert":{"raiseAt":1000000,"clearAt":1000000}}
            """);
        File.WriteAllBytes(file, g.ToBytes());
    }
}
