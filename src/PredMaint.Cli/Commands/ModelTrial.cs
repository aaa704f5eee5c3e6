using System.Diagnostics;
using PredMaint.Core.Alerts;
using PredMaint.Core.Backtest;
using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;

namespace PredMaint.Cli.Commands;

/// <summary>What numbers a feature, a state or an output took during a trial.</summary>
/// <param name="Missing">Of <paramref name="Count"/>, those that were no finite number; where all were, there is no least, mean or greatest.</param>
internal sealed record Spread(string Name, long Count, long Missing, float? Min, float? Mean, float? Max);

/// <summary>CPU and wall time a reading, microseconds, where so many machines are scored together.</summary>
internal sealed record Speed(int Batch, double CpuUs, double WallUs);

/// <summary>What a model did with sample readings, through the same line as <c>backtest</c>.</summary>
internal sealed class ModelTrial
{
    /// <summary>Long enough that a clock tick is no matter; of so many the best, since others may use the machine too.</summary>
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(0.1);

    private const int Slices = 8;

    private const int BatchMax = 512;
    private static readonly int[] Batches = [1, 64, BatchMax];

    private readonly IModel model;
    private readonly BacktestRun run;
    private readonly Range[] features;
    private readonly Range[] states;
    private readonly Range score = new("score");
    private readonly Range[] lives = [new("life, low"), new("life, median"), new("life, high"), new("life, expected")];
    private readonly Range forecast = new("forecast");
    private string input = "";

    public ModelTrial(IModel model, AlertPolicy policy)
    {
        this.model = model;
        features = [.. model.Manifest.Features.Select(f => new Range(f))];
        states = [.. model.Manifest.States.Select(s => new Range(s.Input))];
        run = new BacktestRun([new ModelEntry(model, "*", policy)], new TaskSettings(new ReadingSettings(), "/predmaint/verify", "verify"), BatchMax, partitions: 1,
            transition => Changes[transition.Event.Change] = Changes.GetValueOrDefault(transition.Event.Change) + 1, letter => Faults.Add($"{input}:{letter.Offset}: {letter.Reason}: {letter.Detail}"), Observe);
    }

    public long Readings => run.Counters.Readings;

    public int Machines => run.Tasks.Sum(t => t.Machines.Count);

    public long Scores => run.Counters.Scores;

    /// <summary>Alert messages, by what they say.</summary>
    public Dictionary<AlertChange, int> Changes { get; } = [];

    /// <summary>Lines that were no readings.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>Histories that began anew because a score was no finite number.</summary>
    public long NotFinite => run.Counters.NonFinite;

    public IReadOnlyList<Spread> Features => [.. features.Select(r => r.Spread)];

    /// <summary>After each scored step; a stateful model's alone.</summary>
    public IReadOnlyList<Spread> States => [.. states.Select(r => r.Spread)];

    public IReadOnlyList<Spread> Outputs => [.. lives.Prepend(score).Append(forecast).Select(r => r.Spread).Where(s => s.Count > s.Missing)];

    /// <exception cref="FormatException">It is no file of readings.</exception>
    public void Play(string path)
    {
        using var file = new ReadingFile(path, run.Sensors, new ReadingSettings());
        input = path;
        var reading = new Reading(run.Sensors.Count);
        var columns = model.Manifest.Features.Select(run.Sensors.Find).ToArray();
        while (file.TryRead(reading))
        {
            reading.Offset = file.Line;
            for (var i = 0; i < columns.Length && reading.Fault == Fault.None; i++) features[i].Add(reading.Values[columns[i]]);
            run.Add(reading);
        }
        run.Flush();
    }

    /// <summary>The model alone, on inputs and states of zeros: what it costs does not depend on the numbers.</summary>
    public IReadOnlyList<Speed> Measure()
    {
        using var buffers = model.CreateBuffers(BatchMax);
        return [.. Batches.Select(b => buffers.SizeFor(Math.Min(b, buffers.MaxRows))).Distinct().Select(size => Measure(buffers, size))];
    }

    private Speed Measure(ModelBuffers buffers, int size)
    {
        model.Run(buffers, size);
        var best = new Speed(size, double.PositiveInfinity, double.PositiveInfinity);
        for (var slice = 0; slice < Slices; slice++)
        {
            var (cpu, watch, runs) = (Environment.CpuUsage.TotalTime, Stopwatch.StartNew(), 0);
            for (; watch.Elapsed < Slice; runs++) model.Run(buffers, size);
            best = new Speed(size, Math.Min(best.CpuUs, (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / runs / size), Math.Min(best.WallUs, watch.Elapsed.TotalMicroseconds / runs / size));
        }
        return best;
    }

    private void Observe(ScoredStep step)
    {
        var memory = step.Machine.Models[0]!;
        for (int i = 0, at = 0; i < states.Length; at += model.Shape.States[i++].Length)
            foreach (var value in memory.Memory.AsSpan(at, model.Shape.States[i].Length)) states[i].Add(value);
        score.Add(step.Score);
        if (step.Rul is { } life)
            foreach (var (range, value) in lives.Zip([life.Low, life.Median, life.High, life.Expected ?? float.NaN])) range.Add(value);
        if (memory.HasForecast)
            foreach (var value in memory.Forecast.AsSpan(0, memory.Forecast.Length / 2)) forecast.Add(value);
    }

    private sealed class Range(string name)
    {
        private long count;
        private long missing;
        private double sum;
        private float min = float.PositiveInfinity;
        private float max = float.NegativeInfinity;

        public Spread Spread => count == missing ? new(name, count, missing, null, null, null) : new(name, count, missing, min, (float)(sum / (count - missing)), max);

        public void Add(float value)
        {
            count++;
            if (!float.IsFinite(value)) { missing++; return; }
            sum += value;
            (min, max) = (Math.Min(min, value), Math.Max(max, value));
        }
    }
}
