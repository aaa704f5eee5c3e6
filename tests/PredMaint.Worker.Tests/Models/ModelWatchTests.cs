using Microsoft.Extensions.Logging;
using PredMaint.Core.Models;
using PredMaint.Onnx;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Models;
using PredMaint.Worker.Tests.Line;

namespace PredMaint.Worker.Tests.Models;

public sealed class ModelWatchTests : IDisposable
{
    private readonly ModelFolder folder = new();
    private readonly LogKeeper logs = new();
    private ModelShelf shelf = new([]);
    private ModelWatch watch = null!;

    [Fact]
    public void Files_that_did_not_change_are_not_loaded_again()
    {
        Watch(Options(folder.Put("m")));
        var before = shelf.Current;
        Look(times: 5);
        File.SetLastWriteTimeUtc(folder.PathOf("m.onnx"), new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Look(times: 5);
        Assert.Same(before, shelf.Current);
        Assert.Equal("", logs.Text);
    }

    [Fact]
    public void A_changed_file_is_loaded_in_place_of_the_old_one()
    {
        Watch(Options(folder.Put("m")), Options(folder.Put("other", version: "7")) with { Machines = "x*" });
        var before = shelf.Current;
        folder.Put("m", version: "2", weights: 1);
        Look();
        var after = shelf.Current;
        Assert.Equal("stateful@2", after[0].Manifest.NameAndVersion);
        // What did not change is the same model, not another one of the same file.
        Assert.Same(before[1].Model, after[1].Model);
        Assert.StartsWith(
            $"predmaint: Model stateful@2 (sha256 {after[0].Model.Sha256}) loaded in place of stateful@1 (sha256 {before[0].Model.Sha256})",
            Assert.Single(logs.AtLeast(LogLevel.Information)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_manifest_beside_the_file_is_a_change()
    {
        Watch(Options(folder.Put("m")));
        folder.Put("m", version: "3");
        Look();
        Assert.Equal("stateful@3", shelf.Current[0].Manifest.NameAndVersion);
    }

    [Fact]
    public void What_does_not_load_is_refused_once_and_what_follows_is_loaded()
    {
        Watch(Options(folder.Put("m")));
        var before = shelf.Current;
        folder.Put("m.onnx", [1, 2, 3]);
        Look(times: 10);
        Assert.Same(before, shelf.Current);
        var line = Assert.Single(logs.AtLeast(LogLevel.Warning));
        Assert.Matches("stateful@1 goes on serving: models\\[0\\]: .*m.onnx: is not a model that ONNX Runtime loads", line);
        // The same again, and another one that will not do.
        folder.Put("m.onnx", [1, 2, 3]);
        Look();
        Assert.Single(logs.AtLeast(LogLevel.Warning));
        File.Delete(folder.PathOf("m.onnx"));
        Look(times: 10);
        Assert.Equal(2, logs.AtLeast(LogLevel.Warning).Count);
        Assert.Single(shelf.Refused);
        folder.Put("m", version: "2");
        Look();
        Assert.Equal("stateful@2", shelf.Current[0].Manifest.NameAndVersion);
        Assert.Empty(shelf.Refused);
    }

    [Fact]
    public void What_was_refused_is_refused_aloud_again_after_the_file_had_been_put_right()
    {
        Watch(Options(folder.Put("m")));
        for (var i = 1; i <= 3; i++)
        {
            folder.Put("m.onnx", [1, 2, 3]);
            Look();
            Assert.Equal((i, 1), (logs.AtLeast(LogLevel.Warning).Count, shelf.Refused.Count));
            folder.Put("m");
            Look();
            Assert.Empty(shelf.Refused);
            Assert.Equal("predmaint: The file of model stateful@1 holds again what serves", logs.AtLeast(LogLevel.Information)[^1]);
        }
    }

    [Fact]
    public void Two_ways_in_which_a_file_cannot_be_read_are_both_said()
    {
        Watch(Options(folder.Put("m")));
        File.Delete(folder.PathOf("m.onnx"));
        Look();
        folder.Put("m");
        File.Delete(folder.PathOf("m.json"));
        Look();
        Assert.Equal(2, logs.AtLeast(LogLevel.Warning).Count);
    }

    [Fact]
    public void A_file_that_has_not_the_configured_digest_is_refused()
    {
        var options = Options(folder.Put("m"));
        Watch(options with { Sha256 = ModelFiles.Read(options.File, [])!.Sha256 });
        var before = shelf.Current;
        folder.Put("m", weights: 4);
        Look();
        Assert.Same(before, shelf.Current);
        Assert.Contains("the configuration wants", logs.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_contradicts_the_other_models_is_refused_until_they_agree()
    {
        Watch(Options(folder.Put("m")), Options(folder.Put("n", version: "2")));
        folder.Put("m", version: "2");
        Look(times: 5);
        Assert.Equal(["stateful@1", "stateful@2"], shelf.Current.Select(e => e.Manifest.NameAndVersion));
        Assert.Contains("stateful@2 is there for the machines * and *, which overlap", Assert.Single(logs.AtLeast(LogLevel.Warning)), StringComparison.Ordinal);
        Assert.Single(shelf.Refused);
        folder.Put("n", version: "3");
        Look();
        Assert.Equal(["stateful@2", "stateful@3"], shelf.Current.Select(e => e.Manifest.NameAndVersion));
        Assert.Empty(shelf.Refused);
    }

    [Fact]
    public void One_file_that_will_not_do_does_not_hold_up_another()
    {
        Watch(Options(folder.Put("m")), Options(folder.Put("n", version: "2")));
        folder.Put("m.onnx", [1]);
        folder.Put("n", version: "3");
        Look();
        Assert.Equal(["stateful@1", "stateful@3"], shelf.Current.Select(e => e.Manifest.NameAndVersion));
    }

    [Fact]
    public void A_file_that_is_still_being_written_is_left_alone()
    {
        Watch(Options(folder.Put("m")));
        Look();
        for (var written = 1; written < 10; written++)
        {
            File.WriteAllBytes(folder.PathOf("m.onnx"), new byte[written]);
            watch.Look();
        }
        Assert.Equal("", logs.Text);
    }

    /// <summary>Its volumes lead by a link to a folder that is put in the place of the last one.</summary>
    [Fact]
    public void A_volume_of_Kubernetes_that_was_updated_is_a_change()
    {
        foreach (var version in new[] { "1", "2" })
        {
            var file = folder.Put("m", version);
            var place = Directory.CreateDirectory(folder.PathOf($"..{version}")).FullName;
            File.Move(file, Path.Combine(place, "m.onnx"));
            File.Move(Path.ChangeExtension(file, ".json"), Path.Combine(place, "m.json"));
        }
        Directory.CreateSymbolicLink(folder.PathOf("..data"), "..1");
        foreach (var name in new[] { "m.onnx", "m.json" }) File.CreateSymbolicLink(folder.PathOf(name), $"..data/{name}");
        Watch(Options(folder.PathOf("m.onnx")));
        Look();
        Directory.Delete(folder.PathOf("..data"));
        Directory.CreateSymbolicLink(folder.PathOf("..data"), "..2");
        Look();
        Assert.Equal("stateful@2", shelf.Current[0].Manifest.NameAndVersion);
    }

    public void Dispose()
    {
        shelf.Clear();
        folder.Dispose();
    }

    private static ModelOptions Options(string file) => new() { File = file, Device = new DeviceOptions { Device = Device.Cpu } };

    private void Watch(params ModelOptions[] options)
    {
        var (entries, mistakes) = ModelLoading.Load(options, _ => { });
        Assert.Empty(mistakes);
        shelf = new ModelShelf(entries!);
        watch = new ModelWatch(options, shelf, logs.CreateLogger("predmaint"));
        Look();
    }

    /// <summary>A change counts when it has stood still from one look to the next.</summary>
    private void Look(int times = 2)
    {
        for (var i = 0; i < times; i++) watch.Look();
    }
}
