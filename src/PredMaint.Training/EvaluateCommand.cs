using System.CommandLine;
using System.Globalization;
using PredMaint.Core.Alerts;
using PredMaint.Core.Models;
using PredMaint.Training.Anomaly;
using PredMaint.Training.Data;
using PredMaint.Training.Evaluation;
using PredMaint.Training.Export;

namespace PredMaint.Training;

/// <summary><c>evaluate</c>: any model on any data with truths, through the product's backtest.</summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "ONNX file, its manifest inside or beside it." };
        var data = new DataOptions();
        var window = IntegerOption.Create("--vus-window", "Longest buffer of VUS-PR around a label, in readings.", 100, min: 0, max: 1000);
        var json = new Option<bool>("--json") { Description = "As JSON." };
        var command = new Command("evaluate", "Judges a model on data that it has not learnt from, with the product's own scores and alerts.") { model, window, json };
        data.AddTo(command);
        command.SetAction(parsed => Evaluate(parsed.GetRequiredValue(model), data.Read(parsed), data.MaxGap(parsed), parsed.GetValue(window), parsed.GetValue(json)));
        return command;
    }

    private static int Evaluate(string file, IReadOnlyList<Series> machines, TimeSpan maxGap, int window, bool json)
    {
        using var model = ModelFile.Load(file);
        Require(model.Manifest, machines);
        if (model.Manifest.HasRul && machines[0].Labels is not null) throw new DataException($"{model.Manifest.NameAndVersion} says how long a machine will live, not whether a reading is anomalous: it is judged by lives, not by labels");
        if (machines[0].Labels is not null && !machines.Any(m => m.Labels!.Contains(true))) throw new DataException("no reading is labelled as anomalous: there is nothing to be found");
        var traces = Playback.Run(model, model.Manifest.Alert.RaiseAt is null ? AlertPolicy.Never : ModelFile.PolicyOf(model.Manifest), machines, maxGap);
        if (traces.All(t => t.Scores.All(s => s is null)))
            throw new DataException($"nothing was scored: each of the {machines.Count} machines needs {Math.Max(model.Manifest.Warmup, model.Manifest.Steps)} readings to warm up, less than {maxGap.TotalMinutes:0.##} minutes apart (--max-gap)");
        object metrics = machines[0].Labels is null ? LifeReport.Of(traces, model.Manifest.HasRul) : DetectionMetrics.Of(traces, window);
        if (json) Console.Write(MetricsJson.ToText(MetricsJson.ToObject(metrics)));
        else Print(model.Manifest, traces, metrics);
        return ExitCodes.Done;
    }

    public static void Require(ModelManifest manifest, IReadOnlyList<Series> machines)
    {
        foreach (var machine in machines)
            if (manifest.Features.Except(machine.Features, StringComparer.Ordinal).Except(manifest.Optional, StringComparer.Ordinal).ToList() is { Count: > 0 } missing)
                throw new DataException($"{machine.Name} lacks {string.Join(", ", missing)}, which {manifest.NameAndVersion} reads; it has {string.Join(", ", machine.Features)}");
    }

    private static void Print(ModelManifest manifest, IReadOnlyList<Trace> traces, object metrics)
    {
        var lines = new List<(string Name, string Value)> { ("model", manifest.NameAndVersion + (manifest.Alert.RaiseAt is null ? ", without limits: it never alerts" : "")), ("readings", $"{traces.Sum(t => t.Series.Steps)} of {traces.Count} machines") };
        switch (metrics)
        {
            case LifeReport life:
                if (life.AtLast is { } last) lines.Add(("at each last reading", $"RMSE {Number(last.RmseExpected)}, clipped at {Cmapss.LifeLimit} (unclipped {Number(last.RmseUnclipped)}), NASA score {Number(last.NasaScoreExpected)}"));
                if (life.AtAnyCut is { } cut) lines.Add(("at any reading", $"RMSE {Number(cut.RmseExpected)}, NASA score {Number(cut.NasaScoreExpected)}"));
                if (life.Coverage is { } coverage) lines.Add(("interval covers", $"{Number(100 * coverage)} %, {Number(life.Width!.Value)} wide"));
                if (life.Warnings is { } w) lines.AddRange([("warned 20 to 60 ahead", $"{Percent(w.Warned)} of {w.Machines} that ran to failure, {w.WithoutWarning} without a warning"), ("lead time", $"{w.LeadTime?.ToString(CultureInfo.InvariantCulture) ?? "-"} at the median"), ("false alarms in 10,000", Range(w.FalseAlarms))]);
                break;
            case DetectionMetrics d:
                lines.AddRange([
                    ("anomalous", $"{d.Anomalous} of {d.Steps} readings"), ("VUS-PR", Number(d.VusPr)), ("AUC-PR", Number(d.AucPr)),
                    ("alerts", $"F1 {Number(d.F1)}, precision {Number(d.Precision)}, recall {Number(d.Recall)}, false at {Number(100 * d.FalseAlarmRate)} % of normal readings"),
                    ("events found", Percent(d.EventRecall)), ("false alarms a day", d.FalseAlarmsPerDay is { } rate ? Range(rate) : "- (the data has no times)"), ("delay", d.DelaySeconds is { } delay ? $"{Number(delay)} s at the median" : "-")]);
                break;
        }
        var width = lines.Max(l => l.Name.Length);
        foreach (var (name, value) in lines) Console.WriteLine($"{name.PadRight(width)}  {value}");
    }

    private static string Number(double number) => number.ToString("G4", CultureInfo.InvariantCulture);

    private static string Range(Estimate e) => $"{Number(e.Value)} (95 %: {Number(e.Low)} to {Number(e.High)})";

    private static string Percent(Estimate e) => $"{Number(100 * e.Value)} % (95 %: {Number(100 * e.Low)} to {Number(100 * e.High)})";

    /// <param name="Warnings">Of machines that ran to failure; null where none did.</param>
    private sealed record LifeReport(LifeMetrics? AtLast, LifeMetrics? AtAnyCut, double? Coverage, double? Width, WarningMetrics? Warnings)
    {
        public static LifeReport Of(IReadOnlyList<Trace> traces, bool hasRul)
        {
            var judged = traces.Where(t => t.JudgedLives.Any()).ToList();
            var failed = traces.Where(t => t.Series.LifeAfterLast == 0).ToList();
            var hasShort = judged.Exists(t => t.JudgedLives.Any(l => l.True <= Cmapss.LifeLimit));
            return new LifeReport(hasRul ? LifeMetrics.AtLast(judged) : null, hasRul ? LifeMetrics.AtAnyCut(judged) : null,
                hasRul && hasShort ? LifeMetrics.Coverage(judged) : null, hasRul && hasShort ? LifeMetrics.Width(judged) : null, failed.Count == 0 ? null : WarningMetrics.Of(failed));
        }
    }
}
