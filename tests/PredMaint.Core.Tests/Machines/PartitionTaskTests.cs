using System.Text;
using PredMaint.Core.Alerts;
using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;
using PredMaint.Core.Tests.Models;

namespace PredMaint.Core.Tests.Machines;

public class PartitionTaskTests
{
    private const long MinuteUs = 60_000_000;

    private readonly Scorer scorer;
    private readonly PartitionTask task;
    private readonly Reading slot;
    private readonly WideJsonDecoder decoder;

    public PartitionTaskTests()
    {
        var settings = new ReadingSettings();
        var model = new FakeModel(FakeModel.Window(1, "s1"), row => row.Score = row.X(0, 0));
        ModelEntry[] entries = [TestLine.Entry(model)];
        scorer = new Scorer(entries, Scorer.SensorsOf(entries), settings, batchMax: 8, new TaskCounters());
        task = new PartitionTask(3, new TaskSettings(settings, "/predmaint/test", "topic"), scorer);
        slot = new Reading(scorer.Sensors.Count) { Partition = 3 };
        decoder = new WideJsonDecoder(scorer.Sensors, settings);
    }

    [Fact]
    public void A_new_task_has_nothing_to_commit() =>
        Assert.Equal((-1L, false, false, 0, long.MinValue), (task.Position, task.IsDirty, task.HasTransitions, task.HeldBytes, task.ClockUs));

    [Fact]
    public void A_start_that_nobody_has_committed_is_committed_before_a_reading_comes()
    {
        task.Start(new StartFacts(default, Committed: null, First: 7, StartAt: 100));
        Assert.True(task.IsLive && task.IsDirty);
        Assert.Equal(100, task.Prepare().Position);
        task.Committed();
        Assert.False(task.IsDirty);
    }

    [Fact]
    public void A_key_beyond_all_limits_is_cut_in_the_dead_letter()
    {
        WideJsonDecoder.DecodeKey(new byte[1_000_000], isNull: false, slot);
        task.Add(slot);
        Assert.Equal(DeadLetter.MaxBytes, Assert.Single(task.Prepare().DeadLetters).Key!.Length);
    }

    [Fact]
    public void Prepared_twice_it_says_the_same_and_committed_it_says_nothing_more()
    {
        Add("m1", 0, 1);
        Add("m1", 1, 0);
        Add("", 2, 0);
        scorer.Score();
        var (first, second) = (task.Prepare(), task.Prepare());
        Assert.Equal((3, 3L, 2, 1), (first.Partition, first.Position, first.Transitions.Count, first.DeadLetters.Count));
        Assert.Equal(first.Transitions, second.Transitions);
        Assert.Equal(first.DeadLetters, second.DeadLetters);
        Assert.True(task.IsDirty && task.HasTransitions);
        task.Committed();
        Assert.False(task.IsDirty || task.HasTransitions);
        var after = task.Prepare();
        Assert.Equal((3L, 0, 0, 0), (after.Position, after.Transitions.Count, after.DeadLetters.Count, task.HeldBytes));
        Assert.Equal(2, first.Transitions.Count);
    }

    [Fact]
    public void What_follows_an_aborted_commit_is_said_after_what_it_held()
    {
        Add("m1", 0, 1);
        scorer.Score();
        task.Prepare();
        Add("m1", 1, 0);
        scorer.Score();
        Assert.Equal([AlertChange.Raised, AlertChange.Cleared], task.Prepare().Transitions.Select(t => t.Event.Change));
        Assert.Equal(2, task.Prepare().Position);
    }

    [Fact]
    public void Transitions_wait_until_the_scorer_runs_and_carry_key_position_and_trace()
    {
        WideJsonDecoder.DecodeKey("m1"u8, isNull: false, slot);
        decoder.Decode(Value(5, 1), isNull: false, slot);
        slot.Offset = 77;
        slot.TraceParent = "00-trace-01";
        task.Add(slot);
        Assert.False(task.HasTransitions);
        scorer.Score();
        var transition = Assert.Single(task.Prepare().Transitions);
        Assert.Equal(("m1", "00-trace-01", "topic", 3, 77L, 5000L), (Encoding.UTF8.GetString(transition.Machine), transition.TraceParent, transition.Event.Topic,
            transition.Event.Partition, transition.Event.Offset, transition.Event.TimeUs));
        Assert.Equal(transition.Json.Length, task.HeldBytes);
    }

    [Fact]
    public void Position_moves_with_every_record_even_where_it_is_no_reading_or_no_step()
    {
        Add("m1", 10, 1, offset: 100);
        Add("m1", 10, 1, offset: 107);
        Assert.Equal(108, task.Position);
        Add("", 0, 0, offset: 110);
        Assert.Equal(111, task.Position);
        Assert.True(task.IsDirty);
    }

    [Fact]
    public void The_clock_is_the_greatest_event_time_and_dead_letters_do_not_move_it()
    {
        Add("m1", 10, 1);
        Add("m2", 5, 1);
        Assert.Equal(10_000, task.ClockUs);
        Add("", 99, 0);
        Add("m1", 99, 1, recordTimeUs: -10 * MinuteUs);
        Assert.Equal(10_000, task.ClockUs);
    }

