using PredMaint.Core.Alerts;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;
using PredMaint.Core.Tests.Models;

namespace PredMaint.Core.Tests.Machines;

public class ScoreTests
{
    private static readonly ReadingSettings Plain = new() { MaxGap = TimeSpan.FromMilliseconds(100) };

    /// <summary>The score is the sensor itself.</summary>
    private static readonly RowFunction Echo = row => row.Score = row.X(0, 0);

    /// <summary>The score is the sum of the window, or of the steps since the history began.</summary>
    private static readonly RowFunction Sum3 = row => row.Score = row.X(0, 0) + row.X(1, 0) + row.X(2, 0);

    private static readonly RowFunction Total = row =>
    {
        row.SetState(0, row.State(0) + row.X(0, 0));
        row.Score = row.State(0) + row.X(0, 0);
    };

    [Fact]
    public void A_score_is_used_as_it_is() =>
        Assert.Equal(["raised 1 0.6", "cleared 2 0.5"], Play(Window(Echo, 1), (0, 0.5f), (1, 0.6f), (2, 0.5f)));

    [Fact]
    public void A_probability_is_used_as_it_is()
    {
        var manifest = FakeModel.Window(1, "s1") with { Outputs = new OutputNames { Probability = "p" } };
        Assert.Equal(["raised 1 0.6", "cleared 2 0.5"], Play(new FakeModel(manifest, row => row.Probability = row.X(0, 0)), (0, 0.5f), (1, 0.6f), (2, 0.5f)));
    }

    [Fact]
    public void A_score_alerts_before_a_probability_and_that_before_a_forecast()
    {
        var manifest = FakeModel.Window(1, "s1") with { Outputs = new OutputNames { Score = "s", Probability = "p", Forecast = "f", Spread = "d" } };
        RowFunction all = row => { row.Score = row.X(0, 0); row.Probability = 7; row.Forecast[0] = 100; row.Spread[0] = 1; };
        Assert.Equal(["raised 1 0.6"], Play(new FakeModel(manifest, all), (0, 0.5f), (1, 0.6f)));
        var without = new FakeModel(manifest with { Outputs = manifest.Outputs with { Score = null } }, row => { row.Probability = row.X(0, 0); row.Forecast[0] = 100; row.Spread[0] = 1; });
        Assert.Equal(["raised 1 0.6"], Play(without, (0, 0.5f), (1, 0.6f)));
    }

    [Fact]
    public void A_machine_may_lack_an_optional_feature_and_no_other()
    {
        RowFunction known = row => row.Score = float.IsNaN(row.X(0, 1)) ? row.X(0, 0) : -1;
        var manifest = FakeModel.Window(1, "s1", "s2");
        Assert.Equal(["raised 1 0.6"], Play(new FakeModel(manifest with { Optional = ["s2"] }, known), (0, 0.5f), (1, 0.6f)));
        Assert.Empty(Play(new FakeModel(manifest with { Optional = ["s1"] }, known), (0, 0.5f), (1, 0.6f)));
    }

    [Fact]
    public void A_window_model_scores_once_its_steps_are_there_and_sees_the_last_ones_in_order()
    {
        var seen = new List<string>();
        var model = Window(row => { if (row.Index == 0) seen.Add($"{row.X(0, 0)} {row.X(1, 0)} {row.X(2, 0)}"); row.Score = 1; }, 3);
        Assert.Equal(["raised 2 1"], Play(model, (0, 1), (1, 2), (2, 3), (3, 4), (4, 5)));
        Assert.Equal(["1 2 3", "2 3 4", "3 4 5"], seen);
    }

    [Fact]
    public void A_stateful_model_is_given_the_state_that_it_gave() =>
        Assert.Equal(["raised 2 0.6", "cleared 3 0.1"], Play(Stateful(Total), (0, 0.2f), (1, 0.2f), (2, 0.2f), (3, -0.5f)));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Steps_of_the_warm_up_give_no_score_but_count_into_the_history(bool recurrent)
    {
        var model = recurrent ? Stateful(Total, warmup: 2) : Window(Sum3, 3, warmup: 4);
        Assert.Equal(recurrent ? ["raised 2 3"] : ["raised 4 3"], Play(model, (0, 1), (1, 1), (2, 1), (3, 1), (4, 1)));
    }

    [Fact]
    public void After_a_gap_the_state_is_zero_and_the_warm_up_begins_anew() =>
        Assert.Equal(["raised 1 2", "cleared 202 -2"], Play(Stateful(Total, warmup: 1), (0, 1), (1, 1), (201, -1), (202, -1)));

    [Fact]
    public void After_a_gap_a_window_holds_nothing_from_before_it()
    {
        Assert.Equal(["raised 2 3", "cleared 203 0.3"], Play(Window(Sum3, 3), (0, 1), (1, 1), (2, 1), (201, 0.1f), (202, 0.1f), (203, 0.1f)));
    }

