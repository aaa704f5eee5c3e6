using PredMaint.Core.Alerts;
using PredMaint.Core.Readings;
using PredMaint.Core.Snapshots;

namespace PredMaint.Core.Machines;

/// <summary>What tasks share of the configuration.</summary>
/// <param name="Source">CloudEvents source of the alerts: <c>/predmaint/GROUP</c>.</param>
/// <param name="ReadingsTopic">For the alerts' positions.</param>
public sealed record TaskSettings(ReadingSettings Readings, string Source, string ReadingsTopic)
{
    /// <summary>Readings of a partition that a restore replays at most.</summary>
    public long ReplayMax { get; init; } = 300_000;

    /// <summary>A machine is saved when its oldest unsaved reading is this far behind the partition's clock.</summary>
    public TimeSpan SnapshotInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A machine silent for longer, by the partition's clock, is retired.</summary>
    public TimeSpan MachineTtl { get; init; } = TimeSpan.FromDays(30);

    public static string SourceOf(string group) => $"/predmaint/{Uri.EscapeDataString(group)}";
}

/// <summary>What one commit publishes of a partition, in order.</summary>
/// <param name="Position">Offset of the first reading that is not in it.</param>
/// <param name="Snapshots">Machines whose state goes to the state topic, as it is now.</param>
/// <param name="Removed">Machines whose state is deleted there.</param>
/// <param name="MovesOffset">False where it holds commands alone: then the committed offset does not tell whether it has succeeded.</param>
public sealed record TaskCommit(
    int Partition, long Position, IReadOnlyList<Transition> Transitions, IReadOnlyList<DeadLetter> DeadLetters,
    IReadOnlyList<Machine> Snapshots, IReadOnlyList<Machine> Removed, ControlRecord Control, bool MovesOffset = true);

/// <summary>What the brokers say of a partition when its state is read.</summary>
/// <param name="Committed">The group's committed offset, none pending; null where there is none.</param>
/// <param name="First">Offset of the oldest reading that is still there.</param>
/// <param name="StartAt">Where a partition begins that has neither offset nor state.</param>
/// <param name="CommandsFirst">Offset of the oldest command that is still there.</param>
/// <param name="CommandsEnd">End of the partition's commands.</param>
/// <param name="End">Of its readings, without those of open transactions.</param>
/// <param name="CommandsStartAt">As <paramref name="StartAt"/>, for the commands.</param>
public readonly record struct StartFacts(TopicIds Topics, long? Committed, long First, long StartAt, long CommandsFirst = 0, long CommandsEnd = 0, long End = long.MaxValue, long CommandsStartAt = 0);
