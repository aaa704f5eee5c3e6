using System.Text;
using PredMaint.Core.Alerts;
using PredMaint.Core.Readings;

namespace PredMaint.Core.Machines;

/// <summary>What tasks share of the configuration.</summary>
/// <param name="Source">CloudEvents source of the alerts: <c>/predmaint/GROUP</c>.</param>
/// <param name="ReadingsTopic">For the alerts' positions.</param>
public sealed record TaskSettings(ReadingSettings Readings, string Source, string ReadingsTopic)
{
    public static string SourceOf(string group) => $"/predmaint/{Uri.EscapeDataString(group)}";
}

/// <summary>What one commit publishes of a partition, in order.</summary>
/// <param name="Position">Offset of the first reading that is not in it.</param>
public sealed record TaskCommit(int Partition, long Position, IReadOnlyList<Transition> Transitions, IReadOnlyList<DeadLetter> DeadLetters);

/// <summary>
/// One partition's machines and everything that is decided about them. Readings are added in the partition's order; the
/// scorer applies their scores; transitions and dead letters are held in memory until a commit has published them, so an
/// aborted commit is simply prepared again.
/// </summary>
public sealed class PartitionTask
{
    /// <summary>What is held for a commit stays below this, so that a flood of dead letters cannot fill the memory.</summary>
    public const int MaxHeldBytes = 4 << 20;

    private readonly TaskSettings settings;
    private readonly Scorer scorer;
    private readonly Admission admission;
    private readonly Dictionary<byte[], Machine> machines = new(Utf8Comparer.Instance);
    private readonly Dictionary<byte[], Machine>.AlternateLookup<ReadOnlySpan<byte>> byKey;
    private readonly List<Transition> transitions = [];
    private readonly List<DeadLetter> deadLetters = [];
    private long committedPosition = -1;

    public PartitionTask(int partition, TaskSettings settings, Scorer scorer)
    {
        Partition = partition;
        this.settings = settings;
        this.scorer = scorer;
        admission = new Admission(this, settings.Readings, scorer);
        byKey = machines.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    public int Partition { get; }

    public TaskSettings Settings => settings;

    /// <summary>Offset of the next reading; -1 before the first.</summary>
    public long Position { get; private set; } = -1;

    /// <summary>The partition's clock: the greatest event time, microseconds.</summary>
    public long ClockUs { get; private set; } = long.MinValue;

    public IReadOnlyCollection<Machine> Machines => machines.Values;

    /// <summary>Those of the thread: they outlive its tasks.</summary>
    public TaskCounters Counters => scorer.Counters;

    /// <summary>Something was admitted that no commit holds yet.</summary>
    public bool IsDirty => Position > committedPosition;

    public bool HasTransitions => transitions.Count > 0;

    public int HeldBytes { get; private set; }

    /// <summary>Begins at an offset that no commit holds yet; the next one will, else a restart could begin elsewhere.</summary>
    public void BeginAt(long offset) => Position = offset;

    /// <summary>Admits the partition's next record, reading or not. Scores follow when the scorer runs.</summary>
    public void Add(Reading reading)
    {
        Position = reading.Offset + 1;
        if (reading.Fault == Fault.None && IsAhead(reading)) Reject(reading);
        if (reading.Fault != Fault.None) { Bury(reading); return; }
        Counters.Readings++;
        ClockUs = Math.Max(ClockUs, reading.TimeUs);
        admission.Add(FindOrAdd(reading.Key), reading);
    }

    /// <summary>What a commit has to publish now. May be called again where the commit did not succeed.</summary>
    public TaskCommit Prepare() => new(Partition, Position, [.. transitions], [.. deadLetters]);

    /// <summary>The commit of what <see cref="Prepare"/> last gave has succeeded.</summary>
    public void Committed()
    {
        transitions.Clear();
        deadLetters.Clear();
        HeldBytes = 0;
        committedPosition = Position;
    }

    internal void Hold(Transition transition)
    {
        transitions.Add(transition);
        HeldBytes += transition.Json.Length;
        Counters.Transitions++;
    }

    // The record's timestamp may be any number: added to or subtracted from it would overflow.
    private bool IsAhead(Reading reading) =>
        reading.RecordTimeUs is { } recorded && recorded < reading.TimeUs - settings.Readings.MaxAhead.Ticks / TimeSpan.TicksPerMicrosecond;

    private static void Reject(Reading reading) =>
        reading.Fail(Fault.Ahead, $"timestamp {Rfc3339.Format(reading.TimeUs)} is ahead of the record's own, {Rfc3339.Format(reading.RecordTimeUs!.Value)}");

    private void Bury(Reading reading)
    {
        var letter = new DeadLetter(reading.HasKey ? reading.Key.ToArray() : null, reading.HasValue ? reading.Value.ToArray() : null, reading.Fault, reading.FaultDetail, reading.Partition, reading.Offset);
        deadLetters.Add(letter);
        HeldBytes += (letter.Key?.Length ?? 0) + (letter.Value?.Length ?? 0);
        Counters.DeadLetters++;
    }

    private Machine FindOrAdd(ReadOnlySpan<byte> key)
    {
        if (byKey.TryGetValue(key, out var machine)) return machine;
        machine = scorer.CreateMachine(key.ToArray(), Encoding.UTF8.GetString(key));
        machines.Add(machine.Key, machine);
        return machine;
    }
}
