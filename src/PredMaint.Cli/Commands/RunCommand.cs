using System.CommandLine;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using PredMaint.Cli.Output;
using PredMaint.Worker.Brokers;
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
        if (OtlpVariables.Mistakes() is { Count: > 0 } mistakes) throw new WrongConfigurationException(mistakes);
        var (logs, log) = FromVariables(() => CreateLog(options));
        try
        {
            foreach (var note in notes) log.LogInformation("{Message}", note);
            using var exports = new ExportWatch(log, TimeProvider.System);
            using var worker = new WorkerHost(options, models, TimeProvider.System, logs);
            worker.Measure();
            await using var telemetry = FromVariables(() => new TelemetryServer(options));
            await ListenAsync(telemetry, options, worker);
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
            log.LogInformation("Stopped as asked");
            return ExitCodes.Done;
        }
        catch (Exception e)
        {
            // Where logs are collected, that is where the end is looked up: the words of standard error.
            var why = e is KafkaException kafka ? BrokerErrors.Refused(kafka.Error) ?? e.Message : e.Message;
            foreach (var reason in why.Split(Environment.NewLine)) log.LogCritical("The worker ends: {Reason}", reason);
            throw;
        }
    }

    /// <summary>Refuses topics that will not do. Asked to stop meanwhile it says no more than that no broker answers.</summary>
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

    private static async Task ListenAsync(TelemetryServer telemetry, WorkerOptions options, WorkerHost worker)
    {
        try
        {
            await telemetry.ListenAsync(options, worker.Probes);
        }
        catch (IOException e)
        {
            throw new WrongConfigurationException([e.Message]);
        }
    }

    private static (ILoggerFactory Logs, ILogger Log) CreateLog(WorkerOptions options)
    {
        var logs = WorkerLog.Create(options);
        // The first logger makes the exporter.
        return (logs, logs.CreateLogger("predmaint"));
    }

    /// <summary>OpenTelemetry reads its variables as it is built, and says little of which it cannot use.</summary>
    private static T FromVariables<T>(Func<T> build)
    {
        try
        {
            return build();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or FormatException or FileNotFoundException)
        {
            throw new WrongConfigurationException([$"OTEL_EXPORTER_OTLP_*, OTEL_*_EXPORT_* in the environment: {e.Message}"]);
        }
    }
}
