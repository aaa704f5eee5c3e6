using System.CommandLine;
using System.CommandLine.Invocation;
using Confluent.Kafka;
using PredMaint.Cli.Commands;
using PredMaint.Cli.Output;
using PredMaint.Core.Snapshots;
using PredMaint.Worker.Brokers;
using PredMaint.Worker.Host;
using PredMaint.Worker.Line;

namespace PredMaint.Cli;

/// <summary>The commands of <c>predmaint</c>, and the only place where a failure becomes an exit code.</summary>
internal static class CommandLine
{
    /// <summary>Errno of a pipe whose reader has gone: <c>predmaint alerts list | head</c>.</summary>
    private const int BrokenPipe = 32;

    /// <summary>More than a worker takes to stop, which has a limit of its own.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(40);

    public static RootCommand Root() => new("Predictive maintenance on Kafka: scores sensor readings with ONNX models and publishes alerts.")
    {
        DemoCommand.Create(),
        RunCommand.Create(),
        BacktestCommand.Create(),
        SimulateCommand.Create(),
        AlertsCommand.Create(),
        ModelsCommand.Create(),
        TopicsCommand.Create(),
        StateCommand.Create(),
        ConfigCommand.Create(),
    };

    public static async Task<int> RunAsync(string[] args)
    {
        var parsed = Root().Parse(args);
        if (parsed.Action is ParseErrorAction) return WrongUsage(parsed);
        return await ExitCodeAsync(() => parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = StopLimit }));
    }

    /// <summary>Commands that may fail while they stop need it themselves: after a signal the parser's library makes 143 of every exception.</summary>
    public static async Task<int> ExitCodeAsync(Func<Task<int>> act)
    {
        // It listens to signals only once the command waits for something; models take seconds to load.
        await Task.Yield();
        try
        {
            return await act();
        }
        catch (WrongConfigurationException e)
        {
            return Terminal.Mistakes(e.Mistakes);
        }
        catch (BrokerRefusedException e)
        {
            return Terminal.Mistakes([e.Message]);
        }
        catch (KafkaException e) when (BrokerErrors.Refused(e.Error) is { } refusal)
        {
            return Terminal.Mistakes([refusal]);
        }
        catch (IOException e) when ((e.HResult & 0xFFFF) == BrokenPipe)
        {
            return ExitCodes.Done;
        }
        catch (Exception e) when (e is BrokerUnreachableException or KafkaException or WorkerFailedException or FencedException or StateException or IOException)
        {
            return Terminal.Failure(e.Message);
        }
    }

    private static int WrongUsage(ParseResult parsed)
    {
        var path = string.Join(' ', Path(parsed.CommandResult.Command).Reverse());
        var code = Terminal.Mistakes([.. parsed.Errors.Select(e => string.Join(' ', e.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))).Distinct(StringComparer.Ordinal)]);
        Terminal.Note($"{path} --help says what is allowed");
        return code;
    }

    private static IEnumerable<string> Path(Command command)
    {
        for (Command? c = command; c is not null; c = c.Parents.OfType<Command>().FirstOrDefault())
            yield return c is RootCommand ? "predmaint" : c.Name;
    }
}
