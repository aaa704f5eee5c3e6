using PredMaint.Core.Alerts;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;
using PredMaint.Core.Tests.Models;

namespace PredMaint.Core.Tests.Machines;

public class ForecastTests
{
    private static readonly ReadingSettings Plain = new() { MaxGap = TimeSpan.FromMilliseconds(100) };
    private static readonly float[] Spreads = [2, 0.5f];

    [Fact]
    public void A_forecast_is_judged_against_the_next_reading_in_standard_deviations()
    {
        // Forecast: the same again. z = (4-2)/2 = 1 and (1.5-1)/0.5 = 1, then (4-4)/2 = 0 and (3-1.5)/0.5 = 3.
        var line = Line(0.9f);
        line.Read("m1", 0, 2, 1);
        line.Read("m1", 1, 4, 1.5f);
        line.Read("m1", 2, 4, 1.5f);
        line.Read("m1", 3, 4, 3);
        Assert.Equal(["raised 1 1", "cleared 2 0", "raised 3 2.1213"], line.Said());
    }

    [Fact]
    public void Only_sensors_really_present_are_evidence()
    {
        var line = Line(0.9f);
        line.Read("m1", 0, 2, 1);
        line.Read("m1", 1, null, 2);
        line.Read("m1", 2, 6);
        line.Read("m1", 3);
        line.Read("m1", 4, 6, 2);
        Assert.Equal(["raised 1 2", "cleared 4 0"], line.Said());
        Assert.Equal(3, line.Counters.Scores);
    }

