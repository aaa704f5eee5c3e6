using PredMaint.Core.Alerts;
using PredMaint.Testing;
using PredMaint.Training.Anomaly;
using PredMaint.Training.Data;
using PredMaint.Training.Evaluation;
using PredMaint.Training.Explain;
using PredMaint.Training.Networks;

namespace PredMaint.Training.Tests;

/// <summary>The model that each machine teaches itself.</summary>
[Collection("console")]
public sealed class PatternMemoryTests
{
    private static readonly string Data = Path.Combine(Repository.Root, "..", "shared", "data");

    [Theory]
    [InlineData(1, 12, 5, 1, 5f)]
    [InlineData(3, 1, 2, 7, null)]
    [InlineData(2, 4, 8, 1, 1.5f)]
    public void The_graph_does_step_by_step_what_is_said_of_it(int taps, int smoothing, int delay, int distanceSmoothing, float? hold)
    {
        // Few patterns, so that the oldest have to go.
        var memory = new PatternMemory(["a", "b"]) { Warmup = 60, Taps = taps, Smoothing = smoothing, Delay = delay, DistanceSmoothing = distanceSmoothing, Patterns = 16, HoldAbove = hold, HoldSteps = 40 };
        var series = Made(["a", "b"], 300, seed: 3);
        var scores = Play(memory, AlertPolicy.Never, series).Scores;
        var expected = new Reference(memory).Scores(series);
        Assert.All(scores.Take(60), s => Assert.Null(s));
        for (var step = 60; step < 300; step++) Assert.True(Math.Abs(scores[step]!.Value - expected[step]) <= 1e-3 * Math.Max(1, expected[step]), $"step {step}: {scores[step]}, expected {expected[step]}");
        Assert.True(expected.Skip(60).Max() > 5 * expected.Skip(60).Min());
    }

    [Fact]
    public void A_fault_is_told_with_its_sensor_as_long_as_it_lasts_and_a_machine_without_a_sensor_is_watched_by_the_others()
    {
        var (from, to) = (900, 1300);
        var series = Made(["a", "b"], 1500, seed: 5);
        for (var step = from; step < to; step++) series.Values[2 * step + 1] += 6;
        var policy = new AlertPolicy { RaiseAt = 5, ClearAt = 3.5f, RaiseAfter = new MOfN(3, 5), ClearAfter = new MOfN(3, 5) };
        var trace = Play(new PatternMemory(["a", "b", "missing"]), policy, series);
        Assert.Equal([AlertChange.Raised, AlertChange.Cleared], trace.Events.Select(e => e.Change));
        Assert.InRange(series.StepAt(trace.Events[0].TimeUs), from, from + 15);
        Assert.InRange(series.StepAt(trace.Events[1].TimeUs), to, to + 100);
        Assert.Equal("b", trace.Events[0].Contributions[0].Sensor);
        Assert.True(trace.Events[0].Contributions[0].Share > 0.9, $"{trace.Events[0].Contributions[0]}");
    }

    [Fact]
    public void What_comes_later_does_not_change_a_score()
    {
        var series = Made(["a"], 900, seed: 7);
        var whole = Play(new PatternMemory(["a"]), AlertPolicy.Never, series).Scores;
        Assert.Equal(whole.Take(700), Play(new PatternMemory(["a"]), AlertPolicy.Never, series.Part(0, 700)).Scores);
    }

    [Fact]
    public void Skab_faults_are_found_by_limits_from_sound_rows_of_other_runs()
    {
        if (!Directory.Exists(Path.Combine(Data, "skab"))) Assert.Skip("SKAB is not here: it is GPL and never part of the product");
        foreach (var result in SkabTrial.Run(Skab.Read(Path.Combine(Data, "skab"))))
        {
            TestContext.Current.TestOutputHelper!.WriteLine($"{result}");
            Assert.True(result.F1.Value >= 0.84 && result.FalseAlarmRate.Value <= 0.12, $"{result}");
        }
    }

    [Fact]
    public void Msl_anomalies_rank_above_what_is_normal_by_settings_chosen_on_other_channels()
    {
        if (!Directory.Exists(Path.Combine(Data, "msl"))) Assert.Skip("MSL is not here: it is not ours to hand on");
        var results = MslTrial.Run(Msl.Read(Path.Combine(Data, "msl"), Msl.Both), [MslTrial.Shipped, MslTrial.Shipped with { Taps = 4 }]);
        TestContext.Current.TestOutputHelper!.WriteLine(string.Join(Environment.NewLine, results));
        Assert.True(results.Average(r => r.VusPr) >= 0.55, string.Join(Environment.NewLine, results));
    }

