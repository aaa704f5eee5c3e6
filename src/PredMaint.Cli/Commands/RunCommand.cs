using System.CommandLine;
using Microsoft.Extensions.Logging;
using PredMaint.Cli.Output;
using PredMaint.Worker.Host;

namespace PredMaint.Cli.Commands;

/// <summary><c>predmaint run</c>: the worker.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var configuration = new ConfigurationArguments();
        var command = new Command("run", "Consumes readings, scores them and publishes alerts, until it is stopped.");
        configuration.AddTo(command, required: true);
        command.SetAction((parsed, cancel) => CommandLine.ExitCodeAsync(() => RunAsync(parsed, configuration, cancel)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, ConfigurationArguments configuration, CancellationToken cancel)
    {
        // The client's own debug lines come only where kafka.debug asks for them.
        using var logs = LoggerFactory.Create(b => b.SetMinimumLevel(LogLevel.Debug).AddSimpleConsole(c =>
        {
            c.SingleLine = true;
            c.UseUtcTimestamp = true;
            c.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        }));
        var log = logs.CreateLogger("predmaint");
        var (options, models) = configuration.WithModels(parsed, m => log.LogInformation("{Message}", m));
        try
        {
            var mistakes = await StartUp.CheckTopicsAsync(options, TimeProvider.System, log, cancel);
            if (mistakes.Count > 0) throw new WrongConfigurationException(mistakes);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            await StartUp.FarewellAsync(options.Kafka, TimeProvider.System);
            return ExitCodes.Done;
        }
        await new WorkerHost(options, models, TimeProvider.System, logs).RunAsync(cancel);
        return ExitCodes.Done;
    }
}
