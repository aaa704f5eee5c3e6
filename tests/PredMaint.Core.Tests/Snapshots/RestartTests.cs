using System.Text;
using CsCheck;
using PredMaint.Core.Alerts;
using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;
using PredMaint.Core.Snapshots;
using PredMaint.Core.Tests.Machines;
using PredMaint.Core.Tests.Models;

namespace PredMaint.Core.Tests.Snapshots;

/// <summary>A task that dies at any moment and is restored from what was committed says what one that lives says.</summary>
public class RestartTests
{
    private const int ReplayMax = World.ReplayMax;

    internal static readonly ModelEntry[] Entries =
    [
        // A slow and a fast average, by M of N with hysteresis.
        new(Averaging("slow", 0.75f), "*", new AlertPolicy { RaiseAt = 0.6f, ClearAt = 0.4f, RaiseAfter = new MOfN(2, 3), ClearAfter = new MOfN(2, 2) }),
        new(Averaging("slow", 0.5f, version: "2", warmup: 5), "*", new AlertPolicy { RaiseAt = 0.7f, ClearAt = 0.6f }) { Replaces = "window@1" },
        new(new FakeModel(FakeModel.Window(3, "s2") with { Name = "window" }, row => row.Score = row.X(0, 0) + row.X(2, 0)), "*", new AlertPolicy { RaiseAt = 1.2f, ClearAt = 1, Levels = [new(1.5f, Severity.Critical)] }),
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Whenever_it_dies_the_published_transitions_are_those_of_a_straight_run(bool modelsAreLoadedAgain)
    {
        var (deaths, alerts, retired, replaced) = (0, 0, 0, 0);
        var reading = Gen.Select(Gen.Int[0, 3], Gen.Frequency((8, Gen.Int[0, 4]), (1, Gen.Int[30, 200])), Gen.Int[-6, 0], Gen.Double[0, 1]);
        Gen.Select(reading.Array[1, 150], Gen.Int).Sample((readings, seed) =>
        {
            var random = new Random(seed);
            var log = Log(readings);
            var straight = new World(Entries, log);
            straight.Begin();
            straight.Admit(log.Count);
            straight.Commit();
            var world = new World(Entries, log, reloads: modelsAreLoadedAgain);
            world.Begin();
            while (world.Task.Position < log.Count)
            {
                world.Admit(random.Next(1, 6));
                // An abort is said again by a later commit.
                if (random.Next(8) == 0) world.Task.Prepare();
                if (modelsAreLoadedAgain && random.Next(3) == 0) world.Use(Entries);
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
            replaced += world.Published.Count(p => p.Contains("\"replaced\"", StringComparison.Ordinal));
        }, iter: 3000, threads: 1);
        Assert.True(deaths > 1000 && alerts > 1000 && retired > 50 && replaced > 50, $"{deaths} deaths, {alerts} alerts, {retired} by retirement, {replaced} by an upgrade prove little");
    }

    [Fact]
    public void A_retired_machine_leaves_the_state_only_when_no_replay_meets_its_readings()
    {
        // The other machine's first reading, which no snapshot holds, lies before those of the one that goes.
        var world = new World(Entries, Log([(1, 1, 0, 0), (0, 1, 0, 0.9), (0, 1, 0, 0.9), (1, 200, 0, 0), .. Enumerable.Repeat((1, 0, 0, 0.0), 2 * ReplayMax)]), rolls: false);
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
        var world = new World(Entries, log);
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
        var world = new World(Entries, Log([.. Enumerable.Repeat((0, 1, 0, 0.9), 7)]));
        world.Begin();
        world.Admit(7);
        world.Commit();
        var control = ControlRecord.Read(world.State["\0control"]);
        Refused(new StartFacts(World.Topics, 6, 0, 0), "committed offset is 6, the state's is 7");
        Refused(new StartFacts(World.Topics with { Readings = Guid.Empty }, 7, 0, 0), "another topic of readings");
        Refused(new StartFacts(World.Topics with { State = Guid.Empty }, 7, 0, 0), "the state topic was made anew under a worker");
        Refused(new StartFacts(World.Topics, 7, 8, 0), "deleted before they were read");
        world.State.Remove("\0control");
        Refused(new StartFacts(World.Topics, null, 0, 0), "no control record");
        Refused(new StartFacts(World.Topics, 7, 0, 0), "no control record");
        world.State["m0"][5] ^= 1;
        Assert.Contains("\"m0\" cannot be read", Assert.Throws<StateException>(() => world.Begin()).Message, StringComparison.Ordinal);
        Assert.Equal((World.Topics, 7L), (control.Topics, control.Position));

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
        var world = new World(Entries, Log([(0, 1, 0, 0.9), (0, 1, 0, 0.9)]));
        world.Begin();
        world.Admit(2);
        world.Commit();
        world.Begin(facts: new StartFacts(World.Topics, null, 0, 99));
        Assert.Equal((2L, true), (world.Task.Position, world.Task.IsDirty));
    }

    [Fact]
    public void Readings_deleted_from_the_range_of_a_replay_are_counted_and_the_rest_is_replayed()
    {
        var world = new World(Entries, Log([.. Enumerable.Repeat((0, 1, 0, 0.1), 6)]));
        world.Begin();
        world.Admit(6);
        world.Commit();
        world.Begin(facts: new StartFacts(World.Topics, 6, 4, 0));
        Assert.Equal((4L, 2L, 6L), (world.Task.Counters.ReplayLost, world.Task.Counters.Replayed, world.Task.Position));
    }

    private static FakeModel Averaging(string name, float keep, string version = "1", int warmup = 0) => new(
        FakeModel.Stateful("s1") with { Name = name, Version = version, Warmup = warmup },
        row =>
        {
            row.SetState(0, keep * row.State(0) + (1 - keep) * row.X(0, 0));
            row.Score = keep * row.State(0) + (1 - keep) * row.X(0, 0);
        },
        new StateShape(1, 1));

    /// <summary>From machine, step of the clock, lateness and value.</summary>
    internal static List<(string Machine, long TimeMs, float Value)> Log(IReadOnlyList<(int Machine, int Step, int Late, double Value)> readings)
    {
        var clock = 0L;
        return [.. readings.Select(r => ($"m{r.Machine}", (clock += r.Step) + r.Late, (float)r.Value))];
    }
}
