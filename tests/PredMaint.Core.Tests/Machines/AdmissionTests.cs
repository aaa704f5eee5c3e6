using CsCheck;
using PredMaint.Core.Readings;

namespace PredMaint.Core.Tests.Machines;

public class AdmissionTests
{
    private static readonly ReadingSettings Plain = new();
    private static readonly ReadingSettings Gap100 = Plain with { MaxGap = TimeSpan.FromMilliseconds(100) };
    private static readonly ReadingSettings Late10 = Plain with { Lateness = TimeSpan.FromMilliseconds(10) };

    [Fact]
    public void Each_reading_is_a_step_and_a_missing_sensor_keeps_its_last_value()
    {
        var table = new StepTable(Plain).Read(0, 1, 2).Read(5, null, 3).Read(6, 4).Read(7);
        Assert.Equal(["0* 1 2", "5 1 3", "6 4 3", "7 4 3"], table.Steps());
        Assert.Equal([0, 1, 2, 3], table.Offsets());
    }

    [Fact]
    public void No_step_before_every_feature_was_seen_once() =>
        Assert.Equal(["2* 1 3", "3 1 4"], new StepTable(Plain).Read(0, 1).Read(1).Read(2, null, 3).Read(3, null, 4).Steps());

    [Fact]
    public void Without_fill_a_missing_sensor_is_NaN() =>
        Assert.Equal(["0* 1 -", "5 - 3", "6 - -"], new StepTable(Plain with { Fill = Fill.None }).Read(0, 1).Read(5, null, 3).Read(6).Steps());

    [Fact]
    public void The_same_timestamp_again_is_a_counted_duplicate_and_the_first_stands()
    {
        var table = new StepTable(Plain).Read(1, 1, 1).Read(1, 9, 9).Read(2, null, 2);
        Assert.Equal(["1* 1 1", "2 1 2"], table.Steps());
        Assert.Equal((3L, 1L, 0L), (table.Counters.Readings, table.Counters.Duplicates, table.Counters.Late));
    }

    [Fact]
    public void An_earlier_reading_is_dropped_counted_and_leaves_no_trace()
    {
        var table = new StepTable(Plain).Read(5, 1, 1).Read(4, 9, 9).Read(6, null, 2);
        Assert.Equal(["5* 1 1", "6 1 2"], table.Steps());
        Assert.Equal((0L, 1L), (table.Counters.Duplicates, table.Counters.Late));
    }

    [Fact]
    public void After_more_than_maxGap_history_and_filled_values_start_anew()
    {
        var table = new StepTable(Gap100).Read(0, 1, 1).Read(100, 2).Read(201, 3).Read(202, 4, 4);
        Assert.Equal(["0* 1 1", "100 2 1", "202* 4 4"], table.Steps());
        Assert.Equal(1, table.Counters.Gaps);
    }

    [Fact]
    public void Times_before_1970_are_times_like_others()
    {
        var table = new StepTable(Gap100).Read(-300, 1, 1).Read(-301, 9).Read(-300, 9).Read(-250, 2).Read(0, 3, 3);
        Assert.Equal(["-300* 1 1", "-250 2 1", "0* 3 3"], table.Steps());
        Assert.Equal((1L, 1L, 1L), (table.Counters.Duplicates, table.Counters.Late, table.Counters.Gaps));
    }

    [Fact]
    public void Held_readings_are_let_through_in_order_once_stream_time_has_passed_them_by_the_lateness()
    {
        var table = new StepTable(Late10).Read(5, 1, 1).Read(3, 2, 2).Read(13, 3, 3);
        Assert.Equal(["3* 2 2"], table.Steps());
        Assert.Equal(["3* 2 2", "5 1 1"], table.Read(15, 4, 4).Steps());
        Assert.Equal([1, 0], table.Offsets());
        Assert.Equal(["3* 2 2", "5 1 1", "13 3 3", "15 4 4"], table.Read(25, 5, 5).Steps());
    }

    [Fact]
    public void Later_than_the_lateness_is_dropped_even_where_nothing_later_was_let_through()
    {
        var table = new StepTable(Late10).Read(100, 1, 1).Read(89, 9, 9).Read(90, 2, 2);
        Assert.Equal(["90* 2 2"], table.Steps());
        Assert.Equal(1, table.Counters.Late);
    }

    [Fact]
    public void Nothing_earlier_than_what_was_let_through_follows_even_where_the_lateness_has_grown()
    {
        var table = new StepTable(Late10).Read(5, 1, 1);
        // As a snapshot of a worker without lateness would have it.
        table.Machine.Held!.Clear();
        table.Machine.LastTimeUs = 5000;
        Assert.Equal(["6* 2 2"], table.Read(3, 9, 9).Read(6, 2, 2).Read(16, 3, 3).Steps());
        Assert.Equal(1, table.Counters.Late);
    }

    [Fact]
    public void A_duplicate_of_a_held_reading_is_counted_and_the_first_stands()
    {
        var table = new StepTable(Late10).Read(5, 1, 1).Read(7, 2, 2).Read(5, 9, 9).Read(17, 3, 3).Read(7, 9, 9);
        Assert.Equal(["5* 1 1", "7 2 2"], table.Steps());
        Assert.Equal((2L, 0L), (table.Counters.Duplicates, table.Counters.Late));
    }

    [Fact]
    public void Gaps_are_judged_between_ordered_readings()
    {
        var settings = Gap100 with { Lateness = TimeSpan.FromMilliseconds(80) };
        var closed = new StepTable(settings).Read(0, 1, 1).Read(120, 2, 2).Read(60, 3, 3).Read(200, 4, 4);
        Assert.Equal(["0* 1 1", "60 3 3", "120 2 2"], closed.Steps());
        Assert.Equal(0, closed.Counters.Gaps);
        var open = new StepTable(settings).Read(0, 1, 1).Read(120, 2, 2).Read(200, 4, 4);
        Assert.Equal(["0* 1 1", "120* 2 2"], open.Steps());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void Any_order_within_the_lateness_gives_the_steps_of_the_sorted_readings(int everyMs)
    {
        // Each reading arrives by a delay of its own below the lateness: any disorder within the bound.
        var settings = Late10 with { MaxGap = TimeSpan.FromMilliseconds(15), Every = TimeSpan.FromMilliseconds(everyMs) };
        Gen.Select(Gen.Int[1, 20], Gen.Double[0, 10]).Array[1, 60].Sample(parts =>
        {
            var time = -200;
            var sorted = parts.Select((p, i) => (Time: time += p.Item1, Value: i, Delay: p.Item2)).ToList();
            var expected = new StepTable(settings);
            foreach (var r in sorted) expected.Read(r.Time, r.Value, r.Value);
            var actual = new StepTable(settings);
            foreach (var r in sorted.OrderBy(r => r.Time + r.Delay)) actual.Read(r.Time, r.Value, r.Value);
            // The last reading lets all go.
            Assert.Equal(expected.Read(10_000, 0, 0).Read(10_010, 0, 0).Steps(), actual.Read(10_000, 0, 0).Read(10_010, 0, 0).Steps());
            Assert.Equal((0L, 0L, expected.Counters.Gaps), (actual.Counters.Late, actual.Counters.Duplicates, actual.Counters.Gaps));
        });
    }
}