    [Theory]
    [InlineData(5 * MinuteUs, false)]
    [InlineData(5 * MinuteUs + 1, true)]
    [InlineData(-50 * MinuteUs, false)]
    public void A_reading_further_ahead_of_its_record_than_maxAhead_is_a_dead_letter(long aheadUs, bool dead)
    {
        Add("m1", 0, 1, recordTimeUs: -aheadUs);
        Assert.Equal(dead ? ["ahead"] : [], task.Prepare().DeadLetters.Select(d => d.Reason));
        Assert.Equal(dead ? 0 : 1, task.Machines.Count);
    }

    [Theory]
    [InlineData(long.MinValue, true)]
    [InlineData(long.MaxValue, false)]
    public void A_records_own_timestamp_may_be_any_number(long recordTimeUs, bool dead)
    {
        Add("m1", 0, 1, recordTimeUs: recordTimeUs);
        scorer.Score();
        Assert.Equal(dead ? ["ahead"] : [], task.Prepare().DeadLetters.Select(d => d.Reason));
        Assert.Equal(dead ? [] : [true], task.Prepare().Transitions.Select(t => t.Event.Late));
    }

    [Theory]
    [InlineData(10 * MinuteUs, false)]
    [InlineData(10 * MinuteUs + 1, true)]
    public void An_alert_is_late_where_its_reading_was_more_than_maxGap_older_than_its_record(long olderUs, bool late)
    {
        Add("m1", 0, 1, recordTimeUs: olderUs);
        scorer.Score();
        Assert.Equal(late, Assert.Single(task.Prepare().Transitions).Event.Late);
    }

    [Fact]
    public void A_dead_letter_carries_the_original_bytes_and_position()
    {
        slot.Partition = 3;
        slot.Offset = 42;
        WideJsonDecoder.DecodeKey([0, 255], isNull: false, slot);
        decoder.Decode([1, 2, 3], isNull: false, slot);
        task.Add(slot);
        // The slot goes on to other records.
        WideJsonDecoder.DecodeKey([], isNull: true, slot);
        decoder.Decode([], isNull: true, slot);
        slot.Offset = 43;
        task.Add(slot);
        var letters = task.Prepare().DeadLetters;
        Assert.Equal([0, 255], letters[0].Key);
        Assert.Equal([1, 2, 3], letters[0].Value);
        Assert.Equal((3, 42L, "key"), (letters[0].Partition, letters[0].Offset, letters[0].Reason));
        Assert.Equal((null, null, 43L, "key"), (letters[1].Key, letters[1].Value, letters[1].Offset, letters[1].Reason));
        Assert.Equal(5, task.HeldBytes);
    }

    [Fact]
    public void A_dead_letters_value_is_cut_at_64_KB()
    {
        var value = new byte[100_000];
        value.AsSpan().Fill((byte)'x');
        WideJsonDecoder.DecodeKey("m1"u8, isNull: false, slot);
        decoder.Decode(value, isNull: false, slot);
        task.Add(slot);
        var letter = Assert.Single(task.Prepare().DeadLetters);
        Assert.Equal(value[..65_536], letter.Value);
        Assert.Equal("tooLarge", letter.Reason);
        Assert.Equal("value of 100000 bytes, allowed are 65536", letter.Detail);
    }

    [Fact]
    public void Reasons_are_the_contracts_words() =>
        Assert.Equal(["none", "key", "empty", "tooLarge", "json", "timestamp", "values", "machineId", "ahead", "id", "command", "unknownMachine"],
            Enum.GetValues<Fault>().Select(f => new DeadLetter(null, null, f, "", 0, 0).Reason));

    [Fact]
    public void Everything_is_counted()
    {
        Add("m1", 0, 1);
        Add("m1", 0, 1);
        Add("m1", 2, 0);
        Add("m1", 1, 0);
        Add("m2", 700_000, 0);
        Add("m2", 1_400_000, 0);
        Add("", 0, 0);
        scorer.Score();
        var c = task.Counters;
        Assert.Equal("6 1 1 1 4 4 0 2 1", $"{c.Readings} {c.Late} {c.Duplicates} {c.Gaps} {c.Steps} {c.Scores} {c.NonFinite} {c.Transitions} {c.DeadLetters}");
        Assert.Equal(2, task.Machines.Count);
    }

    [Fact]
    public void Two_tasks_share_a_scorer_and_each_holds_its_own()
    {
        var other = new PartitionTask(4, task.Settings, scorer);
        Add("m1", 0, 1);
        WideJsonDecoder.DecodeKey("m1"u8, isNull: false, slot);
        decoder.Decode(Value(5, 1), isNull: false, slot);
        other.Add(slot);
        scorer.Score();
        Assert.Equal((3, 4), (Assert.Single(task.Prepare().Transitions).Event.Partition, Assert.Single(other.Prepare().Transitions).Event.Partition));
    }

    private static byte[] Value(long timeMs, float value) => Encoding.UTF8.GetBytes("{\"timestamp\":" + timeMs + ",\"values\":{\"s1\":" + value + "}}");

    private void Add(string key, long timeMs, float value, long? offset = null, long? recordTimeUs = null)
    {
        WideJsonDecoder.DecodeKey(Encoding.UTF8.GetBytes(key), isNull: false, slot);
        decoder.Decode(Value(timeMs, value), isNull: false, slot);
        slot.Offset = offset ?? task.Position + (task.Position < 0 ? 1 : 0);
        slot.RecordTimeUs = recordTimeUs;
        task.Add(slot);
    }
}
