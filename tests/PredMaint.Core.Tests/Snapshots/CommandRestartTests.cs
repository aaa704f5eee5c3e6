using CsCheck;
using PredMaint.Core.Alerts;
using PredMaint.Core.Machines;
using PredMaint.Core.Snapshots;

namespace PredMaint.Core.Tests.Snapshots;

/// <summary>As with readings, so with commands: a task that dies at any moment neither repeats nor loses one.</summary>
public class CommandRestartTests
{
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
            var log = RestartTests.Log(readings);
            List<(int At, string Machine)> orders = [.. commands.OrderBy(c => c.Item1).Select(c => (Math.Min(c.Item1, log.Count), $"m{c.Item2}"))];
            var straight = new World(RestartTests.Entries, log) { Commands = orders };
            straight.Begin();
            straight.Admit(log.Count);
            straight.CarryOut();
            straight.Commit();
            var world = new World(RestartTests.Entries, log) { Commands = orders };
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
            Assert.Equal(straight.DeadLetters.Select(l => (l.Reason, l.Offset)), world.DeadLetters.Select(l => (l.Reason, l.Offset)));
            resets += world.Published.Count(p => p.Contains("\"reason\":\"reset\"", StringComparison.Ordinal));
            letters += world.DeadLetters.Count;
        }, iter: 3000, threads: 1);
        Assert.True(deaths > 1000 && resets > 500 && letters > 1000 && alone > 500, $"{deaths} deaths, {resets} alerts reset, {letters} dead letters, {alone} commits of commands alone prove little");
    }

    [Fact]
    public void A_reset_forgets_the_history_but_not_how_far_it_was_read()
    {
        var world = new World(RestartTests.Entries, RestartTests.Log([.. Enumerable.Repeat((0, 1, 0, 0.9), 12)])) { Commands = [(8, "m0")] };
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
    public void Commands_begin_where_they_are_told_to_without_state_and_those_that_were_deleted_are_counted()
    {
        var world = new World(RestartTests.Entries, RestartTests.Log([(0, 1, 0, 0.1)]));
        world.Begin(facts: new StartFacts(World.Topics, null, 0, 0, CommandsFirst: 3, CommandsEnd: 5, CommandsStartAt: 5));
        Assert.Equal(5, world.Task.CommandsPosition);
        world.Admit(1);
        world.Commit();
        world.Begin(facts: new StartFacts(World.Topics, 1, 0, 0, CommandsFirst: 7, CommandsEnd: 9));
        Assert.Equal((7L, 2L, true), (world.Task.CommandsPosition, world.Task.Counters.CommandsLost, world.Task.IsDirty));
        Assert.Contains("of another topic", Assert.Throws<StateException>(() => world.Begin(facts: new StartFacts(World.Topics, 1, 0, 0, 0, CommandsEnd: 4))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_commands_topic_that_was_made_anew_every_command_is_carried_out()
    {
        var world = new World(RestartTests.Entries, RestartTests.Log([(0, 1, 0, 0.1)]));
        world.Begin(facts: new StartFacts(World.Topics, null, 0, 0, CommandsFirst: 3, CommandsEnd: 5, CommandsStartAt: 5));
        world.Admit(1);
        world.Commit();
        world.Begin(facts: new StartFacts(World.Topics with { Commands = Guid.Empty }, 1, 0, 0, CommandsFirst: 0, CommandsEnd: 4));
        Assert.Equal((0L, 0L), (world.Task.CommandsPosition, world.Task.Counters.CommandsLost));
    }
}
