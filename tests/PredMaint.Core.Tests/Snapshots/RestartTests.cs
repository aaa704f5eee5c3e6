using System.Text;
using CsCheck;
using PredMaint.Core.Alerts;
using PredMaint.Core.Commands;
using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;
using PredMaint.Core.Snapshots;
using PredMaint.Core.Tests.Commands;
using PredMaint.Core.Tests.Machines;
using PredMaint.Core.Tests.Models;

namespace PredMaint.Core.Tests.Snapshots;

/// <summary>A task that dies at any moment and is restored from what was committed says what one that lives says.</summary>
public class RestartTests
{
    private const int ReplayMax = 12;

    private static readonly Guid Topic = new("b5b0c1de-3f3c-5d0f-9a52-6d0f6d5e5c01");

    private static readonly ModelEntry[] Entries =
    [
        // A slow and a fast average, by M of N with hysteresis.
        new(Averaging("slow", 0.75f), "*", new AlertPolicy { RaiseAt = 0.6f, ClearAt = 0.4f, RaiseAfter = new MOfN(2, 3), ClearAfter = new MOfN(2, 2) }),
        new(new FakeModel(FakeModel.Window(3, "s2") with { Name = "window" }, row => row.Score = row.X(0, 0) + row.X(2, 0)), "*", new AlertPolicy { RaiseAt = 1.2f, ClearAt = 1 }),
    ];

    private static readonly TaskSettings Settings = new(
        new ReadingSettings { Lateness = TimeSpan.FromMilliseconds(3), MaxGap = TimeSpan.FromMilliseconds(40) }, "/predmaint/test", "readings")
    {
        ReplayMax = ReplayMax, SnapshotInterval = TimeSpan.FromMilliseconds(50), MachineTtl = TimeSpan.FromMilliseconds(120),
    };

    [Fact]
    public void Whenever_it_dies_the_published_transitions_are_those_of_a_straight_run()
    {
        var (deaths, alerts, retired) = (0, 0, 0);
        var reading = Gen.Select(Gen.Int[0, 3], Gen.Frequency((8, Gen.Int[0, 4]), (1, Gen.Int[30, 200])), Gen.Int[-6, 0], Gen.Double[0, 1]);
        Gen.Select(reading.Array[1, 150], Gen.Int).Sample((readings, seed) =>
        {
            var random = new Random(seed);
            var log = Log(readings);
            var straight = new World(log);
            straight.Begin();
            straight.Admit(log.Count);
            straight.Commit();
            var world = new World(log);
            world.Begin();
            while (world.Task.Position < log.Count)
            {
                world.Admit(random.Next(1, 6));
                // An abort is said again by a later commit.
                if (random.Next(8) == 0) world.Task.Prepare();
                if (random.Next(2) == 0) world.Commit();
                if (random.Next(6) != 0) continue;
                deaths++;
                world.Begin();
                Assert.True(world.Replayed <= ReplayMax + 10, $"{world.Replayed} readings replayed");
            }
            world.Commit();
            Assert.Equal(straight.Published.Order(StringComparer.Ordinal), world.Published.Order(StringComparer.Ordinal));
            alerts += world.Published.Count;
            retired += world.Published.Count(p => p.Contains("\"retired\"", StringComparison.Ordinal));
        }, iter: 3000, threads: 1);
        Assert.True(deaths > 1000 && alerts > 1000 && retired > 50, $"{deaths} deaths, {alerts} alerts, {retired} by retirement prove little");
    }

