using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using PredMaint.Core.Alerts;
using PredMaint.Core.Models;
using PredMaint.Onnx;
using PredMaint.Training.Anomaly;
using PredMaint.Training.Runs;

namespace PredMaint.Training;

/// <summary><c>calibrate</c>: when an anomaly model alerts, from readings of sound machines and the false alarms that one will bear.</summary>
internal static class CalibrateCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "ONNX file; the limits go into the manifest beside it (MODEL.json)." };
        var data = new DataOptions();
        var rate = FalseAlarms();
        var rule = new Option<MOfN>("--rule")
        {
            Description = "M/N: so many of the last N scores above raiseAt raise an alert, so many at or below clearAt clear it.",
            DefaultValueFactory = _ => RunLimits.RaiseAfter,
            CustomParser = result =>
            {
                if (!MOfN.TryParse(result.Tokens[0].Value, out var parsed)) result.AddError($"--rule: is {result.Tokens[0].Value}, must be M/N with 1 <= M <= N <= {MOfN.MaxN}");
                return parsed;
            },
        };
        var seed = IntegerOption.Create("--seed", "Of the bootstrap.", 1, min: 0);
        var dryRun = new Option<bool>("--dry-run") { Description = "Says the limits and writes nothing." };
        var command = new Command("calibrate", "Sets raiseAt and clearAt of an anomaly model for a stated rate of false alarms, from readings of sound machines: --sound or --label says that they are.") { model, rate, rule, seed, dryRun };
        data.AddTo(command);
        command.SetAction(parsed => Calibrate(parsed.GetRequiredValue(model), data.Source(parsed), parsed.GetValue(rate) / FalseAlarmLimit.DaysAMonth, parsed.GetValue(rule), parsed.GetValue(seed), parsed.GetValue(dryRun)));
        return command;
    }

    public static Option<double> FalseAlarms()
    {
        var rate = new Option<double>("--false-alarms") { Description = "That a machine may raise in 30 days.", DefaultValueFactory = _ => 1 };
        rate.Validators.Add(result => { if (result.Tokens is [var token] && double.TryParse(token.Value, CultureInfo.InvariantCulture, out var number) && !(number is > 0.001 and < 100_000)) result.AddError("--false-alarms must be more than 0.001 and less than 100000"); });
        return rate;
    }

    private static int Calibrate(string file, DataSource data, double alarmsPerDay, MOfN rule, int seed, bool dryRun)
    {
        var machines = data.Read();
        using var model = ModelFile.Load(file);
        if (model.Manifest.HasRul) throw new DataException($"{model.Manifest.NameAndVersion} alerts by remaining life: its raiseAt is the lead time that you need, not a matter of false alarms");
        if (!data.HasLabels()) throw new DataException(DataSource.NoLabels);
        EvaluateCommand.Require(model.Manifest, machines);
        if (machines.FirstOrDefault(m => m.Labels?.Contains(true) == true) is { } sick) throw new DataException($"{sick.Name} has readings that are labelled as anomalous: limits come from sound machines");
        if (machines.FirstOrDefault(m => m.TimesUs is null) is { } timeless) throw new DataException($"{timeless.Name} has no times: false alarms in 30 days cannot be counted");
        var traces = Playback.Run(model, AlertPolicy.Never, machines, data.MaxGap);
        var limit = FalseAlarmLimit.Choose(traces, rule, alarmsPerDay, seed);
        if (model.Manifest.Alerting == AlertingOutput.Probability && limit.RaiseAt.Value >= 1)
            throw new DataException($"so few false alarms would need a probability above 1 ({limit.RaiseAt.Value:G4}): give more readings, or allow more");
        var policy = limit.ToPolicy(rule);
        var seen = Playback.Run(model, policy, machines, data.MaxGap).Sum(t => t.Raised.Count());
        var rate = Statistics.Rate(seen, limit.Days / FalseAlarmLimit.DaysAMonth);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            raiseAt  {policy.RaiseAt} (95 %: {limit.RaiseAt.Low:G4} to {limit.RaiseAt.High:G4}), clearAt {policy.ClearAt}, {rule} both
            for      {alarmsPerDay * FalseAlarmLimit.DaysAMonth:0.###} false alarms a machine in 30 days
            from     {limit.Days:0.##} machine-days of {machines.Count} machines, {limit.Peaks} peaks{(limit.IsExtended ? "; the limit lies beyond all of them, by their fitted tail" : "")}
            there    {seen} alerts, {rate.Value:0.##} in 30 days (95 %: {rate.Low:0.##} to {rate.High:0.##})
            """));
        if (dryRun) return ExitCodes.Done;
        Console.WriteLine($"wrote {WriteManifest(file, policy, limit, alarmsPerDay)}");
        return ExitCodes.Done;
    }

    /// <summary>Beside the model, whose file stays as it is: histories of machines that it knows go on.</summary>
    private static string WriteManifest(string file, AlertPolicy policy, FalseAlarmLimit limit, double alarmsPerDay)
    {
        var beside = ModelFiles.ManifestOf(file);
        var manifest = JsonNode.Parse(ModelFile.ManifestText(file))!.AsObject();
        var alert = manifest["alert"] as JsonObject ?? [];
        foreach (var (key, value) in ModelFile.ToManifest(policy)) alert[key] = value!.DeepClone();
        // Severities by limits that are no more.
        alert.Remove("levels");
        manifest["alert"] = alert;
        var trained = manifest["trained"] as JsonObject ?? [];
        trained["calibration"] = new JsonObject { ["falseAlarmsIn30Days"] = alarmsPerDay * FalseAlarmLimit.DaysAMonth, ["machineDays"] = limit.Days, ["raiseAt95"] = new JsonArray(limit.RaiseAt.Low, limit.RaiseAt.High) };
        manifest["trained"] = trained;
        File.WriteAllText(beside, manifest.ToJsonString(Indented) + '\n');
        return beside;
    }
}
