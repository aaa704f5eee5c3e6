using PredMaint.Core.Models;
using PredMaint.Core.Tests.Models;
using PredMaint.Core.Tests.Snapshots;

namespace PredMaint.Core.Tests.Machines;

/// <summary>Other models take a task over that lives: what is held is kept, what machines remember goes where it belongs.</summary>
public class ReloadTests
{
    [Fact]
    public void What_is_held_for_a_commit_is_said_once_and_nothing_of_it_is_lost()
    {
        var world = Begun([Entry("1")], admitted: 6);
        Assert.True(world.Task.HasTransitions);
        world.Task.Prepare();
        world.Use([Entry("1")]);
        world.Commit();
        world.Commit();
        Assert.Equal(["raised m@1 score"], Said(world));
        Assert.Contains("m0", world.State.Keys);
        Assert.Equal(6, world.Task.Position);
    }

    [Fact]
    public void Under_other_weights_history_starts_anew_and_the_alert_stays()
    {
        var world = Begun([Entry("1")], admitted: 6);
        world.Use([Entry("1", sha256: "11ee")]);
        var model = world.Task.Machines.Single().Models[0]!;
        Assert.Equal((0, true), (model.Steps, model.Alert.Active));
        world.Admit(1);
        world.Commit();
        Assert.Equal(["raised m@1 score"], Said(world));
        Assert.Equal(1, model.Steps);
    }

    [Fact]
    public void The_alert_of_another_version_is_cleared_at_the_next_reading()
    {
        var world = Begun([Entry("1")], admitted: 6);
        world.Use([Entry("2", raiseAt: 9)]);
        Assert.Single(world.Task.Machines.Single().Orphans!);
        world.Admit(1);
        world.Commit();
        Assert.Equal(["raised m@1 score", "cleared m@1 model-removed"], Said(world));
    }

    [Fact]
    public void A_model_of_other_sensors_reads_them_from_now_on()
    {
        var world = Begun([Entry("1")], admitted: 6);
        world.Use([TestLine.Entry(Model("2", features: ["s7", "s1"]))]);
        var machine = world.Task.Machines.Single();
        // The sensors are numbered anew: s1 keeps its last value, s7 has none yet.
        Assert.Equal([float.NaN, 1], machine.Last);
        // Three readings were held back to be ordered; they were read without s7.
        world.Admit(4);
        Assert.Equal(1, machine.Models[0]!.Steps);
        world.Commit();
    }

    [Fact]
    public void A_machine_that_is_not_yet_saved_is_saved_as_it_is_after_the_change()
    {
        var world = Begun([Entry("1")], admitted: 6);
        world.Use([Entry("2", raiseAt: 9)]);
        world.Commit();
        world.Begin([Entry("2", raiseAt: 9)]);
        Assert.Equal("m@1", Assert.Single(world.Task.Machines.Single().Orphans!).Model.NameAndVersion);
    }

    private static World Begun(ModelEntry[] entries, int admitted)
    {
        var world = new World(entries, [.. Enumerable.Range(0, 12).Select(i => ("m0", (long)i, 1f))], rolls: false);
        world.Begin();
        world.Admit(admitted);
        return world;
    }

    private static FakeModel Model(string version, string sha256 = FakeModel.FakeSha256, params string[] features) =>
        new(FakeModel.Window(1, features is [] ? ["s1"] : features) with { Name = "m", Version = version }, row => row.Score = row.X(0, 0)) { Sha256 = sha256 };

    private static ModelEntry Entry(string version, string sha256 = FakeModel.FakeSha256, float raiseAt = 0.5f) => TestLine.Entry(Model(version, sha256), raiseAt);

    private static IEnumerable<string> Said(World world) => world.Transitions.Select(t => $"{t.Type["predmaint.alert.".Length..]} {t.Model.NameAndVersion} {t.Reason}");
}
