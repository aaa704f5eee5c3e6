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

    private static ModelOptions Model(string name) => new()
    {
        File = Path.Combine(AppContext.BaseDirectory, "Fixtures", name),
        Device = new DeviceOptions { Device = Device.Cpu },
    };
}