    [Fact]
    public void The_shipped_model_of_MSL_is_what_its_command_writes()
    {
        if (!Directory.Exists(Path.Combine(Data, "msl"))) Assert.Skip("MSL is not here: it is not ours to hand on");
        var file = Path.GetTempFileName();
        // As the README has it.
        Assert.Equal((0, ""), TrainProgram.Run(out _, "normal", "--features", "telemetry", "--taps", "8", "--smoothing", "1", "--patterns", "512", "--distance-smoothing", "50", "--hold", "0",
            "--data", Path.Combine(Data, "msl"), "--layout", "msl", "--set", "train", "--name", "msl-anomaly", "--out", file));
        Assert.Equal(File.ReadAllBytes(Path.Combine(Repository.Root, "models", "msl", "anomaly.onnx")), File.ReadAllBytes(file));
        File.Delete(file);
    }

    private static Trace Play(PatternMemory memory, AlertPolicy policy, Series series) =>
        Playback.OfDraft(file => File.WriteAllBytes(file, memory.ToBytes(new ModelName("made", "1"), alert: null, trained: null)), policy, [series]).Single();

    /// <summary>Steps between levels, and noise.</summary>
    private static Series Made(string[] features, int steps, int seed)
    {
        var random = new Random(seed);
        return new Series("made", features, [.. Enumerable.Range(0, steps * features.Length).Select(i => 20 + 2 * (i / features.Length / 40 % 2) + (float)random.NextDouble())], 0) { Labels = new bool[steps] };
    }

    /// <summary>The same in plain loops.</summary>
    private sealed class Reference(PatternMemory memory)
    {
        public float[] Scores(Series series)
        {
            var sensors = Enumerable.Range(0, series.Features.Count).Select(i => new Sensor(memory, [.. Enumerable.Range(0, series.Steps).Select(t => series.Reading(t)[i])])).ToArray();
            var scores = new float[series.Steps];
            var (peak, held) = (0f, 0);
            for (var t = 0; t < series.Steps; t++)
            {
                var learns = held == 0 || held > memory.HoldSteps || scores[t - 1] < 0.3f * peak;
                scores[t] = sensors.Max(s => s.Step(t, learns));
                if (memory.HoldAbove is not { } limit || t < memory.Warmup) continue;
                var isHeld = held > 0 ? scores[t] >= PatternMemory.ReleaseShare * limit : scores[t] > limit;
                (peak, held) = isHeld ? (Math.Max(peak, scores[t]), held + 1) : (0, 0);
            }
            return scores;
        }

        private sealed class Sensor(PatternMemory memory, float[] readings)
        {
            private readonly List<float> levels = [];
            private readonly Queue<float[]> patterns = [];
            private double usual;
            private double distance;

            public float Step(int t, bool learns)
            {
                levels.Add(t == 0 ? readings[0] : levels[^1] + (readings[t] - levels[^1]) / Math.Min(memory.Smoothing, t + 1));
                var known = readings[..Math.Min(t + 1, memory.Warmup)];
                var mean = known.Average();
                var deviation = Math.Sqrt(known.Average(r => Math.Pow(r - mean, 2))) + 1e-3 * Math.Abs(mean);
                var old = t - memory.Delay;
                if (learns && old >= memory.Taps - 1 && Nearest(old) is var apart && (apart is null || apart > 0.02 * deviation))
                {
                    patterns.Enqueue(Pattern(old));
                    if (patterns.Count > memory.Patterns) patterns.Dequeue();
                }
                var now = t >= memory.Taps - 1 ? Nearest(t) ?? 0 : 0;
                distance += (now - distance) / memory.DistanceSmoothing;
                var from = memory.Warmup / 4 + memory.Delay;
                if (t >= from && t < memory.Warmup) usual += now * now;
                return (float)(distance / (Math.Sqrt(usual / Math.Max(1, Math.Min(t + 1, memory.Warmup) - from)) + 0.05 * deviation));
            }

            private float[] Pattern(int at) => [.. levels[(at - memory.Taps + 1)..(at + 1)]];

            private double? Nearest(int at) => patterns.Count == 0 ? null : patterns.Min(p => Math.Sqrt(p.Zip(Pattern(at), (a, b) => Math.Pow(a - b, 2)).Average()));
        }
    }
}
