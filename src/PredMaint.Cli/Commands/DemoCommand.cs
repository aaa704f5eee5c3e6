using System.CommandLine;
using PredMaint.Cli.Demo;
using PredMaint.Cli.Output;
using PredMaint.Worker.Embedded;

namespace PredMaint.Cli.Commands;

/// <summary><c>predmaint demo</c>: the main job on real engines, with nothing to install.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var command = new Command("demo", "Judges NASA's turbofan engines live, on an embedded broker; its last line is a summary in JSON.");
        command.SetAction((_, cancel) => RunAsync(cancel));
        return command;
    }

    private static async Task<int> RunAsync(CancellationToken cancel)
    {
        using var broker = new EmbeddedBroker();
        try
        {
            using var demonstration = new Demonstration(broker);
            await demonstration.RunAsync(cancel);
            return ExitCodes.Done;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return ExitCodes.Done;
        }
    }
}
