using System.CommandLine;
using System.Globalization;
using PredMaint.Cli.Output;
using PredMaint.Core.Alerts;
using PredMaint.Core.Models;
using PredMaint.Core.Settings;
using PredMaint.Onnx;

namespace PredMaint.Cli.Commands;

/// <summary><c>models verify FILE --input FILE...</c>: runs a model on sample readings and shows inputs, state, outputs, alerts and speed.</summary>
internal static class VerifyCommand
{
    private const int ShownFaults = 5;

    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "ONNX file." };
        var inputs = new Option<string[]>("--input") { Description = "Sample readings: JSON lines or CSV (machineId,timestamp,SENSOR,...), plain or gzip.", Required = true, HelpName = "FILE", AllowMultipleArgumentsPerToken = true };
        var device = new Option<Device>("--device") { Description = "Where to run it.", DefaultValueFactory = _ => Device.Auto };
        var json = new Option<bool>("--json") { Description = "As JSON." };
        var command = new Command("verify", "Runs a model on sample readings, as backtest does, and shows inputs, state, outputs, alerts and speed.") { file, inputs, device, json };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(file), parsed.GetRequiredValue(inputs), parsed.GetValue(device), parsed.GetValue(json)));
        return command;
    }

    private static int Run(string file, string[] inputs, Device device, bool json)
    {
        var mistakes = inputs.Where(i => !File.Exists(i)).Select(i => $"--input {i}: no such file").ToList();
        using var model = OnnxModel.Load(file, new DeviceOptions { Device = device }, sha256: null, mistakes, Terminal.Note);
        if (model is null || mistakes.Count > 0) return Terminal.Mistakes(mistakes);
        var policyMistakes = new List<string>();
        var policy = model.Manifest.Alert.Build(model.Manifest.HasRul, "alert", policyMistakes);
        var trial = new ModelTrial(model, policy ?? AlertPolicy.Never);
        try
        {
            foreach (var input in inputs) trial.Play(input);
        }
        catch (Exception e) when (e is FormatException or UnauthorizedAccessException)
        {
            return Terminal.Mistakes([e.Message]);
        }
        List<string> findings = [.. Findings(model.Manifest, trial), .. policyMistakes.Select(m => $"no alert without a policy: {m}")];
        var speed = trial.Measure();
        if (json) Terminal.WriteJson(new { model = model.Manifest.NameAndVersion, model.Sha256, model.Provider, trial.Readings, trial.Machines, trial.Scores, trial.Features, trial.States, trial.Outputs, alerts = trial.Changes.ToDictionary(c => Fields.NameOf(c.Key), c => c.Value), speed, findings });
        else Print(model, trial, speed, findings);
        return trial.Scores > 0 && trial.NotFinite == 0 ? ExitCodes.Done : ExitCodes.Failed;
    }

    /// <summary>What the author of the model would want to know.</summary>
    private static IEnumerable<string> Findings(ModelManifest manifest, ModelTrial trial)
    {
        foreach (var fault in trial.Faults.Take(ShownFaults)) yield return fault;
        if (trial.Faults.Count > ShownFaults) yield return $"{trial.Faults.Count - ShownFaults} more lines were no readings";
        var absent = trial.Features.Where(f => f.Count == f.Missing).Select(f => f.Name).ToList();
        if (absent.Count > 0) yield return $"no reading has {string.Join(", ", absent)}";
        if (trial.NotFinite > 0) yield return $"{trial.NotFinite} scores were no finite numbers; each began the machine's history anew";
        if (trial.Scores == 0) yield return $"nothing was scored: {trial.Readings} readings of {trial.Machines} machines, and each needs {Math.Max(manifest.Warmup, manifest.Steps)} to warm up";
        else if (trial.Outputs is [{ Name: "score" } score, ..] && score.Min == score.Max) yield return $"the score is always {Number(score.Min)}";
    }

    private static void Print(OnnxModel model, ModelTrial trial, IReadOnlyList<Speed> speed, List<string> findings)
    {
        var manifest = model.Manifest;
        Terminal.Rows([
            ("model", $"{manifest.NameAndVersion}, {Fields.NameOf(manifest.Kind)}, {Fields.NameOf(manifest.Mode)}, on {model.Provider}"),
            ("scored", $"{trial.Scores} of {trial.Readings} readings of {trial.Machines} machines"),
            ("alerts", trial.Changes.Count == 0 ? "none" : string.Join(", ", trial.Changes.Select(c => $"{c.Value} {Fields.NameOf(c.Key)}"))),
        ]);
        if (trial.Readings > 0) Print("input", trial.Features);
        if (trial.States.Count > 0 && trial.Scores > 0) Print("state after a step", trial.States);
        if (trial.Outputs.Count > 0) Print("output", trial.Outputs);
        Console.Out.WriteLine();
        Terminal.Table(["batch", "CPU us/reading", "wall us/reading"], [.. speed.Select(s => new[] { $"{s.Batch}", Number(s.CpuUs), Number(s.WallUs) })]);
        Console.Out.WriteLine();
        Terminal.Rows(findings.Count == 0 ? [("found", "nothing to mend")] : [.. findings.Select(f => ("found", f))]);
    }

    private static void Print(string what, IReadOnlyList<Spread> spreads)
    {
        Console.Out.WriteLine();
        Terminal.Table([what, "values", "missing", "min", "mean", "max"], [.. spreads.Select(s => new[] { Terminal.Plain(s.Name), $"{s.Count}", $"{s.Missing}", Number(s.Min), Number(s.Mean), Number(s.Max) })]);
    }

    private static string Number(double? number) => number?.ToString("G5", CultureInfo.InvariantCulture) ?? "-";
}
