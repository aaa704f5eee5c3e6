using System.CommandLine;
using System.Diagnostics;

namespace PredMaint.Training;

/// <summary><c>turbofan</c>: from the data files to the models that ship.</summary>
internal static class TurbofanCommand
{
    public static Command Create()
    {
        var data = new Option<string>("--data") { Description = "Folder of the C-MAPSS files.", DefaultValueFactory = _ => Path.Combine("models", "turbofan", "data") };
        var output = new Option<string>("--out") { Description = "Folder for the models and their metrics.", DefaultValueFactory = _ => Path.Combine("models", "turbofan") };
        var run = new Option<string>("--run") { Description = "Folder of this training: weights, losses, report. One that was interrupted goes on from there.", DefaultValueFactory = _ => Path.Combine("out", "train") };
        var seed = IntegerOption.Create("--seed", "Deals the engines and begins the weights; the same seed gives the same files.", 1, min: 0);
        var epochs = IntegerOption.Create("--epochs", "Passes over the engines for the failure model.", Turbofan.FailureEpochs);
        var anomalyEpochs = IntegerOption.Create("--anomaly-epochs", "Passes for the anomaly model.", Turbofan.AnomalyEpochs);
        var command = new Command("turbofan", "Trains the turbofan models that ship, the failure and the anomaly model, evaluates and exports them.") { data, run, output, seed, epochs, anomalyEpochs };
        command.SetAction(parsed => Train(new TrainSettings(parsed.GetRequiredValue(data), parsed.GetRequiredValue(run), parsed.GetRequiredValue(output),
            parsed.GetValue(seed), parsed.GetValue(epochs), parsed.GetValue(anomalyEpochs))));
        return command;
    }

    private static int Train(TrainSettings settings)
    {
        var clock = Stopwatch.StartNew();
        var metrics = Terminal.Watch(report => Pipeline.Run(settings, report));
        Print(metrics, settings, clock.Elapsed);
        return ExitCodes.Done;
    }

    private static void Print(TrainingMetrics metrics, TrainSettings settings, TimeSpan elapsed)
    {
        var (failure, anomaly) = (metrics.Failure, metrics.Anomaly);
        foreach (var (set, m) in failure.Test)
            Console.WriteLine($"failure  {set}, official test, clip {Cmapss.LifeLimit}: RMSE {m.Whole.RmseExpected:F2}, NASA score {m.Whole.NasaScoreExpected:F0} (of the median {m.Whole.Rmse:F2}, {m.Whole.NasaScore:F0}); RMSE joined late {m.JoinedLate.RmseExpected:F2}; networks of the folds {m.RmseOfFolds.ToText("F2")}; {Text(m.Intervals)}");
        foreach (var (set, m) in failure.HeldOut)
            Console.WriteLine($"failure  {set}, held out, any cut: RMSE {m.AtAnyCut.RmseExpected:F2}, NASA score {m.AtAnyCut.NasaScoreExpected:F0}; folds {m.RmseByFold.ToText("F2")}; {Text(m.Intervals)}");
        var warnings = failure.Warnings;
        Console.WriteLine($"failure  held out: {warnings.Warned.ToText("P1")} of {warnings.Machines} engines warned 20 to 60 cycles ahead, {warnings.WithoutWarning} not at all; lead time {warnings.ShortLeadTime} {warnings.LeadTime} {warnings.LongLeadTime} cycles (quantiles .05, .5, .95); false alarms in 10,000 cycles {warnings.FalseAlarms.ToText("F2")}");
        Console.WriteLine($"""
            anomaly  held out, alerts: {Describe(anomaly.HeldOut)}; mean z squared of healthy cycles {anomaly.MeanSquaredZ:F2}
                     test (FD001), alerts: {Describe(anomaly.Test)}; mean z squared {anomaly.TestMeanSquaredZ:F2}
            ONNX and TorchSharp differ by at most {failure.Disagreement:G2} of a life and {anomaly.Disagreement:G2} of a standard deviation
            wrote {settings.Out} and {Path.Combine(settings.Run, Pipeline.ReportFile)} in {elapsed.TotalSeconds:F0} s
            """);
    }

    private static string Text(IntervalMetrics i) => $"90 % interval covers {i.Coverage90:P1}, 80 % {i.Coverage80:P1}";

    private static string Describe(AlarmMetrics alarms) =>
        $"{alarms.DueAlarmed} of {alarms.DueEngines} engines near failure alarmed, at a median of {alarms.LifeAtAlarm?.ToString() ?? "-"} cycles to live; " +
        $"{alarms.FalseAlarms} false in {alarms.HealthySteps} healthy cycles";
}
