using PredMaint.Core.Alerts;
using PredMaint.Core.Readings;
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
    [InlineData(1, 1, 12, 5, 1, 4, 5f)]
    [InlineData(3, 2, 1, 2, 7, 0, null)]
    [InlineData(2, 1, 4, 8, 1, 16, 1.5f)]
    [InlineData(4, 3, 4, 8, 1, 16, 1.5f)]
    public void The_graph_does_step_by_step_what_is_said_of_it(int taps, int scales, int smoothing, int delay, int distanceSmoothing, int lasting, float? hold)
    {
        // Few patterns, so that the oldest have to go; sensors that come late, are missing now and then, or never come.
        var memory = new PatternMemory(["a", "b", "c"]) { Warmup = 60, Taps = taps, Scales = scales, Smoothing = smoothing, Delay = delay, DistanceSmoothing = distanceSmoothing, Patterns = 16, Lasting = lasting, HoldAbove = hold, HoldSteps = 40 };
        var series = Made(["a", "b", "c"], 500, seed: 3);
        for (var step = 0; step < series.Steps; step++)
        {
            if (step < 100 || step % 7 == 0) series.Values[3 * step + 1] = float.NaN;
            series.Values[3 * step + 2] = float.NaN;
            // A fault that stays longer than a hold, and one that comes back to near where it was.
            if (step is >= 300 and < 380 or >= 420 and < 440) series.Values[3 * step] += step < 400 ? 8 : 80;
            if (step >= 440) series.Values[3 * step] += 6;
        }
        var scores = Play(memory, AlertPolicy.Never, series, Fill.None).Scores;
        var reference = new Reference(memory);
        var expected = reference.Scores(series);
        Assert.All(scores.Take(60), s => Assert.Null(s));
        for (var step = 60; step < series.Steps; step++) Assert.True(Math.Abs(scores[step]!.Value - expected[step]) <= 1e-3 * Math.Max(1, expected[step]), $"step {step}: {scores[step]}, expected {expected[step]}");
        Assert.Equal(hold is null ? (false, false, false) : (true, true, true), (reference.Held > 0, reference.Expired > 0, reference.AtRest > 0));
    }

    [Fact]
    public void A_sensor_that_comes_late_has_a_warm_up_of_its_own()
    {
        var series = Made(["a", "b"], 1500, seed: 9);
        for (var step = 0; step < 700; step++) series.Values[2 * step + 1] = float.NaN;
        for (var step = 1400; step < 1500; step++) series.Values[2 * step + 1] += 6;
        var scores = Play(new PatternMemory(["a", "b"]), AlertPolicy.Never, series).Scores;
        Assert.InRange(scores.Skip(400).Take(1000).Max()!.Value, 0.1, 4);
        Assert.InRange(scores[1450]!.Value, 10, 1000);
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
    public void An_offset_does_not_matter_nor_do_a_few_readings_of_the_warm_up_that_are_far_off()
    {
        var series = Made(["a"], 1100, seed: 11);
        for (var step = 1000; step < 1100; step++) series.Values[step] -= 6;
        var plain = Play(new PatternMemory(["a"]), AlertPolicy.Never, series).Scores[1050]!.Value;
        var offset = Play(new PatternMemory(["a"]), AlertPolicy.Never, series with { Values = [.. series.Values.Select(v => v + 100_000)] }).Scores[1050]!.Value;
        series.Values[200] += 1000;
        var afterOutlier = Play(new PatternMemory(["a"]), AlertPolicy.Never, series).Scores[1050]!.Value;
        Assert.True(plain > 10, $"{plain}");
        Assert.InRange(offset, plain / 2, plain * 2);
        Assert.InRange(afterOutlier, plain / 5, plain * 2);
    }

    [Fact]
    public void A_duty_that_the_warm_up_has_seen_is_known_however_long_ago_it_was()
    {
        var random = new Random(13);
        var series = new Series("made", ["a"], [.. Enumerable.Range(0, 6000).Select(step => (step is >= 20 and < 170 or >= 4000 and < 4500 ? 4 : 0) + (float)random.NextDouble())], 0);
        var known = Highest(64);
        Assert.InRange(known, 0, 5);
        Assert.True(Highest(0) > 2 * known, $"{known}, {Highest(0)}");

        float Highest(int lasting) => Play(new PatternMemory(["a"]) { Patterns = 32, Lasting = lasting }, AlertPolicy.Never, series).Scores[4000..4500].Max()!.Value;
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
            if (result.Model == "pattern memory") Assert.True(result.F1.Value >= 0.84 && result.FalseAlarmRate.Value <= 0.12, $"{result}");
        }
    }

    [Fact]
    public void Msl_anomalies_rank_above_what_is_normal_by_settings_chosen_on_other_channels()
    {
        if (!Directory.Exists(Path.Combine(Data, "msl"))) Assert.Skip("MSL is not here: it is not ours to hand on");
        var results = MslTrial.Run(Msl.Read(Path.Combine(Data, "msl"), Msl.Both), [.. from taps in (int[])[4, 8] from scales in (int[])[1, 3] select MslTrial.Shipped with { Taps = taps, Scales = scales }]).Where(r => r.Model == "pattern memory").ToList();
        TestContext.Current.TestOutputHelper!.WriteLine(string.Join(Environment.NewLine, results));
        Assert.All(results, r => Assert.True(r.VusPr >= 0.55, $"{r}"));
    }

    [Fact]
    public void The_shipped_model_of_MSL_is_what_its_command_writes()
    {
        if (!Directory.Exists(Path.Combine(Data, "msl"))) Assert.Skip("MSL is not here: it is not ours to hand on");
        var file = Path.GetTempFileName();
        // As the README has it.
        Assert.Equal((0, ""), TrainProgram.Run(out _, "normal", "--features", "telemetry", "--taps", "8", "--scales", "3", "--delay", "5", "--smoothing", "1", "--patterns", "512", "--lasting", "0", "--distance-smoothing", "50", "--hold", "0",
            "--data", Path.Combine(Data, "msl"), "--layout", "msl", "--set", "train", "--name", "msl-anomaly", "--out", file));
        Assert.Equal(File.ReadAllBytes(Path.Combine(Repository.Root, "models", "msl", "anomaly.onnx")), File.ReadAllBytes(file));
        File.Delete(file);
    }

    private static Trace Play(PatternMemory memory, AlertPolicy policy, Series series, Fill fill = Fill.Last) =>
        Playback.OfDraft(file => File.WriteAllBytes(file, memory.ToBytes(new ModelName("made", "1"), alert: null, trained: null)), policy, [series], fill: fill).Single();

    /// <summary>Steps between levels, and noise.</summary>
    private static Series Made(string[] features, int steps, int seed)
    {
        var random = new Random(seed);
        return new Series("made", features, [.. Enumerable.Range(0, steps * features.Length).Select(i => 20 + 2 * (i / features.Length / 40 % 2) + (float)random.NextDouble())], 0) { Labels = new bool[steps] };
    }

    /// <summary>The same in plain loops.</summary>
    private sealed class Reference(PatternMemory memory)
    {
        public int Held { get; private set; }
        public int Expired { get; private set; }
        public int AtRest { get; private set; }

        public float[] Scores(Series series)
        {
            var sensors = series.Features.Select(_ => new Sensor(memory)).ToArray();
            var scores = new float[series.Steps];
            var (peak, held) = (0f, 0);
            for (var t = 0; t < series.Steps; t++)
            {
                var (isExpired, isAtRest) = (held > memory.HoldSteps, held > 0 && scores[t - 1] < 0.3f * peak);
                Held += held > 0 ? 1 : 0;
                Expired += isExpired ? 1 : 0;
                AtRest += isAtRest ? 1 : 0;
                scores[t] = sensors.Select((s, i) => s.Step(series.Reading(t)[i], held == 0 || isExpired || isAtRest)).Max();
                if (memory.HoldAbove is not { } limit) continue;
                var isHeld = held > 0 ? scores[t] >= PatternMemory.ReleaseShare * limit : scores[t] > limit;
                (peak, held) = isHeld ? (Math.Max(peak, scores[t]), held + 1) : (0, 0);
            }
            return scores;
        }

        private sealed class Sensor(PatternMemory memory)
        {
            private readonly List<float> readings = [];
            private readonly List<float> levels = [];
            private readonly (Queue<float[]> Patterns, int Taps, int Most, double Novelty)[] memories =
            [
                .. Enumerable.Range(0, memory.Scales).Select(scale => memory.Taps >> scale).SelectMany(taps => new[] { (new Queue<float[]>(), taps, memory.Patterns, 0.02), (new Queue<float[]>(), taps, memory.Lasting, 0.3) }),
            ];
            private double mean;
            private double squares;
            private double usual;
            private double distance;
            private double unit = 1;

            public float Step(float reading, bool learns)
            {
                if (!float.IsNaN(reading)) Take(reading, learns);
                return readings.Count > memory.Warmup ? (float)(distance / unit) : 0;
            }

            private void Take(float reading, bool learns)
            {
                readings.Add(reading);
                var n = readings.Count;
                var deviation = Learn(reading, n);
                levels.Add(n == 1 ? reading : levels[^1] + (reading - levels[^1]) / Math.Min(memory.Smoothing, n));
                var old = n - 1 - memory.Delay;
                foreach (var (patterns, taps, most, novelty) in memories.Where(m => learns && old >= memory.Taps - 1 && m.Most > 0))
                {
                    if (Nearest(patterns, taps, old) is { } apart && apart <= novelty * deviation) continue;
                    patterns.Enqueue(Pattern(taps, old));
                    if (patterns.Count > most) patterns.Dequeue();
                }
                var now = n >= memory.Taps && memories[0].Patterns.Count > 0 ? memories.GroupBy(m => m.Taps).Average(g => g.Min(m => Nearest(m.Patterns, m.Taps, n - 1) ?? double.PositiveInfinity)) : 0;
                distance += (now - distance) / memory.DistanceSmoothing;
                var from = memory.Warmup / 4 + memory.Delay;
                if (n > from && n <= memory.Warmup) usual += Math.Pow(Math.Min(now, deviation), 2);
                unit = Math.Sqrt(usual / Math.Max(1, Math.Min(n, memory.Warmup) - from)) + 0.05 * deviation;
            }

            private float[] Pattern(int taps, int at) => [.. levels[(at - taps + 1)..(at + 1)]];

            private double Learn(float reading, int n)
            {
                if (n > memory.Warmup) return Deviation(memory.Warmup);
                var far = n > 20 && Math.Sqrt(squares / (n - 1)) > 1e-6 * Math.Abs(mean) + 1e-12 ? 5 * Deviation(n - 1) : double.PositiveInfinity;
                var off = Math.Clamp(reading - mean, -far, far);
                mean += off / n;
                squares += off * off * (n - 1) / n;
                return Deviation(n);
            }

            private double Deviation(int n) => Math.Max(Math.Sqrt(squares / n), 1e-6 * Math.Abs(mean));

            private double? Nearest(Queue<float[]> patterns, int taps, int at) => patterns.Count == 0 ? null : patterns.Min(p => Math.Sqrt(p.Zip(Pattern(taps, at), (a, b) => Math.Pow(a - b, 2)).Average()));
        }
    }
}
