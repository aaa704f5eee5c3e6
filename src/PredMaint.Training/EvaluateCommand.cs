using System.CommandLine;
using PredMaint.Core.Alerts;
using PredMaint.Core.Models;

namespace PredMaint.Training;

/// <summary><c>evaluate</c>: any model on any data with truths, through the product's backtest.</summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "ONNX file, its manifest inside or beside it." };
        var data = new DataOptions();
        var window = IntegerOption.Create("--vus-window", "Longest buffer of VUS-PR around a label, in readings.", DetectionMetrics.DefaultWindow, min: 0, max: 1000);
        var clip = IntegerOption.Create("--clip", "Remaining lives beyond it count as this long, and an alert with more readings to live is false.", LifeLimits.Default.Clip);
        var latest = IntegerOption.Create("--latest-warning", "Readings before the failure: a later alert leaves no time.", LifeLimits.Default.LatestWarning, min: 0);
        var earliest = IntegerOption.Create("--earliest-warning", "Readings before the failure: an earlier alert throws life away.", LifeLimits.Default.EarliestWarning);
        var horizon = new Option<int?>("--horizon") { Description = "Readings within which the failure lies that a model of probability tells of: for its Brier score and AUC." };
        var json = new Option<bool>("--json") { Description = "As JSON." };
        var command = new Command("evaluate", "Judges a model on data that it has not learnt from, with the product's own scores and alerts.") { model, window, clip, latest, earliest, horizon, json };
        data.AddTo(command);
        command.SetAction(parsed => Evaluate(parsed.GetRequiredValue(model), data.Source(parsed), parsed.GetValue(window), new LifeLimits(parsed.GetValue(clip), parsed.GetValue(latest), parsed.GetValue(earliest), parsed.GetValue(horizon)), parsed.GetValue(json)));
        return command;
    }

    private static int Evaluate(string file, DataSource data, int window, LifeLimits limits, bool json)
    {
        if (limits.LatestWarning > limits.EarliestWarning) throw new DataException($"--latest-warning {limits.LatestWarning} is more than --earliest-warning {limits.EarliestWarning}: both count the readings before the failure");
        var machines = data.Read();
        using var model = ModelFile.Load(file);
        Require(model.Manifest, machines);
        if (model.Manifest.HasRul && machines[0].Labels is not null) throw new DataException($"{model.Manifest.NameAndVersion} says how long a machine will live, not whether a reading is anomalous: it is judged by lives, not by labels");
        if (machines[0].Labels is not null && !machines.Any(m => m.Labels!.Contains(true))) throw new DataException("no reading is labelled as anomalous: there is nothing to be found");
        var traces = Playback.Run(model, model.Manifest.Alert.RaiseAt is null ? AlertPolicy.Never : ModelFile.PolicyOf(model.Manifest), machines, data.MaxGap);
        var judgement = Judgement.Of(model.Manifest, traces, data.MaxGap, limits, window);
        if (json) Console.Write(MetricsJson.ToText(MetricsJson.ToObject(judgement.Metrics)));
        else Terminal.Table([("model", model.Manifest.NameAndVersion + (model.Manifest.Alert.RaiseAt is null ? ", without limits: it never alerts" : "")), .. judgement.Lines]);
        return ExitCodes.Done;
    }

    public static void Require(ModelManifest manifest, IReadOnlyList<Series> machines)
    {
        foreach (var machine in machines)
            if (manifest.Features.Except(machine.Features, StringComparer.Ordinal).Except(manifest.Optional, StringComparer.Ordinal).ToList() is { Count: > 0 } missing)
                throw new DataException($"{machine.Name} lacks {string.Join(", ", missing)}, which {manifest.NameAndVersion} reads; it has {string.Join(", ", machine.Features)}");
    }
}
