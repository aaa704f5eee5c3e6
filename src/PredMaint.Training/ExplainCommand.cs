using System.CommandLine;
using PredMaint.Training.Explain;

namespace PredMaint.Training;

/// <summary><c>explain</c>: what the lecture says, measured.</summary>
internal static class ExplainCommand
{
    public static Command Create()
    {
        var output = new Option<string>("--out") { Description = "Folder for the picture and the table.", DefaultValueFactory = _ => "out" };
        var steps = IntegerOption.Create("--steps", "Longest distance in time, in readings.", 100, max: 2000);
        var seed = IntegerOption.Create("--seed", "Of weights and noise; the same seed gives the same figures.", 1, min: 0);
        var gradient = new Command("vanishing-gradient", "Measures how the gradient fades with distance in time, for a vanilla RNN, an LSTM and a transformer.") { output, steps, seed };
        gradient.SetAction(parsed => Gradient(parsed.GetRequiredValue(output), parsed.GetValue(steps), parsed.GetValue(seed)));
        return new Command("explain", "Shows by measurement what docs/lecture.md explains.") { gradient, CreateArchitectures(), CreateAnomalies() };
    }

    private static Command CreateArchitectures()
    {
        var data = new Option<string>("--data") { Description = "Folder of the C-MAPSS files.", DefaultValueFactory = _ => Path.Combine("models", "turbofan", "data") };
        var run = new Option<string>("--run") { Description = "Folder of this comparison: weights and the table. One that was interrupted goes on from there.", DefaultValueFactory = _ => Path.Combine("out", "architectures") };
        var epochs = IntegerOption.Create("--epochs", "Passes over the engines, for each network.", 60);
        var seeds = IntegerOption.Create("--seeds", "Networks of each kind.", 2, min: 2);
        var command = new Command("architectures", "Compares RNN, LSTM and transformer at the remaining life of turbofans: error, CPU a reading, memory a machine.") { data, run, epochs, seeds };
        command.SetAction(parsed => Compare(new TrainSettings(parsed.GetRequiredValue(data), parsed.GetRequiredValue(run), "", FailureEpochs: parsed.GetValue(epochs)), parsed.GetValue(seeds)));
        return command;
    }

    private static int Compare(TrainSettings settings, int seeds)
    {
        var table = Architectures.Table(Architectures.Measure(settings, seeds, Say));
        File.WriteAllText(Path.Combine(settings.Run, "architectures.md"), table);
        Console.Write(table);
        return ExitCodes.Done;
    }

    private static Command CreateAnomalies()
    {
        var skab = new Option<string?>("--skab") { Description = "Folder of SKAB, with valve1 and other in it." };
        var msl = new Option<string?>("--msl") { Description = "Folder of the MSL telemetry, with train and test in it." };
        var run = new Option<string>("--run") { Description = "Folder of this comparison: weights and the table. One that was interrupted goes on from there.", DefaultValueFactory = _ => Path.Combine("out", "anomalies") };
        var epochs = IntegerOption.Create("--epochs", "Passes over the machines, for each LSTM.", 60);
        var command = new Command("anomalies", "Compares pattern memory and LSTM at finding anomalies in public data.") { skab, msl, run, epochs };
        command.SetAction(parsed => Anomalies(parsed.GetValue(skab), parsed.GetValue(msl), parsed.GetRequiredValue(run), parsed.GetValue(epochs)));
        return command;
    }

    private static int Anomalies(string? skab, string? msl, string run, int epochs)
    {
        if (skab is null && msl is null) throw new DataException("--skab or --msl says where the data is");
        var trial = new AnomalyTrial(run, epochs, Say);
        var table = $"{(skab is null ? "" : trial.Skab(skab))}{(msl is null ? "" : trial.Msl(msl))}";
        File.WriteAllText(Path.Combine(run, "anomalies.md"), table);
        Console.Write(table);
        return ExitCodes.Done;
    }

    /// <summary>A line a network that is done.</summary>
    private static void Say(EpochDone done)
    {
        if (done.IsLast) Console.Error.WriteLine($"{done.Model}: {done.Loss.Text}");
    }

    private static int Gradient(string folder, int steps, int seed)
    {
        var curves = VanishingGradient.Measure(steps, seed);
        Directory.CreateDirectory(folder);
        var table = GradientReport.Table(curves);
        File.WriteAllText(Path.Combine(folder, "vanishing-gradient.md"), table);
        GradientReport.Draw(Path.Combine(folder, "vanishing-gradient.png"), curves);
        Console.Write(table);
        Console.WriteLine($"wrote {Path.Combine(folder, "vanishing-gradient.md")} and .png");
        return ExitCodes.Done;
    }
}
