namespace PredMaint.Simulation.Tests;

/// <summary>A change of the sources that switches a rule off.</summary>
internal sealed record Mutant(string Rule, params Edit[] Edits);

/// <param name="File">Below src, without the product's name.</param>
/// <param name="Text">What must be there exactly once.</param>
internal sealed record Edit(string File, string Text, string Replacement)
{
    public string Room => File[..File.IndexOf('/', StringComparison.Ordinal)];

    public string Path => File[(Room.Length + 1)..];
}

/// <summary>The rules of the protocol, each with what breaks it.</summary>
internal static class Mutants
{
    private const string Task = "Core/Machines/PartitionTask.cs";
    private const string Unsaved = "Core/Machines/Unsaved.cs";
    private const string Retirement = "Core/Machines/Retirement.cs";
    private const string Codec = "Core/Snapshots/MachineCodec.cs";
    private const string Line = "Worker/Line/LineThread.cs";
    private const string Assignment = "Worker/Line/Assignment.cs";
    private const string Inquiry = "Worker/Line/Inquiry.cs";
    private const string Scorer = "Core/Machines/ModelScorer.cs";
    private const string Publisher = "Worker/Line/Publisher.cs";

    /// <summary>A partition that comes again finds what was left of it.</summary>
    private static readonly Edit AddAgain = new(Assignment, "tasks.Add(partition, r.Task);", "tasks[partition] = r.Task;");

    private static readonly Edit ReplayAgain = new(Assignment, "replaying.Add(partition, r);", "replaying[partition] = r;");

    public static IReadOnlyList<Mutant> All { get; } =
    [
        .. Snapshots(), .. Replays(), .. Restores(), .. Commits(), .. Rebalances(), .. Commands(), .. Upgrades(),
    ];

    private static Mutant[] Snapshots() =>
    [
        new("A machine whose alert changes is saved with the change", new Edit(Task, "        Counters.Transitions++;\n        unsaved.Require(machine);", "        Counters.Transitions++;")),
        new("replayFrom is the smallest offset that no snapshot holds", new Edit(Unsaved, "(ReplayFrom, ReplayClockUs) = (entry.From, entry.ClockUs);", "(ReplayFrom, ReplayClockUs) = (position, clockUs);")),
        new("Machines are saved before they are replayMax behind", new Edit(Unsaved, "if (taken == most || (!isDue && nextShare < 1))", "if (taken <= most)")),
        new("What was chosen for a commit that failed is not saved", new Edit(Unsaved, "        machine.IsBeingSaved = true;\n", "        machine.IsBeingSaved = true;\n        if (machine.UnsavedFrom >= 0) count--;\n        machine.UnsavedFrom = -1;\n")),
        new("A snapshot has the readings that are held back", new Edit(Codec, "WriteHeld(machine.Held);", "WriteHeld(null);")),
        new("A snapshot has what an alert has counted", new Edit(Codec, "writer.Long((long)alert.LevelHigh);", "writer.Long(0);")),
        new("A snapshot has the recurrent state", new Edit(Codec, "writer.Numbers<float>(state.Memory);", "writer.Numbers<float>(new float[state.Memory.Length]);")),
        new("A snapshot has the forecast", new Edit(Codec, "writer.Byte(state.HasForecast ? (byte)1 : (byte)0);", "writer.Byte(0);")),
        new("A snapshot has when the machine was heard", new Edit(Codec, "writer.Long(machine.HeardClockUs);", "writer.Long(machine.HeardClockUs - 100_000);")),
        new("States of models unknown here are kept", new Edit(Codec, " + (machine.Orphans?.Count ?? 0));", ");"), new Edit(Codec, "foreach (var orphan in machine.Orphans ?? []) WriteModel(Head(orphan.Model), orphan.State);", "")),
        new("A retired machine leaves the state when no replay meets its readings", new Edit(Retirement, " && m.Through < replayFrom", "")),
    ];