    [Fact]
    public void Whenever_it_dies_each_command_is_carried_out_once_and_in_its_place()
    {
        var (deaths, resets, letters, alone) = (0, 0, 0, 0);
        var reading = Gen.Select(Gen.Int[0, 3], Gen.Frequency((40, Gen.Int[0, 4]), (1, Gen.Int[30, 200])), Gen.Int[-6, 0], Gen.Double[0.4, 1]);
        // Machine 4 has no readings; the place is that of the reading that follows.
        var command = Gen.Select(Gen.Int[0, 100], Gen.Int[0, 4]);
        Gen.Select(reading.Array[20, 100], command.Array[1, 12], Gen.Int).Sample((readings, commands, seed) =>
        {
            var random = new Random(seed);
            var log = Log(readings);
            List<(int At, string Machine)> orders = [.. commands.OrderBy(c => c.Item1).Select(c => (Math.Min(c.Item1, log.Count), $"m{c.Item2}"))];
            var straight = new World(log) { Commands = orders };
            straight.Begin();
            straight.Admit(log.Count);
            straight.CarryOut();
            straight.Commit();
            var world = new World(log) { Commands = orders };
            world.Begin();
            while (world.Task.Position < log.Count || world.Task.CommandsPosition < orders.Count || world.Task.IsDirty)
            {
                if (random.Next(3) == 0) world.CarryOut();
                else world.Admit(random.Next(1, 4));
                if (random.Next(8) == 0) world.Task.Prepare();
                if (random.Next(2) == 0 && world.Task.IsDirty)
                {
                    if (!world.Task.Prepare().MovesOffset) alone++;
                    world.Commit();
                    Assert.False(world.Task.IsDirty);
                }
                if (random.Next(5) != 0) continue;
                deaths++;
                world.Begin();
            }
            Assert.Equal(straight.Published.Order(StringComparer.Ordinal), world.Published.Order(StringComparer.Ordinal));
            resets += world.Published.Count(p => p.Contains("\"reason\":\"reset\"", StringComparison.Ordinal));
            letters += world.Published.Count(p => p.StartsWith("unknownMachine", StringComparison.Ordinal));
        }, iter: 3000, threads: 1);
        Assert.True(deaths > 1000 && resets > 500 && letters > 1000 && alone > 500, $"{deaths} deaths, {resets} alerts reset, {letters} dead letters, {alone} commits of commands alone prove little");
    }

    [Fact]
    public void A_reset_forgets_the_history_but_not_how_far_it_was_read()
    {
        var world = new World(Log([.. Enumerable.Repeat((0, 1, 0, 0.9), 12)])) { Commands = [(8, "m0")] };
        world.Begin();
        world.Admit(8);
        var machine = Assert.Single(world.Task.Machines);
        var (through, heard, last) = (machine.Through, machine.HeardClockUs, machine.LastOffset);
        var active = machine.Models.Count(m => m!.Alert.Active);
        Assert.True(active > 0);
        world.CarryOut();
        Assert.Equal((through, heard), (machine.Through, machine.HeardClockUs));
        Assert.All(machine.Models, m => Assert.Equal((0L, false), (m!.Steps, m.Alert.Active)));
        var commit = world.Task.Prepare();
        Assert.Equal(active, commit.Transitions.Count(t => t.Event is { Reason: "reset", Change: AlertChange.Cleared, Active: false } && t.Event.Offset == last));
        Assert.Contains(machine, commit.Snapshots);
        Assert.Equal(1, commit.Control.CommandsPosition);
    }

