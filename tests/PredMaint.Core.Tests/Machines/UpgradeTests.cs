using System.Text;
using PredMaint.Core.Alerts;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;
using PredMaint.Core.Tests.Models;
using PredMaint.Core.Tests.Snapshots;

namespace PredMaint.Core.Tests.Machines;

/// <summary>A new version of a model takes over from the old one, machine by machine, in either direction of a rolling deployment.</summary>
public class UpgradeTests
{
    private static readonly ReadingSettings Settings = new() { MaxGap = TimeSpan.FromMilliseconds(100) };

    [Fact]
    public void The_new_one_is_silent_while_it_warms_up_and_then_mutes_the_old_one()
    {
        var line = Line(1, Old(), New(warmup: 3));
        // From its fourth step on, at 3, the new one has scores; what it says of the same readings is another thing.
        Play(line, (0, 1), (1, 0), (2, 1), (3, 0), (4, 1), (5, 2), (6, 1), (7, 0));
        Assert.Equal(
            ["raised old@1 0 score", "cleared old@1 1 score", "raised old@1 2 score", "cleared old@1 3 replaced", "raised old@2 5 score", "cleared old@2 6 score"],
            Said(line));
    }

    [Fact]
    public void An_alert_that_the_old_one_has_when_its_successor_takes_over_is_cleared_at_that_very_reading()
    {
        var line = Line(8, New(warmup: 2), Old());
        Play(line, (0, 1), (1, 1), (2, 1), (3, 1));
        var cleared = line.Transitions[1].Event;
        Assert.Equal(["raised old@1 0 score", "cleared old@1 2 replaced"], Said(line));
        Assert.Equal((AlertChange.Cleared, false, 2L, 0L), (cleared.Change, cleared.Active, cleared.Offset, cleared.OnsetUs));
        Assert.Null(cleared.Score);
    }

    [Fact]
    public void A_gap_does_not_give_the_old_one_its_voice_back()
    {
        var line = Line(8, Old(), New(warmup: 2));
        Play(line, (0, 0), (1, 0), (2, 0), (1000, 1), (1001, 1), (1002, 2));
        Assert.Equal(["raised old@2 1002 score"], Said(line));
    }

    [Fact]
    public void A_machine_that_is_started_anew_keeps_its_model_even_if_its_clock_goes_back()
    {
        var line = Line(8, Old(), New(warmup: 2));
        Play(line, (100, 0), (101, 0), (102, 0));
        line.Machines.Single().Clear(keepsTakeOvers: true);
        Play(line, (1, 1), (2, 1), (3, 2));
        Assert.Equal(["raised old@2 3 score"], Said(line));
    }

    [Fact]
    public void A_score_that_is_not_finite_does_not_take_over()
    {
        var line = Line(8, Old(), New(warmup: 0));
        Play(line, (0, float.PositiveInfinity), (1, 0));
        Assert.Equal(1_000, line.Machines.Single().Models[1]!.TookOverUs);
    }

    [Fact]
    public void Machines_take_over_one_by_one_and_only_those_of_both_globs()
    {
        var line = Line(8, Old(), New(warmup: 1, machines: "m*"));
        foreach (var (machine, time) in new[] { ("m1", 0), ("x1", 0), ("m1", 1), ("x1", 1), ("m2", 1) }) line.Read(machine, time, 1);
        Assert.Equal(["raised old@1 0 score", "raised old@1 0 score", "cleared old@1 1 replaced", "raised old@1 1 score"], Said(line));
    }

    [Fact]
    public void Of_a_chain_the_last_one_speaks()
    {
        var line = Line(8, Old(), New(warmup: 4), Entry(Model("3", warmup: 2), raiseAt: 2.5f, replaces: "old@2"));
        Play(line, (0, 1), (1, 1), (2, 1), (3, 2), (4, 1), (5, 2), (6, 3), (7, 1));
        // The second never spoke: when it had warmed up, its own successor had taken over.
        Assert.Equal(["raised old@1 0 score", "cleared old@1 2 replaced", "raised old@3 6 score", "cleared old@3 7 score"], Said(line));
    }

    [Fact]
    public void It_takes_over_where_the_old_one_is_not_at_work_for_an_owner_where_it_is()
    {
        var line = Line(8, New(warmup: 0));
        Play(line, (0, 2));
        Assert.Equal(["raised old@2 0 score"], Said(line));
        Assert.Equal(0, line.Machines.Single().Models[0]!.TookOverUs);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(64)]
    public void Batches_do_not_matter(int batchMax)
    {
        IReadOnlyList<string> Run(int size)
        {
            var line = Line(size, Old(), New(warmup: 5));
            var random = new Random(3);
            for (var i = 0; i < 200; i++) line.Read($"m{random.Next(5)}", i, random.Next(4));
            return line.Json();
        }
        Assert.Equal(Run(8), Run(batchMax));
    }

