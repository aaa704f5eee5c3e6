using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;
using PredMaint.Core.Tests.Machines;
using PredMaint.Core.Tests.Models;

namespace PredMaint.Core.Tests.Snapshots;

/// <summary>A worker goes on with state that one of another configuration left.</summary>
public sealed class OtherSettingsTests
{
    private static readonly ModelEntry Model = TestLine.Entry(new FakeModel(FakeModel.Stateful("s1"), row =>
    {
        row.SetState(0, row.State(0) + 1);
        row.Score = 0;
    }, new StateShape(1, 1)));

    private static ReadingSettings Settings(int latenessMs = 0, int everyMs = 0) => new()
    {
        Lateness = TimeSpan.FromMilliseconds(latenessMs), MaxGap = TimeSpan.FromMilliseconds(40), Every = TimeSpan.FromMilliseconds(everyMs),
    };

    private static Machine Machine(World world) => world.Task.Machines.Single();

    [Fact]
    public void Readings_that_were_held_back_go_on_when_nothing_is_held_back_any_more()
    {
        var world = Play(Settings(latenessMs: 30), [.. EveryTenMs(20)], admit: 19);
        Assert.Equal(3, Machine(world).Held!.Count);
        world.Readings = Settings();
        world.Begin();
        world.Admit(1);
        Assert.Empty(Machine(world).Held!);
        Assert.Equal(20, Machine(world).Models[0]!.Steps);
        Assert.Equal(190_000, Machine(world).LastTimeUs);
    }

    [Fact]
    public void A_grid_that_was_switched_off_does_not_make_up_for_the_time_between()
    {
        var world = Play(Settings(everyMs: 5), [.. EveryTenMs(90)], admit: 20);
        world.Readings = Settings();
        world.Begin();
        world.Admit(60);
        world.Commit();
        world.Readings = Settings(everyMs: 5);
        world.Begin();
        var before = world.Task.Counters.Steps;
        world.Admit(1);
        Assert.InRange(world.Task.Counters.Steps - before, 1, 40 / 5);
    }

    [Fact]
    public void A_grid_of_another_width_has_its_own_points()
    {
        var world = Play(Settings(everyMs: 5), [.. EveryTenMs(20), 210], admit: 20);
        world.Readings = Settings(everyMs: 20);
        world.Begin();
        world.Admit(1);
        Assert.Equal(220_000, Machine(world).NextGridUs);
    }

    [Fact]
    public void A_model_that_comes_back_after_a_gap_begins_anew()
    {
        var world = Play(Settings(), [.. EveryTenMs(20), 400, 410], admit: 20);
        Assert.Equal(20, Machine(world).Models[0]!.Steps);
        world.Begin([TestLine.Entry(new FakeModel(FakeModel.Stateful("s1") with { Name = "other" }, row => row.Score = 0, new StateShape(1, 1)))]);
        world.Admit(1);
        world.Commit();
        world.Begin();
        world.Admit(1);
        Assert.Equal(1, Machine(world).Models[0]!.Steps);
        Assert.Equal(1, Machine(world).Models[0]!.Memory[0]);
    }

    private static IEnumerable<long> EveryTenMs(int count) => Enumerable.Range(0, count).Select(i => 10L * i);

    /// <summary>Up to a commit that saves the machine, where more was admitted than a restore may replay.</summary>
    private static World Play(ReadingSettings settings, long[] timesMs, int admit)
    {
        var world = new World([Model], [.. timesMs.Select(t => ("m0", t, 1f))]) { Readings = settings };
        world.Begin();
        world.Admit(admit);
        world.Commit();
        return world;
    }
}
