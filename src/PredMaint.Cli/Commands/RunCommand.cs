using System.CommandLine;
using Microsoft.Extensions.Logging;
using PredMaint.Cli.Output;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Host;
using PredMaint.Worker.Telemetry;

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
        List<string> notes = [];
        var (options, models) = configuration.WithModels(parsed, notes.Add);
        using var logs = WorkerLog.Create(options);
        var log = logs.CreateLogger("predmaint");
        foreach (var note in notes) log.LogInformation("{Message}", note);
        var worker = new WorkerHost(options, models, TimeProvider.System, logs);
        await using var telemetry = await ListenAsync(options, worker);
        if (telemetry.Address is { } address) log.LogInformation("Metrics and probes are at {Address}", address);
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
        await worker.RunAsync(cancel);
        return ExitCodes.Done;
    }

    private static async Task<TelemetryServer> ListenAsync(WorkerOptions options, WorkerHost worker)
    {
        try
        {
            return await TelemetryServer.StartAsync(options, worker.Probes);
        }
        catch (IOException e)
        {
            throw new WrongConfigurationException([e.Message]);
        }
    }
}