    private static Mutant[] Replays() =>
    [
        new("A replay skips what a snapshot holds", new Edit(Task, "if (reading.Offset <= machine.Through) return;", "")),
        new("A replay decides nothing", new Edit("Core/Machines/Admission.cs", "traceParent, starts, replays);", "traceParent, starts, false);")),
        new("A replay buries nothing again", new Edit(Task, "if (!isReplay) Bury(reading.Letter());", "Bury(reading.Letter());")),
        new("A replay makes machines dirty", new Edit(Task, "unsaved.Mark(machine, reading.Offset, clockUs);", "if (!isReplay) unsaved.Mark(machine, reading.Offset, clockUs);")),
        new("A replay begins with the clock of its beginning", new Edit(Task, "(LiveFrom, ClockUs) = (control.Position, control.ReplayClockUs);", "(LiveFrom, ClockUs) = (control.Position, control.ClockUs);")),
        new("The clock is saved", new Edit(Task, "(LiveFrom, ClockUs) = (control.Position, control.ReplayClockUs);", "(LiveFrom, ClockUs) = (control.Position, long.MinValue);"), new Edit(Task, "if (IsLive && control is not null) ClockUs = Math.Max(ClockUs, control.ClockUs);", "")),
        new("Nothing is committed while it replays", new Edit(Task, "public bool IsDirty => IsLive && ", "public bool IsDirty => "), new Edit(Task, "= (facts.Committed ?? -1, commands,", "= (-1, commands,")),
        new("What no snapshot holds is replayed", new Edit(Task, "Position = Math.Max(control.ReplayFrom, facts.First);", "Position = control.Position;")),
    ];

    private static Mutant[] Restores() =>
    [
        new("The state is read to its end, open transactions included", new Edit(Inquiry, "IsolationLevel = IsolationLevel.ReadUncommitted", "IsolationLevel = IsolationLevel.ReadCommitted")),
        new("The state's end is asked for after the offsets", new Edit(Inquiry, "        var ends = metadata.Execute(_ => Ends(admin, options.Topics.State, partitions), stop);\n", ""), new Edit(Inquiry, "        var (topicIds, commandsCount) =", "        var ends = metadata.Execute(_ => Ends(admin, options.Topics.State, partitions), stop);\n        var (topicIds, commandsCount) =")),
        new("Offsets that are pending are not none", new Edit(Inquiry, "metadata.Execute(_ => consumer.Committed(partitions, RequestTimeout), stop);", "Guess(consumer, partitions);\n\n    private static List<TopicPartitionOffset> Guess(IConsumer<Ignore, Ignore> consumer, IReadOnlyList<TopicPartition> partitions)\n    {\n        try { return consumer.Committed(partitions, RequestTimeout); }\n        catch (KafkaException) { return [.. partitions.Select(p => new TopicPartitionOffset(p, Offset.Unset))]; }\n    }")),
        new("Nothing uncommitted is read", new Edit("Worker/Configuration/KafkaSettings.cs", "IsolationLevel = IsolationLevel.ReadCommitted,\n            EnableAutoCommit = false,\n            EnableAutoOffsetStore", "IsolationLevel = IsolationLevel.ReadUncommitted,\n            EnableAutoCommit = false,\n            EnableAutoOffsetStore")),
        new("Answers about an earlier assignment are not taken for a later one", new Edit(Assignment, "|| r != about[partition]", "|| r.Facts is not null")),
        new("Records of partitions that are not restored yet are dropped", new Edit(Assignment, "            log.LogInformation(\"Partition {Partition} assigned\"", "            tasks[partition.Partition.Value] = restoring[partition.Partition.Value].Task;\n            log.LogInformation(\"Partition {Partition} assigned\""), AddAgain),
        new("Offsets that are given in the handler are numbers", new Edit(Assignment, "ends?[p.Partition.Value] ?? Offset.End", "Offset.End")),
        new("Readings begin where the replay does", new Edit(Assignment, "new TopicPartitionOffset(topicPartition, from)", "new TopicPartitionOffset(topicPartition, r.Task.LiveFrom)")),
    ];

