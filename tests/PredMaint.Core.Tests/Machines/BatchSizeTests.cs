using CsCheck;
using PredMaint.Core.Alerts;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;
using PredMaint.Core.Tests.Models;

namespace PredMaint.Core.Tests.Machines;

/// <summary>What is published follows from the readings alone, not from how many of them happen to be scored together.</summary>
public class BatchSizeTests
{
    private const float Bad = 9;

    private static readonly int[] Sizes = [2, 7, 512];

    [Fact]
    public void Any_batch_size_gives_the_transitions_of_one_step_a_batch()
    {
        var value = Gen.Frequency((8, Gen.Float[-1, 1].Select(f => (float?)f)), (1, Gen.Const((float?)null)), (1, Gen.Const((float?)Bad)));
        var pause = Gen.Frequency((12, Gen.Int[1, 30]), (1, Gen.Int[100, 300]), (1, Gen.Int[-20, 0]));
        var reading = Gen.Select(Gen.Int[0, 3], pause, value, value, value, (machine, wait, a, b, c) => (machine, wait, values: new[] { a, b, c }));
        var settings = Gen.Select(Gen.Bool, Gen.Bool, Gen.Bool, (grid, late, last) => new ReadingSettings
        {
            MaxGap = TimeSpan.FromMilliseconds(100),
            Every = TimeSpan.FromMilliseconds(grid ? 10 : 0),
            Lateness = TimeSpan.FromMilliseconds(late ? 25 : 0),
            Fill = last ? Fill.Last : Fill.None,
        });
        var published = 0L;
        Gen.Select(settings, reading.Array[1, 200]).Sample((s, readings) =>
        {
            var (expected, counted) = Play(s, 1, readings);
            Interlocked.Add(ref published, expected.Count);
            foreach (var size in Sizes)
            {
                var (actual, count) = Play(s, size, readings);
                Assert.Equal(expected, actual);
                Assert.Equal(counted, count);
            }
        }, iter: 300);
        Assert.True(published > 10_000, "too few transitions to mean anything");
    }

    [Fact]
    public void A_reset_and_a_gap_in_the_middle_of_a_batch_leave_nothing_of_the_steps_before_them()
    {
        // s1, s2 and s3 alike; 9 makes the models' scores NaN, 500 ms are a gap.
        var readings = new (int, int, float?[])[] { (0, 1, [1, 1, 1]), (0, 1, [1, 1, 1]), (0, 1, [1, 1, 1]), (0, 1, [Bad, Bad, Bad]), (0, 1, [0, 0, 0]), (0, 1, [1, 0, 1]),
            (0, 1, [0, 1, 1]), (0, 1, [1, 1, 1]), (0, 500, [null, 1, 1]), (0, 1, [1, null, 1]), (0, 1, [1, 1, 0]), (0, 1, [0, 0, 0]), (0, 1, [1, 1, 1]) };
        var settings = new ReadingSettings { MaxGap = TimeSpan.FromMilliseconds(100) };
        var (expected, counted) = Play(settings, 1, readings);
        Assert.NotEmpty(expected);
        var (actual, count) = Play(settings, 512, readings);
        Assert.Equal(expected, actual);
        Assert.Equal(counted, count);
    }

    [Fact]
    public void A_window_model_takes_all_waiting_steps_of_a_machine_in_one_call_a_recurrent_one_a_call_each()
    {
        var (window, stateful) = (new FakeModel(FakeModel.Window(2, "s1"), row => row.Score = 0), new FakeModel(FakeModel.Stateful("s1"), row => row.Score = 0, new StateShape(1, 1)));
        var line = new TestLine(new ReadingSettings(), 64, TestLine.Entry(window), TestLine.Entry(stateful));
        for (var t = 0; t < 5; t++) line.Read("a", t, 1);
        for (var t = 0; t < 3; t++) line.Read("b", t, 1);
        line.Flush();
        Assert.Equal((1, 5), (window.Calls, stateful.Calls));
    }

    private static (IReadOnlyList<string> Json, string Counted) Play(ReadingSettings settings, int batchMax, (int Machine, int Wait, float?[] Values)[] readings)
    {
        var line = new TestLine(settings, batchMax, Entries());
        var times = new long[4];
        foreach (var (machine, wait, values) in readings) line.Read($"machine-{machine}", times[machine] += wait, values);
        var json = line.Json();
        var c = line.Counters;
        return (json, $"{c.Readings} {c.Late} {c.Duplicates} {c.Gaps} {c.Steps} {c.Scores} {c.NonFinite} {c.Transitions}");
    }

    private static ModelEntry[] Entries()
    {
        var policy = new AlertPolicy { RaiseAt = 0.4f, ClearAt = 0.2f, RaiseAfter = new MOfN(1, 2), ClearAfter = new MOfN(2, 3), Levels = [new(0.7f, Severity.Critical)] };
        var window = new FakeModel(FakeModel.Window(3, "s1", "s2") with { Name = "window", Warmup = 4 }, WindowScore);
        var recurrent = new FakeModel(FakeModel.Stateful("s3", "s1") with { Name = "recurrent" }, RecurrentScore, new StateShape(2, 1));
        // The graph's own batch is 3: a batch takes several calls.
        var forecast = new FakeModel(FakeModel.Window(2, "s2", "s3") with { Name = "forecast", Outputs = new OutputNames { Forecast = "f", Spread = "d" } }, ForecastNext)
        {
            Shape = new ModelShape([], FixedBatch: 3),
        };
        return [new(window, "*", policy), new(recurrent, "pump-*", policy), new(recurrent, "machine-?", policy with { ClearAfter = MOfN.One }),
            new(forecast, "*-1", policy with { RaiseAt = 1.5f, ClearAt = 1, Levels = [] })];
    }

    private static void WindowScore(FakeRow row)
    {
        var sum = 0f;
        for (var t = 0; t < 3; t++) sum += float.IsNaN(row.X(t, 0)) ? 0.3f : row.X(t, 0) - 0.2f * (float.IsNaN(row.X(t, 1)) ? 1 : row.X(t, 1));
        row.Score = row.X(2, 0) == Bad ? float.NaN : Math.Abs(sum);
    }

    private static void RecurrentScore(FakeRow row)
    {
        var x = float.IsNaN(row.X(0, 0)) ? 0 : row.X(0, 0);
        row.SetState(0, 0.5f * row.State(0) + x);
        row.SetState(1, row.State(1) + 1);
        row.Score = row.X(0, 1) == Bad ? float.PositiveInfinity : Math.Abs(0.5f * row.State(0) + x) / (1 + row.State(1) % 3);
    }

    private static void ForecastNext(FakeRow row)
    {
        for (var f = 0; f < 2; f++)
        {
            row.Forecast[f] = row.X(1, f) == Bad ? float.NaN : 0.5f * row.X(0, f) + 0.5f * row.X(1, f);
            row.Spread[f] = 0.5f;
        }
    }
}