    [Fact]
    public void On_a_grid_a_sensor_is_present_where_it_was_read_since_the_point_before()
    {
        var line = new TestLine(Plain with { Every = TimeSpan.FromMilliseconds(10) }, 1, TestLine.Entry(Model(SameAgain), 2.5f));
        line.Read("m1", 0, 2, 1);
        line.Read("m1", 4, null, 2);
        line.Read("m1", 30, 8);
        Assert.Equal(["raised 30 3"], line.Said());
        Assert.Equal(2, line.Counters.Scores);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    public void Which_sensors_are_present_is_known_of_any_number_of_them(int everyMs)
    {
        const int n = 130;
        var manifest = FakeModel.Window(1, [.. Enumerable.Range(0, n).Select(i => $"s{i}")]) with { Outputs = new OutputNames { Forecast = "f", Spread = "d" } };
        var line = new TestLine(Plain with { Every = TimeSpan.FromMilliseconds(everyMs) }, 4, TestLine.Entry(new FakeModel(manifest, row => { row.Forecast.Clear(); row.Spread.Fill(1); }), 0));
        line.Read("m1", 0, [.. Enumerable.Repeat((float?)100, n)]);
        int[] present = [0, 63, 64, 127, 128, 129];
        line.Read("m1", 10, [.. Enumerable.Range(0, n).Select(i => present.Contains(i) ? i + 1 : (float?)null)]);
        Assert.Equal([$"raised 10 {Math.Sqrt(present.Sum(i => (i + 1.0) * (i + 1)) / present.Length):0.####}"], line.Said());
        Assert.Equal(["s129", "s128", "s127", "s64", "s63"], line.Transitions[0].Event.Contributions.Select(c => c.Sensor));
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(-3f)]
    [InlineData(1e-9f)]
    public void A_spread_is_at_least_a_millionth(float spread)
    {
        var line = new TestLine(Plain, 1, TestLine.Entry(Model(row => { SameAgain(row); row.Spread[0] = spread; }), 0.5f));
        line.Read("m1", 0, 0, 0);
        line.Read("m1", 1, 1e-6f);
        Assert.Equal(["raised 1 1"], line.Said());
    }

    [Fact]
    public void The_first_step_after_a_start_and_a_gap_has_no_score()
    {
        var line = Line(0.9f);
        line.Read("m1", 0, 2, 1);
        line.Read("m1", 101, 100, 100);
        line.Read("m1", 102, 102);
        Assert.Equal(["raised 102 1"], line.Said());
        Assert.Equal(1, line.Counters.Scores);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    public void The_first_step_after_a_reset_has_no_score(int batchMax)
    {
        // 9 makes a forecast that is NaN: the step after it resets, and its own forecast is dropped with the state.
        var line = new TestLine(Plain, batchMax, TestLine.Entry(Model(row => { SameAgain(row); if (row.X(0, 0) == 9) row.Forecast[0] = float.NaN; }), 0.5f));
        foreach (var (t, x) in new[] { (0, 1f), (1, 9f), (2, 1f), (3, 100f), (4, 100f), (5, 102f) }) line.Read("m1", t, x, 0);
        Assert.Equal(["raised 1 2.8284", "cleared 4 0", "raised 5 0.7071"], line.Said());
        Assert.Equal((1L, 3L), (line.Counters.NonFinite, line.Counters.Scores));
    }

    [Fact]
    public void During_the_warm_up_forecasts_are_made_and_the_first_score_follows_it()
    {
        var model = new FakeModel(Model(SameAgain).Manifest with { Warmup = 2 }, SameAgain);
        var line = new TestLine(Plain, 1, TestLine.Entry(model, 0.5f));
        // z = 2/2 of one sensor of two, at each step but the first.
        foreach (var t in new[] { 0, 2, 4, 6 }) line.Read("m1", t, t, 0);
        Assert.Equal(["raised 4 0.7071"], line.Said());
        Assert.Equal(2, line.Counters.Scores);
    }

    [Fact]
    public void Contributions_are_the_five_largest_with_their_share_of_all_observed_and_expected()
    {
        var features = Enumerable.Range(1, 7).Select(i => $"s{i}").ToArray();
        var manifest = FakeModel.Window(1, features) with { Outputs = new OutputNames { Forecast = "f", Spread = "d" } };
        var model = new FakeModel(manifest, row => { row.Forecast.Fill(10); row.Spread.Fill(1); });
        var line = new TestLine(Plain, 1, TestLine.Entry(model));
        line.Read("m1", 0, 0, 0, 0, 0, 0, 0, 0);
        // z = 1 2 3 - 0 -5 6 (s4 is not there): squares 1 4 9 0 25 36, sum 75.
        line.Read("m1", 1, 11, 12, 13, null, 10, 5, 16);
        line.Flush();
        var alert = Assert.Single(line.Transitions).Event;
        Assert.Equal(MathF.Sqrt(75f / 6), alert.Score!.Value, 5);
        Assert.Equal([new("s7", 36 / 75f, 16, 10), new("s6", 25 / 75f, 5, 10), new("s3", 9 / 75f, 13, 10), new("s2", 4 / 75f, 12, 10), new("s1", 1 / 75f, 11, 10)],
            alert.Contributions);
        Assert.Equal(1, alert.Contributions.Sum(c => c.Share), 5);
    }

    [Fact]
    public void Expected_is_the_forecast_that_was_judged_not_the_one_just_made()
    {
        var line = Line(0.9f);
        line.Read("m1", 0, 2, 1);
        line.Read("m1", 1, 6, 1);
        line.Flush();
        Assert.Equal([new Contribution("s1", 1, 6, 2)], Assert.Single(line.Transitions).Event.Contributions);
    }

    [Fact]
    public void A_model_with_a_score_of_its_own_says_its_contributions_and_what_it_expected()
    {
        var manifest = FakeModel.Window(1, "s1", "s2", "s3") with { Outputs = new OutputNames { Score = "s", Contribution = "c", Expected = "e" } };
        RowFunction function = row =>
        {
            row.Score = row.X(0, 0);
            (row.Contribution[0], row.Contribution[1], row.Contribution[2]) = (1, 3, 0);
            (row.Expected[0], row.Expected[1], row.Expected[2]) = (0.5f, 20, 30);
        };
        var line = new TestLine(Plain, 1, TestLine.Entry(new FakeModel(manifest, function)));
        line.Read("m1", 0, 1, 2, 3);
        line.Flush();
        Assert.Equal([new("s2", 0.75f, 2, 20), new("s1", 0.25f, 1, 0.5f)], Assert.Single(line.Transitions).Event.Contributions);
    }

    private static void SameAgain(FakeRow row)
    {
        for (var f = 0; f < 2; f++) (row.Forecast[f], row.Spread[f]) = (row.X(0, f), Spreads[f]);
    }

    private static FakeModel Model(RowFunction function) =>
        new(FakeModel.Window(1, "s1", "s2") with { Outputs = new OutputNames { Forecast = "f", Spread = "d" } }, function);

    private static TestLine Line(float raiseAt) => new(Plain, 1, TestLine.Entry(Model(SameAgain), raiseAt));
}
