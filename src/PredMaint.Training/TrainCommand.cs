using System.CommandLine;
using System.Diagnostics;
using PredMaint.Training.Anomaly;
using PredMaint.Training.Data;
using PredMaint.Training.Evaluation;
using PredMaint.Training.Failure;
using PredMaint.Training.Learning;
using Spectre.Console;

namespace PredMaint.Training;

/// <summary><c>train</c>: from the data files to the models that ship.</summary>
internal static class TrainCommand
{
    /// <summary>Without a terminal a line is said every so many epochs.</summary>
    private const int EpochsPerLine = 10;

    public static Command Create()
    {
        var data = new Option<string>("--data") { Description = "Folder of the C-MAPSS files.", DefaultValueFactory = _ => Path.Combine("models", "turbofan", "data") };
        var output = new Option<string>("--out") { Description = "Folder for the models and their metrics.", DefaultValueFactory = _ => Path.Combine("models", "turbofan") };
        var seed = new Option<int>("--seed") { Description = "Deals the engines and begins the weights; the same seed gives the same files.", DefaultValueFactory = _ => 1 };
        var epochs = Epochs("--epochs", "Passes over the engines for the failure model.", LifeTraining.DefaultEpochs);
        var anomalyEpochs = Epochs("--anomaly-epochs", "Passes for the anomaly model.", ForecastTraining.DefaultEpochs);
        var command = new Command("train", "Trains the failure and the anomaly model, evaluates and exports them.") { data, output, seed, epochs, anomalyEpochs };
        command.SetAction(parsed => Train(new TrainSettings(parsed.GetRequiredValue(data), parsed.GetRequiredValue(output),
            parsed.GetValue(seed), parsed.GetValue(epochs), parsed.GetValue(anomalyEpochs))));
        return command;
    }

    private static Option<int> Epochs(string name, string description, int fallback)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => fallback };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, out var number) && number < 1) result.AddError($"{name} must be 1 or more");
        });
        return option;
    }

    private static int Train(TrainSettings settings)
    {
        var clock = Stopwatch.StartNew();
        var metrics = Console.IsOutputRedirected ? Pipeline.Run(settings, Say) : WithBars(settings);
        Print(metrics, settings, clock.Elapsed);
        return ExitCodes.Done;
    }

    private static void Say(EpochDone progress)
    {
        if (progress.Epoch % EpochsPerLine == 0 || progress.Epoch == progress.Epochs)
            Console.WriteLine($"{progress.Model}: epoch {progress.Epoch} of {progress.Epochs}, loss {progress.Loss:F4}");
    }

    private static TrainingMetrics WithBars(TrainSettings settings) => AnsiConsole.Progress().AutoRefresh(false).Start(context =>
    {
        // Refreshed from this thread: another one's allocations would bring collections, see Kept.
        var bars = new Dictionary<string, ProgressTask>(StringComparer.Ordinal);
        return Pipeline.Run(settings, progress =>
        {
            if (!bars.TryGetValue(progress.Model, out var bar))
                bars.Add(progress.Model, bar = context.AddTask(progress.Model, maxValue: progress.Epochs));
            bar.Value = progress.Epoch;
            bar.Description = $"{progress.Model}, loss {progress.Loss:F4}";
            context.Refresh();
        });
    });

    private static void Print(TrainingMetrics metrics, TrainSettings settings, TimeSpan elapsed)
    {
        var (failure, anomaly) = (metrics.Failure, metrics.Anomaly);
        Console.WriteLine($"""
            failure  test (FD001, clip {Cmapss.LifeLimit}): RMSE {failure.Test.Rmse:F2}, NASA score {failure.Test.NasaScore:F0}; of the expectation {failure.Test.RmseExpected:F2}, {failure.Test.NasaScoreExpected:F0}
                     held out, every cycle: RMSE {failure.HeldOut.Rmse:F2}; the 90 % interval covers {failure.HeldOutCoverage:P1}
                     held out, alerts: {Describe(failure.HeldOutAlarms)}
            anomaly  held out, alerts: {Describe(anomaly.HeldOut)}; mean z squared of healthy cycles {anomaly.MeanSquaredZ:F2}
                     test (FD001), alerts: {Describe(anomaly.Test)}; mean z squared {anomaly.TestMeanSquaredZ:F2}
            ONNX and TorchSharp differ by at most {failure.Disagreement:G2} of a life and {anomaly.Disagreement:G2} of a standard deviation
            wrote {settings.Out} in {elapsed.TotalSeconds:F0} s
            """);
    }

    private static string Describe(AlarmMetrics alarms) =>
        $"{alarms.DueAlarmed} of {alarms.DueEngines} engines near failure alarmed, at a median of {alarms.LifeAtAlarm?.ToString() ?? "-"} cycles to live; " +
        $"{alarms.FalseAlarms} false in {alarms.HealthyCycles} healthy cycles";
}