    private static Mutant[] Commits() =>
    [
        new("After an abort the same is said again", new Edit(Line, "if (outcome != CommitOutcome.Committed) return Failed();", "")),
        new("An unknown outcome is not a commit", new Edit(Line, "outcome = Settle(commits);", "{ publisher.Renew(settleLimit); outcome = CommitOutcome.Committed; }")),
        new("An unknown outcome is not an abort", new Edit(Line, "outcome = Settle(commits);", "{ publisher.Renew(settleLimit); outcome = CommitOutcome.Aborted; }")),
        new("A new producer ends the transaction whose outcome is unknown", new Edit(Line, "        publisher.Renew(settleLimit);\n        var mine", "        var mine")),
        new("Offsets are sent by a member", new Edit(Line, "if (string.IsNullOrEmpty(consumer.MemberId)) return Failed();", "")),
        new("The group's metadata is read for each commit", new Edit(Line, "var group = consumer.ConsumerGroupMetadata;", "var group = kept ??= consumer.ConsumerGroupMetadata;"), new Edit(Line, "private bool paused;", "private bool paused;\n    private IConsumerGroupMetadata? kept;")),
        new("The control record is in the transaction", new Edit(Publisher, "        SendState(commit.Partition, ControlRecord.Key.ToArray(), commit.Control.Write());\n", ""), new Edit(Publisher, "            producer!.BeginTransaction();\n", "            producer!.BeginTransaction();\n            foreach (var commit in commits) Send(new TopicPartition(options.Topics.State, commit.Partition), new Message<byte[], byte[]?> { Key = ControlRecord.Key.ToArray(), Value = commit.Control.Write() });\n            producer.CommitTransaction(timeout);\n            producer.BeginTransaction();\n")),
        new("The offsets are in the transaction", new Edit(Publisher, "if (!Returns(\"sends offsets\", p => p.SendOffsetsToTransaction(commits.Select(Offset), group, timeout))) return CommitOutcome.Unknown;", "")),
    ];

    private static Mutant[] Rebalances() =>
    [
        new("A handler that failed is the last", new Edit("Worker/Line/GroupConsumer.cs", "        if (failure is not null) return;\n", "")),
        new("A handler's failure ends the line", new Edit("Worker/Line/GroupConsumer.cs", "        if (failure is { } e) ExceptionDispatchInfo.Throw(e);\n", "")),
        new("A partition that is revoked is let go", new Edit(Line, "        assignment.Remove(partitions, areLost);\n", "        if (areLost) assignment.Remove(partitions, areLost);\n"), AddAgain, ReplayAgain),
        new("A partition that is lost is let go", new Edit(Line, "        assignment.Remove(partitions, areLost);\n", "        if (!areLost) assignment.Remove(partitions, areLost);\n"), AddAgain, ReplayAgain),
    ];

    private static Mutant[] Commands() =>
    [
        new("A command is carried out once", new Edit(Task, "commands, Math.Max(commands, facts.CommandsFirst));", "commands, facts.CommandsFirst);")),
        new("No command is left out", new Edit(Task, "commands, Math.Max(commands, facts.CommandsFirst));", "commands, facts.CommandsEnd);")),
        new("A command is committed without a reading", new Edit(Task, "|| CommandsPosition > committedCommands);", ");")),
        new("A machine is saved with the command that resets it", new Edit(Task, "        machine.Clear(keepsTakeOvers: true);\n        unsaved.Require(machine);", "        machine.Clear(keepsTakeOvers: true);")),
        new("Commands are carried out when the replay is over", new Edit(Assignment, "                commands.Add(record);\n", "                (tasks.GetValueOrDefault(partition) ?? restoring[partition].Task).Add(PredMaint.Core.Commands.Command.Read(key, value, partition, record.Offset.Value));\n")),
        new("The offset does not tell whether commands alone are committed", new Edit(Line, "var mine = commits.Where(c => c.MovesOffset && assignment", "var mine = commits.Where(c => assignment")),
    ];

    private static Mutant[] Upgrades() =>
    [
        new("A model that is replaced is silent", new Edit(Scorer, "TookOverUs <= timeUs) return true;", "TookOverUs <= timeUs) return false;")),
        new("When a model took over is saved", new Edit(Codec, "writer.Long(state.TookOverUs);", "writer.Long(long.MaxValue);")),
        new("A take-over is saved with what it led to", new Edit(Task, "        outbox.Bytes += scorer.MachineBytes;\n        unsaved.Require(machine);", "")),
        new("A reset leaves who speaks for a machine", new Edit(Task, "machine.Clear(keepsTakeOvers: true);", "machine.Clear();")),
        new("Alerts of models that are gone are cleared", new Edit(Task, "if (machine.Orphans is not null) CloseOrphans(machine, reason: null);", "")),
        new("Other models take what the tasks hold", new Edit("Worker/Models/ThreadModels.cs", "foreach (var task in assignment.AllTasks) task.Use(Scorer);", "foreach (var task in assignment.Tasks.Values) task.Use(Scorer);")),
    ];
}