    [Fact]
    public void An_active_alert_survives_a_gap_and_clears_only_by_scores_of_the_new_history()
    {
        var policy = new AlertPolicy { RaiseAt = 0.5f, ClearAt = 0.5f, ClearAfter = new MOfN(2, 2) };
        var said = Play(new ModelEntry(Window(Echo, 1), "*", policy), (0, 1), (1, 0), (200, 0), (201, 0));
        Assert.Equal(["raised 0 1", "cleared 201 0"], said);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void A_score_that_is_not_finite_is_none_and_resets_the_state(float bad)
    {
        var model = Stateful(row => { Total(row); if (row.X(0, 0) == 9) { row.Score = bad; row.SetState(0, bad); } });
        var line = new TestLine(Plain, 1, TestLine.Entry(model));
        foreach (var (t, x) in new (long, float)[] { (0, 1), (1, 9), (2, 0.7f), (3, -0.3f) }) line.Read("m1", t, x);
        Assert.Equal(["raised 0 1", "cleared 3 0.4"], line.Said());
        Assert.Equal((1L, 3L, 4L), (line.Counters.NonFinite, line.Counters.Scores, line.Counters.Steps));
    }

    [Fact]
    public void After_a_reset_a_window_model_waits_for_new_steps_and_the_warm_up()
    {
        var model = Window(row => row.Score = row.X(2, 0) == 9 ? float.NaN : row.X(2, 0), 3, warmup: 3);
        Assert.Equal(["raised 3 1", "cleared 8 0"], Play(model, (0, 1), (1, 1), (2, 1), (3, 1), (4, 9), (5, 0), (6, 0), (7, 0), (8, 0)));
    }

    [Fact]
    public void A_reset_empties_the_windows_of_M_of_N_and_keeps_the_alert()
    {
        var policy = new AlertPolicy { RaiseAt = 0.5f, ClearAt = 0.5f, RaiseAfter = new MOfN(2, 3), ClearAfter = new MOfN(2, 3) };
        var said = Play(new ModelEntry(Window(Echo, 1), "*", policy), (0, 1), (1, float.PositiveInfinity), (2, 1), (3, 1), (4, 0), (5, float.PositiveInfinity), (6, 0), (7, 0));
        Assert.Equal(["raised 3 1", "cleared 7 0"], said);
    }

    [Fact]
    public void NaN_goes_in_where_nothing_is_filled()
    {
        var line = new TestLine(Plain with { Fill = Fill.None }, 1, TestLine.Entry(new FakeModel(FakeModel.Window(1, "s1", "s2"), row => row.Score = float.IsNaN(row.X(0, 1)) ? 1 : 0)));
        line.Read("m1", 0, 1, 1);
        line.Read("m1", 1, 1);
        Assert.Equal(["raised 1 1"], line.Said());
    }

    [Fact]
    public void A_step_that_lacks_a_feature_never_seen_is_no_step_for_that_model_alone()
    {
        var both = new FakeModel(FakeModel.Window(2, "s1", "s2") with { Name = "both" }, row => row.Score = 1);
        var first = new FakeModel(FakeModel.Window(2, "s1") with { Name = "first" }, row => row.Score = 1);
        var line = new TestLine(Plain, 8, TestLine.Entry(both), TestLine.Entry(first));
        line.Read("m1", 0, 1);
        line.Read("m1", 1, 1);
        line.Read("m1", 2, 1, 1);
        line.Read("m1", 3, 1);
        line.Flush();
        Assert.Equal([("first", 1000L), ("both", 3000L)], line.Transitions.Select(t => (t.Event.Model.Name, t.Event.TimeUs)));
    }

    [Fact]
    public void A_model_judges_only_the_machines_that_its_glob_matches()
    {
        var pumps = TestLine.Entry(new FakeModel(FakeModel.Window(1, "s1") with { Name = "pumps" }, row => row.Score = 1), machines: "pump-?");
        var all = TestLine.Entry(new FakeModel(FakeModel.Window(1, "s2") with { Name = "all" }, row => row.Score = 1));
        var line = new TestLine(Plain, 8, pumps, all);
        foreach (var machine in new[] { "pump-1", "pump-10", "Pump-1", "fan-1" }) line.Read(machine, 0, 1, 1);
        line.Flush();
        Assert.Equal(["pump-1 pumps", "pump-1 all", "pump-10 all", "Pump-1 all", "fan-1 all"], line.Transitions.Select(t => $"{t.Event.MachineId} {t.Event.Model.Name}"));
    }

    [Fact]
    public void Machines_do_not_touch_each_other()
    {
        var line = new TestLine(Plain, 3, TestLine.Entry(Stateful(Total), raiseAt: 2.5f));
        for (var t = 0; t < 3; t++)
            foreach (var (machine, x) in new[] { ("a", 1f), ("b", 0.5f), ("c", 2f) }) line.Read(machine, t, x);
        line.Flush();
        Assert.Equal(["c 1 4", "a 2 3"], line.Transitions.Select(t => $"{t.Event.MachineId} {t.Event.TimeUs / 1000} {t.Event.Score}"));
    }

    private static FakeModel Window(RowFunction function, int steps, int warmup = 0) => new(FakeModel.Window(steps, "s1") with { Warmup = warmup }, function);

    private static FakeModel Stateful(RowFunction function, int warmup = 0) => new(FakeModel.Stateful("s1") with { Warmup = warmup }, function, new StateShape(1, 1));

    private static IReadOnlyList<string> Play(FakeModel model, params (long TimeMs, float Value)[] readings) => Play(TestLine.Entry(model), readings);

    private static IReadOnlyList<string> Play(ModelEntry entry, params (long TimeMs, float Value)[] readings)
    {
        var line = new TestLine(Plain, 1, entry);
        foreach (var (time, value) in readings) line.Read("m1", time, value);
        return line.Said();
    }
}
