using PredMaint.Core.Alerts;
using PredMaint.Onnx;
using PredMaint.Worker.Configuration;

namespace PredMaint.Worker.Tests.Configuration;

public sealed class ModelLoadingTests
{
    private static readonly ModelOptions Window = Model("win.onnx");

    [Fact]
    public void The_configuration_lies_over_the_manifest_key_by_key()
    {
        var said = new List<string>();
        var (entries, mistakes) = ModelLoading.Load(
            [Window with { Machines = "line1-*", Alert = new AlertPolicyKeys { RaiseAt = 0.5, Severity = Severity.Critical } }, Model("stateful.onnx")], said.Add);
        Assert.Empty(mistakes);
        Assert.Equal(["window@1", "stateful@1"], entries!.Select(e => e.Manifest.NameAndVersion));
        Assert.Equal((0.5f, 0.045f, Severity.Critical, false),
            (entries![0].Policy.RaiseAt, entries[0].Policy.ClearAt, entries[0].Policy.Severity, entries[0].Policy.RaiseBelow));
        Assert.Equal((true, false), (entries[0].Matches("line1-7"), entries[0].Matches("line2-7")));
        Assert.Equal(["models[0]: window@1 on cpu", "models[1]: stateful@1 on cpu"], said);
        foreach (var entry in entries) entry.Model.Dispose();
    }

    [Fact]
    public void Every_mistake_of_every_model_is_told()
    {
        var (entries, mistakes) = ModelLoading.Load(
            [
                Window with { Sha256 = new string('0', 64) }, Model("absent.onnx"), Window with { Alert = new AlertPolicyKeys { ClearAt = 0.9 } },
                Window with { Replaces = "window@1" }, Window, Window with { Alert = new AlertPolicyKeys { RaiseAt = 0.9 } },
            ], _ => { });
        Assert.Null(entries);
        string[] expected =
        [
            @"models\[0\]: .*has the sha256 .*, the configuration wants 0+", @"models\[1\]: .*absent.onnx: the model cannot be read: .*",
            @"models\[2\].alert.clearAt: is 0.9, must be at or below raiseAt.*", @"models\[3\].replaces: is window@1, this model itself",
            @"models: window@1 is there for the machines \* and \*, which overlap; .*",
        ];
        Assert.Equal(expected.Length, mistakes.Count);
        foreach (var (pattern, mistake) in expected.Zip(mistakes)) Assert.Matches($"^{pattern}$", mistake);
    }

    [Fact]
    public void A_model_takes_over_from_one_that_is_there_or_was()
    {
        using var folder = new ConfigurationFolder();
        var said = new List<string>();
        var (entries, mistakes) = ModelLoading.Load([Window, Version(folder, "2", "window@1"), Version(folder, "3", "gone@7")], said.Add);
        Assert.Empty(mistakes);
        Assert.Equal(["", "window@1", "gone@7"], entries!.Select(e => e.Replaces));
        Assert.Equal("window@3 replaces gone@7, which is not among the models: there is nothing to take over from", said[^1]);
        foreach (var entry in entries!) entry.Model.Dispose();
    }

    [Fact]
    public void Who_takes_over_from_whom_must_be_clear()
    {
        using var folder = new ConfigurationFolder();
        Assert.Equal(
            ["models: window@2 and window@3 both replace window@1, for the machines * and *, which overlap; one model takes over from another"],
            Refused(Window, Version(folder, "2", "window@1"), Version(folder, "3", "window@1")));
        Assert.Equal(
            [
                "models: window@2 replaces window@3, which in turn is replaced by others that window@2 replaces; each would mute the other",
                "models: window@3 replaces window@2, which in turn is replaced by others that window@3 replaces; each would mute the other",
            ],
            Refused(Version(folder, "2", "window@3"), Version(folder, "3", "window@2"), Window));
    }

    private static IReadOnlyList<string> Refused(params ModelOptions[] models)
    {
        var (entries, mistakes) = ModelLoading.Load(models, _ => { });
        Assert.Null(entries);
        return mistakes;
    }

    /// <summary>The window model under another version.</summary>
    private static ModelOptions Version(ConfigurationFolder folder, string version, string replaces)
    {
        var file = Path.Combine(folder.Path, $"window-{version}.onnx");
        File.Copy(Window.File, file, overwrite: true);
        folder.Write($"window-{version}.json", File.ReadAllText(Path.ChangeExtension(Window.File, ".json")).Replace("\"version\": \"1\"", $"\"version\": \"{version}\"", StringComparison.Ordinal));
        return Window with { File = file, Replaces = replaces };
    }

    private static ModelOptions Model(string name) => new()
    {
        File = Path.Combine(AppContext.BaseDirectory, "Fixtures", name),
        Device = new DeviceOptions { Device = Device.Cpu },
    };
}