    [Fact]
    public void New_then_old_then_new_each_goes_on_where_it_was()
    {
        ModelEntry[] before = [Old()], after = [Old(), New(warmup: 2)];
        // Held back to be ordered, the last three readings are no steps yet.
        var world = new World(after, [.. Values(1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2)]);
        Roll(before, 4);
        Assert.Equal(["raised old@1 score"], Said(world));
        // It warms up, takes over, and raises its own.
        Roll(after, 4);
        Assert.Equal(["cleared old@1 replaced", "raised old@2 score"], Said(world).Skip(1));
        // The old worker does not know it: its alert goes, and the old model, which never ceased to count, speaks at once.
        Roll(before, 1);
        Assert.Equal(["cleared old@2 model-removed", "raised old@1 score"], Said(world).Skip(3));
        // Back again: nothing has to be warmed up.
        Roll(after, 1);
        Assert.Equal(["cleared old@1 replaced", "raised old@2 score"], Said(world).Skip(5));
        // The rollout is over and the old entry goes.
        Roll([after[1]], 2);
        Assert.Equal(7, world.Published.Count);
        Assert.Single(world.Task.Machines.Single().Orphans!);

        void Roll(ModelEntry[] entries, int readings)
        {
            world.Begin(entries);
            world.Admit(readings);
            world.Commit();
        }
    }

    [Fact]
    public void A_machine_is_saved_when_its_model_takes_over_though_no_message_says_so()
    {
        ModelEntry[] entries = [Old(), New(warmup: 1)];
        var world = new World(entries, [.. Values(0, 0, 0, 0, 0, 0, 0, 0)], rolls: false);
        world.Begin();
        world.Admit(5);
        world.Commit();
        Assert.Equal([], world.Published);
        Assert.Contains("m0", world.State.Keys);
    }

    [Fact]
    public void A_replay_hands_nothing_over()
    {
        var world = new World([Old()], [.. Values(0, 0, 0, 0, 0, 0, 0, 0)], rolls: false);
        world.Begin();
        world.Admit(7);
        world.Commit();
        // No snapshot holds the machine: the new one warms up on what is replayed, and waits for a live reading.
        world.Begin([Old(), New(warmup: 2)]);
        Assert.Equal(long.MaxValue, world.Task.Machines.Single().Models[1]!.TookOverUs);
        world.Admit(1);
        Assert.NotEqual(long.MaxValue, world.Task.Machines.Single().Models[1]!.TookOverUs);
    }

    [Fact]
    public void The_alert_of_a_model_that_is_gone_and_replaced_says_so()
    {
        var world = new World([Old()], [.. Values(1, 1, 1, 1, 1, 1, 1, 1)]);
        world.Begin();
        world.Admit(6);
        world.Commit();
        world.Begin([New(warmup: 9)]);
        world.Admit(1);
        world.Commit();
        Assert.Equal(["raised old@1 score", "cleared old@1 replaced"], Said(world));
    }

    private static FakeModel Model(string version, int warmup = 0) =>
        new(FakeModel.Window(1, "s1") with { Name = "old", Version = version, Warmup = warmup }, row => row.Score = row.X(0, 0));

    private static ModelEntry Old() => TestLine.Entry(Model("1"));

    private static ModelEntry New(int warmup, string machines = "*") => Entry(Model("2", warmup), 1.5f, "old@1", machines);

    private static ModelEntry Entry(FakeModel model, float raiseAt, string replaces, string machines = "*") =>
        TestLine.Entry(model, raiseAt, machines) with { Replaces = replaces };

    private static TestLine Line(int batchMax, params ModelEntry[] entries) => new(Settings, batchMax, entries);

    private static void Play(TestLine line, params (long TimeMs, float Value)[] readings)
    {
        foreach (var (time, value) in readings) line.Read("m1", time, value);
        line.Flush();
    }

    private static IEnumerable<(string, long, float)> Values(params float[] values) => values.Select((value, i) => ("m0", (long)i, value));

    private static IEnumerable<string> Said(TestLine line)
    {
        line.Flush();
        return line.Transitions.Select(t => $"{t.Event.Type["predmaint.alert.".Length..]} {t.Event.Model.NameAndVersion} {t.Event.TimeUs / 1000} {t.Event.Reason}");
    }

    private static IEnumerable<string> Said(World world) => world.Transitions.Select(t => $"{t.Type["predmaint.alert.".Length..]} {t.Model.NameAndVersion} {t.Reason}");
}
