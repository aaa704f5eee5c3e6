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
        var logs = WorkerLog.Create(options);
        var log = logs.CreateLogger("predmaint");
        try
        {
            foreach (var note in notes) log.LogInformation("{Message}", note);
            var worker = new WorkerHost(options, models, TimeProvider.System, logs);
            await using var telemetry = await ListenAsync(options, worker);
            if (telemetry.Address is { } address) log.LogInformation("Metrics and probes are at {Address}", address);
            // What ends it is said before receivers of telemetry are waited for.
            return await CommandLine.ExitCodeAsync(() => WorkAsync(options, worker, log, cancel));
        }
        finally
        {
            await WorkerLog.CloseAsync(logs);
        }
    }

    private static async Task<int> WorkAsync(WorkerOptions options, WorkerHost worker, ILogger log, CancellationToken cancel)
    {
        try
        {
            await CheckTopicsAsync(options, log, cancel);
            if (!cancel.IsCancellationRequested) await worker.RunAsync(cancel);
            return ExitCodes.Done;
        }
        catch (Exception e)
        {
            // Where logs are collected, that is where the end is looked up.
            foreach (var reason in e.Message.Split(Environment.NewLine)) log.LogCritical("The worker ends: {Reason}", reason);
            throw;
        }
    }

    /// <summary>Before a stop was requested; after it the brokers' absence is all that is left to say.</summary>
    private static async Task CheckTopicsAsync(WorkerOptions options, ILogger log, CancellationToken cancel)
    {
        try
        {
            var mistakes = await StartUp.CheckTopicsAsync(options, TimeProvider.System, log, cancel);
            if (mistakes.Count > 0) throw new WrongConfigurationException(mistakes);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            await StartUp.FarewellAsync(options.Kafka, TimeProvider.System);
        }
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
