using System.CommandLine;
using System.Runtime.InteropServices;
using PredMaint.Testing;

namespace PredMaint.Chaos;

/// <summary>Kills workers and brokers while readings flow, and compares the alerts with the backtest's. Exit codes: 0 all the same, 1 not, 2 wrong usage.</summary>
public static class Program
{
    private const int Failed = 1;

    public static async Task<int> Main(string[] args)
    {
        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        var parsed = Command(stop.Token).Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors) await Console.Error.WriteLineAsync(error.Message);
            return 2;
        }
        return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    private static RootCommand Command(CancellationToken stop)
    {
        var kills = new Option<int>("--kills") { Description = "SIGKILLs of workers and brokers, shared out between the rounds", DefaultValueFactory = _ => 12 };
        var nodes = new Option<int>("--nodes") { Description = "Brokers: 1 or 3", DefaultValueFactory = _ => 1 };
        nodes.AcceptOnlyFromAmong("1", "3");
        var seed = new Option<int>("--seed") { Description = "What strikes, and what the readings are; default: another each time", DefaultValueFactory = _ => Random.Shared.Next(1, 1_000_000) };
        var protocol = new Option<string>("--protocol") { Description = "One round with that membership instead of a round with each", HelpName = "classic|static|consumer" };
        protocol.AcceptOnlyFromAmong("classic", "static", "consumer");
        var threads = new Option<int>("--threads") { Description = "Threads a worker, with --protocol", DefaultValueFactory = _ => 1 };
        var proxy = new Option<bool>("--proxy") { Description = "Some ends of transactions are lost or delayed on their way" };
        var reckless = new Option<bool>("--reckless") { Description = "A single broker is killed while transactions are being ended too: shows what Kafka itself loses" };
        var program = new Option<string?>("--program") { Description = "The published program; default: the one beside this", HelpName = "FILE" };
        var folder = new Option<string?>("--folder") { Description = "Where logs are kept", HelpName = "FOLDER" };
        var command = new RootCommand("Kills workers and brokers while readings flow; afterwards the committed alerts must be the backtest's.") { kills, nodes, seed, protocol, threads, proxy, reckless, program, folder };
        command.SetAction((r, _) => RunAsync(
            new ChaosOptions
            {
                Seed = r.GetValue(seed),
                Rounds = r.GetValue(protocol) is { } p
                    ? [new RoundOptions(Enum.Parse<Membership>(p, ignoreCase: true), r.GetValue(threads), r.GetValue(kills))]
                    : ChaosOptions.AllRounds(r.GetValue(kills)),
                UseProxy = r.GetValue(proxy),
                IsReckless = r.GetValue(reckless),
                Program = r.GetValue(program) is { } file ? Path.GetFullPath(file) : null,
                Folder = r.GetValue(folder) ?? Directory.CreateTempSubdirectory("predmaint-chaos-").FullName,
            },
            r.GetValue(nodes), stop));
        return command;
    }

    private static async Task<int> RunAsync(ChaosOptions options, int nodes, CancellationToken stop)
    {
        try
        {
            await using var cluster = await OwnCluster.StartAsync(nodes, ChaosRun.BrokerSettings);
            var summaries = await ChaosRun.RunAsync(options, cluster, cluster.Broker, Console.WriteLine, stop);
            Console.WriteLine();
            foreach (var summary in summaries) Console.WriteLine(summary);
            Console.WriteLine($"chaos: {options.Rounds.Sum(r => r.Kills)} kills or more on {nodes} broker(s){(options.UseProxy ? " through the proxy" : "")}, seed {options.Seed}: no alert missing, none twice, none out of order");
            return 0;
        }
        catch (Xunit.Sdk.SkipException e)
        {
            await Console.Error.WriteLineAsync($"chaos: {e.Message.Replace(Xunit.v3.DynamicSkipToken.Value, "", StringComparison.Ordinal)}");
            return 2;
        }
        catch (ChaosException)
        {
            Console.WriteLine($"chaos: FAILED, seed {options.Seed}, logs in {options.Folder}");
            return Failed;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Console.WriteLine("chaos: stopped before its end");
            return Failed;
        }
    }
}
