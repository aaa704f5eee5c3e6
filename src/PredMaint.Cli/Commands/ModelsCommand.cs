using System.CommandLine;
using PredMaint.Cli.Output;
using PredMaint.Core.Models;
using PredMaint.Core.Settings;
using PredMaint.Onnx;

namespace PredMaint.Cli.Commands;

/// <summary><c>models</c>: what model files hold and whether they would serve (inspect), and what one does with readings (verify).</summary>
internal static class ModelsCommand
{
    public static Command Create()
    {
        var files = new Argument<string[]>("FILE") { Description = "ONNX files.", Arity = ArgumentArity.OneOrMore };
        var device = new Option<Device>("--device") { Description = "Where to load it.", DefaultValueFactory = _ => Device.Auto };
        var json = new Option<bool>("--json") { Description = "One JSON line a file." };
        var inspect = new Command("inspect", "Shows inputs, outputs, manifest and checksum of model files, and what is wrong with them.") { files, device, json };
        inspect.SetAction(parsed => Inspect(parsed.GetRequiredValue(files), parsed.GetValue(device), parsed.GetValue(json)));
        return new Command("models", "Looks into model files.") { inspect, VerifyCommand.Create() };
    }

    private static int Inspect(string[] files, Device device, bool json)
    {
        var mistakes = new List<string>();
        foreach (var file in files)
        {
            var model = OnnxModel.Inspect(file, new DeviceOptions { Device = device }, Terminal.Note);
            mistakes.AddRange(model.Mistakes);
            if (json) Terminal.WriteJsonLine(Description(model));
            else if (model.Sha256 is not null) Print(model);
        }
        return mistakes.Count == 0 ? ExitCodes.Done : Terminal.Mistakes(mistakes);
    }

    private static object Description(ModelDescription m) => new
    {
        m.File,
        m.Sha256,
        m.Provider,
        m.Inputs,
        m.Outputs,
        manifest = m.Manifest is not { } manifest ? null : new
        {
            manifest.Name,
            manifest.Version,
            kind = Fields.NameOf(manifest.Kind),
            mode = Fields.NameOf(manifest.Mode),
            alerting = Fields.NameOf(manifest.Alerting),
            manifest.Features,
            manifest.Steps,
            manifest.Warmup,
            manifest.Trained,
        },
        m.Mistakes,
    };

    private static void Print(ModelDescription model)
    {
        List<(string, string)> rows = [("file", model.File), ("sha256", model.Sha256 ?? "")];
        if (model.Provider is not null) rows.Add(("serves on", model.Provider));
        if (model.Manifest is { } m)
        {
            rows.Add(("model", $"{m.NameAndVersion}, {Fields.NameOf(m.Kind)}, {Fields.NameOf(m.Mode)}"));
            rows.Add(("alerts by", $"{Fields.NameOf(m.Alerting)}{(m.Unit.Length > 0 ? $" in {m.Unit}" : "")}, {m.Steps} steps, {m.Warmup} to warm up"));
            rows.Add(("features", $"{m.Features.Count}: {string.Join(", ", m.Features)}"));
        }
        rows.AddRange(model.Inputs.Select(t => ("input", Tensor(t))));
        rows.AddRange(model.Outputs.Select(t => ("output", Tensor(t))));
        rows.Add(("verdict", model.Mistakes.Count == 0 ? "would serve" : $"would be refused, mistakes: {model.Mistakes.Count}"));
        Terminal.Rows(rows);
        Console.Out.WriteLine();
    }

    private static string Tensor(TensorDescription t) => $"{t.Name} {t.Type} [{string.Join(", ", t.Shape.Select(d => d < 0 ? "*" : $"{d}"))}]";
}
