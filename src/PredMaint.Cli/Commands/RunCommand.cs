using System.CommandLine;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using PredMaint.Core.Models;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Host;

namespace PredMaint.Cli.Commands;

/// <summary><c>predmaint run</c>: the worker.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var config = new Option<string>("--config") { Description = "Configuration file, YAML or JSON", Required = true, HelpName = "FILE" };
        var sets = new Option<string[]>("--set") { Description = "Overrides one key: path=value", HelpName = "path=value" };
        var command = new Command("run", "Consumes readings, scores them and publishes alerts, until it is stopped") { config, sets };
        command.SetAction((result, cancel) => RunAsync(result.GetRequiredValue(config), result.GetValue(sets) ?? [], cancel));
        return command;
    }

    private static async Task<int> RunAsync(string file, string[] sets, CancellationToken cancel)
    {
        var (options, mistakes) = ConfigurationLoader.Load(file, sets, ConfigurationLoader.ProcessEnvironment());
        if (options is null) return Fail(mistakes);
        using var logs = LoggerFactory.Create(b => b.AddSimpleConsole(c => { c.SingleLine = true; c.UseUtcTimestamp = true; c.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ "; }));
        var log = logs.CreateLogger("predmaint");
        var (entries, wrong) = ModelLoading.Load(options.Models, m => log.LogInformation("{Message}", m));
        if (entries is null) return Fail(wrong);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, s => { s.Cancel = true; stop.Cancel(); });
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, s => { s.Cancel = true; stop.Cancel(); });
        var failure = await new WorkerHost(options, entries, TimeProvider.System, logs).RunAsync(stop.Token);
        foreach (var entry in entries) entry.Model.Dispose();
        if (failure is null) return 0;
        await Console.Error.WriteLineAsync($"predmaint: {failure}");
        return 1;
    }

    private static int Fail(IEnumerable<string> mistakes)
    {
        foreach (var mistake in mistakes) Console.Error.WriteLine($"predmaint: {mistake}");
        return 2;
    }
}