    [Fact]
    public void Commands_begin_at_the_end_without_state_and_those_that_were_deleted_are_counted()
    {
        var world = new World(Log([(0, 1, 0, 0.1)]));
        world.Begin(facts: new StartFacts(Topic, null, 0, 0, CommandsFirst: 3, CommandsEnd: 5));
        Assert.Equal(5, world.Task.CommandsPosition);
        world.Admit(1);
        world.Commit();
        world.Begin(facts: new StartFacts(Topic, 1, 0, 0, CommandsFirst: 7, CommandsEnd: 9));
        Assert.Equal((7L, 2L, true), (world.Task.CommandsPosition, world.Task.Counters.CommandsLost, world.Task.IsDirty));
        Assert.Contains("of another topic", Assert.Throws<StateException>(() => world.Begin(facts: new StartFacts(Topic, 1, 0, 0, 0, CommandsEnd: 4))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_retired_machine_leaves_the_state_only_when_no_replay_meets_its_readings()
    {
        // The other machine's first reading, which no snapshot holds, lies before those of the one that goes.
        var world = new World(Log([(1, 1, 0, 0), (0, 1, 0, 0.9), (0, 1, 0, 0.9), (1, 200, 0, 0), .. Enumerable.Repeat((1, 0, 0, 0.0), 2 * ReplayMax)]), rolls: false);
        world.Begin();
        world.Admit(3);
        world.Commit();
        world.Admit(1);
        Assert.Empty(world.Task.Prepare().Removed);
        world.Commit();
        world.Admit(1);
        world.Commit();
        Assert.Contains("m0", world.State.Keys);
        world.Admit(2 * ReplayMax);
        world.Commit();
        world.Commit();
        Assert.DoesNotContain("m0", world.State.Keys);
        Assert.Equal(["m1"], world.Task.Machines.Select(m => Encoding.UTF8.GetString(m.Key)));
    }

    [Fact]
    public void An_alert_whose_model_is_gone_is_cleared_at_the_first_live_reading()
    {
        var log = Log([.. Enumerable.Repeat((0, 1, 0, 0.9), 8)]);
        var world = new World(log);
        world.Begin();
        world.Admit(7);
        world.Commit();
        Assert.Contains(world.Published, p => p.Contains("window", StringComparison.Ordinal));
        world.Begin([Entries[0]]);
        Assert.DoesNotContain(world.Published, p => p.Contains("model-removed", StringComparison.Ordinal));
        world.Admit(1);
        world.Commit();
        Assert.Single(world.Published, p => p.Contains("\"reason\":\"model-removed\"", StringComparison.Ordinal) && p.Contains("window", StringComparison.Ordinal));
    }

    [Fact]
    public void Contradictions_are_refused_with_the_command_that_cures_them()
    {
        var world = new World(Log([.. Enumerable.Repeat((0, 1, 0, 0.9), 7)]));
        world.Begin();
        world.Admit(7);
        world.Commit();
        var control = ControlRecord.Read(world.State["\0control"]);
        Refused(new StartFacts(Topic, 6, 0, 0), "committed offset is 6, the state's is 7");
        Refused(new StartFacts(Guid.Empty, 7, 0, 0), "another topic");
        Refused(new StartFacts(Topic, 7, 8, 0), "deleted before they were read");
        world.State.Remove("\0control");
        Refused(new StartFacts(Topic, null, 0, 0), "no control record");
        Refused(new StartFacts(Topic, 7, 0, 0), "no control record");
        world.State["m0"][5] ^= 1;
        Assert.Contains("\"m0\" cannot be read", Assert.Throws<StateException>(() => world.Begin()).Message, StringComparison.Ordinal);
        Assert.Equal((Topic, 7L), (control.TopicId, control.Position));

        void Refused(StartFacts facts, string why)
        {
            var refusal = Assert.Throws<StateException>(() => world.Begin(facts: facts)).Message;
            Assert.Contains(why, refusal, StringComparison.Ordinal);
            Assert.Contains("state reset --partition 0", refusal, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Without_a_committed_offset_the_control_record_says_where_to_go_on_and_it_is_committed_again()
    {
        var world = new World(Log([(0, 1, 0, 0.9), (0, 1, 0, 0.9)]));
        world.Begin();
        world.Admit(2);
        world.Commit();
        world.Begin(facts: new StartFacts(Topic, null, 0, 99));
        Assert.Equal((2L, true), (world.Task.Position, world.Task.IsDirty));
    }

    [Fact]
    public void Readings_deleted_from_the_range_of_a_replay_are_counted_and_the_rest_is_replayed()
    {
        var world = new World(Log([.. Enumerable.Repeat((0, 1, 0, 0.1), 6)]));
        world.Begin();
        world.Admit(6);
        world.Commit();
        world.Begin(facts: new StartFacts(Topic, 6, 4, 0));
        Assert.Equal((4L, 2L, 6L), (world.Task.Counters.ReplayLost, world.Task.Counters.Replayed, world.Task.Position));
    }

    private static FakeModel Averaging(string name, float keep) => new(
        FakeModel.Stateful("s1") with { Name = name },
        row =>
        {
            row.SetState(0, keep * row.State(0) + (1 - keep) * row.X(0, 0));
            row.Score = keep * row.State(0) + (1 - keep) * row.X(0, 0);
        },
        new StateShape(1, 1));

    /// <summary>From machine, step of the clock, lateness and value.</summary>
    private static List<(string Machine, long TimeMs, float Value)> Log(IReadOnlyList<(int Machine, int Step, int Late, double Value)> readings)
    {
        var clock = 0L;
        return [.. readings.Select(r => ($"m{r.Machine}", (clock += r.Step) + r.Late, (float)r.Value))];
    }

    /// <summary>A partition, its compacted state and its committed offset; and the task that works on it now.</summary>
    /// <param name="rolls">False where machines are saved for their changes and for replayMax alone, none before its time.</param>
    private sealed class World(IReadOnlyList<(string Machine, long TimeMs, float Value)> log, bool rolls = true)
    {
        private readonly List<string> published = [];
        private Scorer scorer = null!;
        private long? committed;

        public PartitionTask Task { get; private set; } = null!;

        public Dictionary<string, byte[]> State { get; } = new(StringComparer.Ordinal);

        /// <summary>Each stands before the reading of an offset.</summary>
        public IReadOnlyList<(int At, string Machine)> Commands { get; init; } = [];

        public IReadOnlyList<string> Published => published;

        public long Replayed { get; private set; }

        public void Begin(ModelEntry[]? entries = null, StartFacts? facts = null)
        {
            entries ??= Entries;
            scorer = new Scorer(entries, Scorer.SensorsOf(entries), Settings.Readings, batchMax: 8, new TaskCounters());
            Task = new PartitionTask(0, rolls ? Settings : Settings with { SnapshotInterval = TimeSpan.FromDays(1) }, scorer);
            foreach (var (key, value) in State) Task.Restore(Encoding.UTF8.GetBytes(key), value, isTombstone: false);
            var from = Task.Start(facts ?? new StartFacts(Topic, committed, 0, 0, 0, committed is null ? 0 : Commands.Count));
            Replayed = Task.LiveFrom - from;
            Admit((int)Replayed);
            Assert.True(Task.IsLive);
        }

        public void Admit(int count)
        {
            for (; count > 0 && Task.Position < log.Count; count--)
            {
                CarryOut();
                var (machine, timeMs, value) = log[(int)Task.Position];
                var slot = new Reading(scorer.Sensors.Count);
                WideJsonDecoder.DecodeKey(Encoding.UTF8.GetBytes(machine), isNull: false, slot);
                (slot.TimeUs, slot.Offset) = (timeMs * 1000, Task.Position);
                Array.Fill(slot.Values, value);
                Task.Add(slot);
            }
            scorer.Score();
        }

        /// <summary>The commands that stand before the next reading.</summary>
        public void CarryOut()
        {
            for (var i = Task.CommandsPosition; Task.IsLive && i < Commands.Count && Commands[(int)i].At <= Task.Position; i++)
            {
                var machine = Commands[(int)i].Machine;
                Task.Add(Command.Read(Encoding.UTF8.GetBytes(machine), Encoding.UTF8.GetBytes(CommandTests.Json(machine)), 0, i));
            }
        }

        public void Commit()
        {
            var commit = Task.Prepare();
            published.AddRange(commit.DeadLetters.Select(l => $"{l.Reason} {l.Offset} {l.IsCommand}"));
            published.AddRange(commit.Transitions.Select(t => Encoding.UTF8.GetString(t.Json)));
            foreach (var machine in commit.Snapshots) State[Encoding.UTF8.GetString(machine.Key)] = scorer.Codec.Write(machine);
            foreach (var machine in commit.Removed) State.Remove(Encoding.UTF8.GetString(machine.Key));
            State["\0control"] = (commit.Control with { TopicId = Topic }).Write();
            committed = commit.Position;
            Task.Committed();
        }
    }
}
