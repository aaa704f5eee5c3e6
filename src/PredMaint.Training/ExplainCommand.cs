using System.CommandLine;
using PredMaint.Training.Explain;

namespace PredMaint.Training;

/// <summary><c>explain</c>: what the lecture says, measured.</summary>
internal static class ExplainCommand
{
    public static Command Create()
    {
        var output = new Option<string>("--out") { Description = "Folder for the picture and the table.", DefaultValueFactory = _ => "out" };
        var steps = new Option<int>("--steps") { Description = "Longest distance in time, in readings.", DefaultValueFactory = _ => 100 };
        steps.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, out var number) && number is < 1 or > 2000) result.AddError("--steps must be 1 to 2000");
        });
        var seed = new Option<int>("--seed") { Description = "Of weights and noise; the same seed gives the same figures.", DefaultValueFactory = _ => 1 };
        var gradient = new Command("vanishing-gradient", "Measures how the gradient fades with distance in time, for a vanilla RNN, an LSTM and a transformer.") { output, steps, seed };
        gradient.SetAction(parsed => Gradient(parsed.GetRequiredValue(output), parsed.GetValue(steps), parsed.GetValue(seed)));
        return new Command("explain", "Shows by measurement what docs/lecture.md explains.") { gradient };
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
