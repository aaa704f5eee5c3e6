using CsCheck;
using PredMaint.Core.Readings;
using PredMaint.Core.Tests.Models;

namespace PredMaint.Core.Tests.Machines;

public class TimeGridTests
{
    private static readonly ReadingSettings Every10 = new() { Every = TimeSpan.FromMilliseconds(10), MaxGap = TimeSpan.FromMilliseconds(100) };

    [Fact]
    public void A_step_takes_each_sensors_last_value_at_or_before_its_point()
    {
        var table = new StepTable(Every10).Read(3, 1, 1).Read(8, 2).Read(12, 3).Read(20, 4).Read(21, 5);
        Assert.Equal(["10* 2 1", "20 4 1"], table.Steps());
    }

    [Fact]
    public void A_step_has_the_position_of_the_reading_that_completed_it() =>
        Assert.Equal([1, 2], StepsOf(new StepTable(Every10).Read(3, 1, 1).Read(12, 3).Read(20, 4)).Offsets());

    [Fact]
    public void The_first_point_is_the_first_reading_itself_where_it_lies_on_the_grid() =>
        Assert.Equal(["0* 1 1", "10 1 1"], new StepTable(Every10).Read(0, 1, 1).Read(15, 2, 2).Steps());

    [Fact]
    public void Points_without_readings_repeat_the_last_values() =>
        Assert.Equal(["10* 1 1", "20 1 1", "30 1 1", "40 2 1"], new StepTable(Every10).Read(10, 1, 1).Read(40, 2).Steps());

    [Fact]
    public void Without_fill_a_step_has_only_what_was_read_since_the_point_before()
    {
        var table = new StepTable(Every10 with { Fill = Fill.None }).Read(10, 1, 1).Read(12, 2).Read(14, 3).Read(35, null, 5).Read(40);
        Assert.Equal(["10* 1 1", "20 3 -", "30 - -", "40 - 5"], table.Steps());
    }

    [Fact]
    public void Points_before_1970_lie_on_the_same_grid() =>
        Assert.Equal(["-20* 1 1", "-10 2 1", "0 2 1", "10 4 1"], new StepTable(Every10).Read(-25, 1, 1).Read(-12, 2).Read(5, 3).Read(10, 4).Steps());

    [Fact]
    public void After_a_gap_the_grid_begins_with_the_new_history_and_nothing_is_carried_over()
    {
        var table = new StepTable(Every10).Read(10, 1, 1).Read(15, 2, 2).Read(116, 3).Read(121, 4, 4).Read(130, 5);
        Assert.Equal(["10* 1 1", "130* 5 4"], table.Steps());
        Assert.Equal(1, table.Counters.Gaps);
    }

    [Fact]
    public void Without_fill_a_new_history_has_only_its_own_values()
    {
        var table = new StepTable(Every10 with { Fill = Fill.None }).Read(10, 1, 1).Read(15, 2, 2).Read(116, 3).Read(121, 4).Read(130, null, 5);
        Assert.Equal(["10* 1 1", "120* 3 -", "130 4 5"], table.Steps());
    }

    [Fact]
    public void Late_is_the_reading_that_completed_a_step_not_the_point_of_the_grid()
    {
        var line = new TestLine(Every10, 8, TestLine.Entry(new FakeModel(FakeModel.Window(1, "s1"), row => row.Score = row.X(0, 0))));
        line.Read("m", 11, recordTimeMs: 11, [1]);
        line.Read("m", 108, recordTimeMs: 125, [1]);
        Assert.Equal(["raised 20 1"], line.Said());
        Assert.False(line.Transitions[0].Event.Late);
    }

    [Fact]
    public void With_lateness_the_grid_sees_the_readings_in_order()
    {
        var table = new StepTable(Every10 with { Lateness = TimeSpan.FromMilliseconds(20) }).Read(9, 1, 1).Read(19, 3).Read(8, 7, 7).Read(11, 2).Read(30, 4).Read(60, 5, 5);
        Assert.Equal(["10* 1 1", "20 3 1", "30 4 1"], table.Steps());
    }

    [Fact]
    public void No_step_on_the_grid_before_every_feature_was_seen_once() =>
        Assert.Equal(["30* 2 1", "40 2 1"], new StepTable(Every10).Read(10, 2).Read(25, null, 1).Read(40).Steps());

    [Fact]
    public void Any_readings_give_the_grid_that_the_contracts_words_give()
    {
        var value = Gen.Frequency((2, Gen.Int[1, 9].Select(v => (float?)v)), (1, Gen.Const((float?)null)));
        var wait = Gen.Frequency((5, Gen.Int[1, 25]), (1, Gen.Int[95, 110]));
        Gen.Select(Gen.Int[-300, 0], Gen.Select(wait, value, value).Array[1, 40], Gen.Bool).Sample((start, parts, last) =>
        {
            var time = start;
            var readings = parts.Select(p => (Time: time += p.Item1, Values: new[] { p.Item2, p.Item3 })).ToList();
            var table = new StepTable(Every10 with { Fill = last ? Fill.Last : Fill.None });
            foreach (var (at, values) in readings) table.Read(at, values);
            Assert.Equal(Naive(readings, last), table.Steps());
        }, iter: 500);
    }

    /// <summary>History by history, point by point, each sensor looked up anew.</summary>
    private static List<string> Naive(List<(int Time, float?[] Values)> readings, bool fillLast)
    {
        var steps = new List<string>();
        for (var from = 0; from < readings.Count;)
        {
            var to = from + 1;
            while (to < readings.Count && readings[to].Time - readings[to - 1].Time <= 100) to++;
            var history = readings[from..to];
            var begins = true;
            for (var point = (int)Math.Ceiling(history[0].Time / 10.0) * 10; point <= history[^1].Time; point += 10)
            {
                var values = new[] { 0, 1 }.Select(s => history.LastOrDefault(r => r.Time <= point && (fillLast || r.Time > point - 10) && r.Values[s] is not null).Values?[s]).ToList();
                if (fillLast && values.Contains(null)) continue;
                steps.Add($"{point}{(begins ? "*" : "")} {string.Join(' ', values.Select(v => v is null ? "-" : $"{v}"))}");
                begins = false;
            }
            from = to;
        }
        return steps;
    }

    private static StepTable StepsOf(StepTable table)
    {
        table.Steps();
        return table;
    }
}
