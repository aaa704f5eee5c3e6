using System.CommandLine;

namespace PredMaint.Training;

/// <summary><c>fit</c>: what <see cref="FitProcesses"/> starts. Reads a job from standard input and says each epoch in a line.</summary>
internal static class FitCommand
{
    public const string Name = "fit";

    public static Command Create()
    {
        var command = new Command(Name, "Fits one network; train starts it.") { Hidden = true };
        command.SetAction(_ =>
        {
            FitJob.Read(Console.In.ReadToEnd()).Run(done => Console.WriteLine($"{done.Epoch} {done.Epochs} {done.Loss}"));
            return ExitCodes.Done;
        });
        return command;
    }
}
