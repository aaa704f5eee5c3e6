using System.CommandLine;
using Microsoft.Extensions.Logging;
using PredMaint.Cli.Output;
using PredMaint.Cli.State;
using PredMaint.Core.Models;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.State;
using PredMaint.Worker.Topics;

namespace PredMaint.Cli.Commands;

/// <summary><c>state inspect | reset | repartition</c>: what the state topic holds, and what mends it.</summary>
internal static class StateCommand
{
    private const string RepartitionHelp = """
        Moves the machines' state after the readings topic has grown, which a worker refuses to go on with.
        In this order: stop the producers; let the workers drain (`state inspect`); stop the workers; grow the readings topic
        (kafka-topics.sh --alter --partitions N); state repartition; start the workers; start the producers.
        Readings that the workers left are processed first; those that producers wrote in the new order wait for the workers.
        """;

    private sealed record Session(WorkerOptions Options, IReadOnlyList<ModelEntry> Models, IReadOnlyDictionary<string, TopicFacts> Existing, GroupState Group)
    {
        public int Count(string topic) => Existing[topic].Partitions;
    }

    public static Command Create() => new("state", "Looks into the machines' state and mends it.") { Inspect(), Reset(), Repartition() };

    private static Command Inspect()
    {
        var machine = new Option<string?>("--machine") { Description = "One machine in detail.", HelpName = "ID" };
        var json = new Option<bool>("--json") { Description = "The same as JSON." };
        var command = new Command("inspect", "Shows what the state topic holds of each partition: machines, sizes, ages, and how far it was processed.") { machine, json };
        SetAction(command, withModels: false, (session, parsed) => Task.FromResult(Show(session, parsed.GetValue(machine), parsed.GetValue(json))));
        return command;
    }

    private static int Show(Session session, string? machine, bool json)
    {
        var topics = session.Options.Topics;
        foreach (var mistake in TopicPlan.CheckForRun(topics, session.Existing)) Terminal.Note($"note: {mistake}");
        // More of them than readings have cannot be asked about.
        var stored = session.Group.Read(Enumerable.Range(0, Math.Min(session.Count(topics.State), session.Count(topics.Readings))));
        var view = new StateView(session.Options, stored, session.Group.Members());
        return machine is null ? view.Show(json) : view.ShowMachine(machine, json);
    }

    private static Command Reset()
    {
        var partitions = new Option<int[]>("--partition") { Description = "Only this one; may be repeated. Default: all.", HelpName = "N", DefaultValueFactory = _ => [] };
        var dryRun = new Option<bool>("--dry-run") { Description = "Changes nothing, says what it would do." };
        var yes = new Option<bool>("--yes") { Description = "Does not ask; needed without a terminal." };
        var command = new Command("reset", "Starts machines cold: clears their alerts, deletes their state, and goes on at the committed offset, else at startAt. No worker may run.") { partitions, dryRun, yes };
        SetAction(command, withModels: false, (session, parsed) => ResetAsync(session, parsed.GetRequiredValue(partitions), parsed.GetValue(dryRun), parsed.GetValue(yes)));
        return command;
    }

    private static Command Repartition()
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "Changes nothing, says what it would do." };
        var command = new Command("repartition", RepartitionHelp) { dryRun };
        SetAction(command, withModels: true, (session, parsed) => RepartitionAsync(session, parsed.GetValue(dryRun)));
        return command;
    }

    private static void SetAction(Command command, bool withModels, Func<Session, ParseResult, Task<int>> act)
    {
        var configuration = new ConfigurationArguments();
        configuration.AddTo(command, required: true);
        command.SetAction(async (parsed, cancel) =>
        {
            var (options, models) = withModels ? configuration.WithModels(parsed, Terminal.Note) : (configuration.WithoutModels(parsed), []);
            using var logs = LoggerFactory.Create(b => b.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole(c => c.SingleLine = true).AddConsole(c => c.LogToStandardErrorThreshold = LogLevel.Trace));
            using var group = new GroupState(options, models, TimeProvider.System, logs.CreateLogger("predmaint"), cancel);
            var existing = await TopicAdmin.DescribeAsync(group.Admin, options.Topics);
            var missing = TopicPlan.CheckForRun(options.Topics, existing).Where(m => m.Contains("does not exist", StringComparison.Ordinal)).ToList();
            if (missing.Count > 0) throw new WrongConfigurationException(missing);
            try
            {
                return await act(new Session(options, models, existing, group), parsed);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return Terminal.Failure("interrupted");
            }
        });
    }

    private static async Task<int> ResetAsync(Session session, int[] wanted, bool dryRun, bool yes)
    {
        var (group, options, topics) = (session.Group, session.Options, session.Options.Topics);
        var (count, stateCount) = (session.Count(topics.Readings), session.Count(topics.State));
        var wrong = wanted.Where(p => p < 0 || p >= count).Select(p => $"--partition: is {p}, allowed is 0 to {count - 1}").ToList();
        if (stateCount > count || wanted.Length > 0) wrong.AddRange(TopicPlan.CheckForRun(topics, session.Existing));
        if (!dryRun && !yes && Console.IsInputRedirected) wrong.Add("--yes: is needed without a terminal");
        if (wrong.Count > 0) return Terminal.Mistakes(wrong);
        group.RequireNoMembers();
        // Where all begin anew, they can as well begin in as many partitions as the readings have.
        var grows = stateCount < count || session.Count(topics.Commands) < count;
        if (grows) Console.Out.WriteLine($"{topics.State} and {topics.Commands} {(dryRun ? "would be" : "are")} grown to {count} partitions");
        var stored = group.Read(wanted.Length > 0 ? wanted.Distinct().Order() : Enumerable.Range(0, stateCount));
        StateView.ShowResets(stored, options, isPlan: dryRun || !yes);
        if (dryRun) return ExitCodes.Done;
        if (!yes)
        {
            Console.Error.Write($"Reset {stored.Count} partition(s) of group {options.Group}? Their machines lose their history. Type yes: ");
            if (Console.In.ReadLine()?.Trim() is not "yes") return Terminal.Failure("nothing was reset");
        }
        if (grows)
        {
            foreach (var topic in new[] { topics.State, topics.Commands }) await TopicAdmin.GrowAsync(group.Admin, session.Existing[topic], count);
            stored = group.Read(Enumerable.Range(0, count));
        }
        group.Commit([.. stored.Select(s => s.Reset(options.TaskSettings()))]);
        Console.Out.WriteLine("done");
        return ExitCodes.Done;
    }

    private static async Task<int> RepartitionAsync(Session session, bool dryRun)
    {
        session.Group.RequireNoMembers();
        var work = new Repartition(session.Group, session.Options, session.Models, session.Existing);
        if (!work.Restore())
        {
            if (!dryRun) await work.GrowCommandsAsync();
            Console.Out.WriteLine($"no machine has to move: the state is that of {work.To} partitions, as the readings are");
            return ExitCodes.Done;
        }
        if (work.WaitingReadings > 0) Terminal.Note($"{work.WaitingReadings} offsets of readings are behind the committed ones; those of the old order {(dryRun ? "would be" : "are")} processed first");
        if (work.WaitingCommands > 0) Terminal.Note($"{work.WaitingCommands} commands wait; those of machines that move will be dead letters and have to be sent again");
        if (!dryRun) await work.MoveAsync();
        Console.Out.WriteLine($"{work.From} -> {work.To} partitions: {work.Machines} machines, of which {work.Moved} {(dryRun ? "would move" : "moved")}");
        return ExitCodes.Done;
    }
}
