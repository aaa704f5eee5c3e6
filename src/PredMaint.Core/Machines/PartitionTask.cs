using System.Text;
using PredMaint.Core.Alerts;
using PredMaint.Core.Commands;
using PredMaint.Core.Readings;
using PredMaint.Core.Snapshots;

namespace PredMaint.Core.Machines;

/// <summary>
/// One partition's machines and everything that is decided about them. Readings are added in the partition's order; the
/// scorer applies their scores; transitions and dead letters are held in memory until a commit has published them, so an
/// aborted commit is simply prepared again. A task that is restored takes snapshots first, then replays in silence the
/// readings that they do not hold, and is live from the committed offset on.
/// </summary>
public sealed class PartitionTask
{
    /// <summary>Where more is held after a turn, a commit is due, so that a flood of dead letters cannot fill the memory.</summary>
    public const int MaxHeldBytes = 4 << 20;

    private readonly TaskSettings settings;
    private Scorer scorer;
    private Admission admission;
    private readonly Unsaved unsaved;
    private readonly Retirement retirement;
    private readonly Dictionary<byte[], Machine> machines = new(Utf8Comparer.Instance);
    private readonly Dictionary<byte[], Machine>.AlternateLookup<ReadOnlySpan<byte>> byKey;
    private readonly Dictionary<byte[], string> unreadable = new(Utf8Comparer.Instance);
    private readonly ActiveAlerts active = new();
    private readonly Outbox outbox = new();
    private ControlRecord? control;
    private TaskCommit? prepared;
    private TopicIds topics;
    private long committedPosition = -1;
    private long committedCommands;

    public PartitionTask(int partition, TaskSettings settings, Scorer scorer)
    {
        Partition = partition;
        this.settings = settings;
        this.scorer = scorer;
        admission = new Admission(this, settings.Readings, scorer);
        unsaved = new Unsaved(settings.ReplayMax, Admission.Us(settings.SnapshotInterval));
        retirement = new Retirement(Admission.Us(settings.MachineTtl));
        byKey = machines.GetAlternateLookup<ReadOnlySpan<byte>>();
        active.Expect(scorer.Entries);
    }

    public int Partition { get; }

    public TaskSettings Settings => settings;

    /// <summary>Offset of the next reading; -1 before the first.</summary>
    public long Position { get; private set; } = -1;

    /// <summary>Offset of the next command.</summary>
    public long CommandsPosition { get; private set; }

    /// <summary>The offset that was committed when the task began: readings before it are replayed.</summary>
    public long LiveFrom { get; private set; } = -1;

    /// <summary>False while it replays: nothing is decided, and nothing may be committed.</summary>
    public bool IsLive => Position >= LiveFrom;

    /// <summary>The partition's clock: the greatest event time, microseconds.</summary>
    public long ClockUs { get; private set; } = long.MinValue;

    public IReadOnlyCollection<Machine> Machines => machines.Values;

    /// <summary>How many alerts are active.</summary>
    public IReadOnlyDictionary<(string Kind, Severity Severity), int> ActiveAlerts => active.Counts;

    /// <summary>Those of the thread: they outlive its tasks.</summary>
    public TaskCounters Counters => scorer.Counters;

    /// <summary>There is something that no commit holds yet.</summary>
    public bool IsDirty => IsLive && (Position > committedPosition || CommandsPosition > committedCommands);

    public bool HasTransitions => outbox.Transitions.Count > 0;

    public int HeldBytes => outbox.Bytes;

    /// <summary>Takes a record of the state topic, in the topic's order: the last one of a key counts.</summary>
    /// <param name="isTombstone">The key has no value any more.</param>
    public void Restore(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isTombstone)
    {
        try
        {
            if (unreadable.Count > 0) unreadable.Remove(key.ToArray());
            if (key.SequenceEqual(ControlRecord.Key)) control = isTombstone ? null : ControlRecord.Read(value);
            else if (isTombstone) byKey.Remove(key);
            else scorer.Codec.Read(value, FindOrAdd(key));
        }
        catch (StateException e)
        {
            // It may be followed by one that can be read, or by the tombstone of a reset.
            unreadable[key.ToArray()] = e.Message;
        }
    }

    /// <summary>All state is read: says where the readings begin. They are replayed up to the committed offset, then the task is live.</summary>
    /// <returns>Offset of the first reading to be added.</returns>
    /// <exception cref="StateException">State, committed offset and readings topic contradict each other.</exception>
    public long Start(StartFacts facts)
    {
        topics = facts.Topics;
        foreach (var (key, why) in unreadable) throw Refuse($"the state of \"{Encoding.UTF8.GetString(key).TrimStart('\0')}\" cannot be read: {why}");
        if (control is null)
        {
            if (facts.Committed is { } offset) throw Refuse($"the group has committed offset {offset}, but the state topic has no control record of it");
            if (machines.Count > 0) throw Refuse($"the state topic has {machines.Count} machines, but no control record");
            // Committed even before a reading comes: the next owner would begin at the end of its own time, past what came in between.
            CommandsPosition = facts.CommandsStartAt;
            return Position = LiveFrom = facts.StartAt;
        }
        if (control.Topics.Contradiction(topics) is { } contradiction) throw Refuse(contradiction);
        if (facts.Committed is { } committed && committed != control.Position) throw Refuse($"the group's committed offset is {committed}, the state's is {control.Position}");
        if (control.Position > facts.End) throw Refuse($"the readings were processed up to offset {control.Position}, but end at {facts.End}: the brokers have lost some");
        if (facts.First > control.Position) throw Refuse($"the readings from offset {control.Position} to {facts.First} were deleted before they were read");
        var commands = control.Topics.HasCommandsOf(topics) ? control.CommandsPosition : facts.CommandsFirst;
        if (commands > facts.CommandsEnd) throw Refuse($"the commands were carried out up to offset {commands}, but end at {facts.CommandsEnd}: they are of another topic");
        (committedPosition, committedCommands, CommandsPosition) = (facts.Committed ?? -1, commands, Math.Max(commands, facts.CommandsFirst));
        Counters.CommandsLost += CommandsPosition - committedCommands;
        (LiveFrom, ClockUs) = (control.Position, control.ReplayClockUs);
        Position = Math.Max(control.ReplayFrom, facts.First);
        Counters.ReplayLost += Position - control.ReplayFrom;
        foreach (var machine in machines.Values) retirement.Watch(machine);
        active.Add(machines.Values, scorer.Entries);
        Pass(Position);
        return Position;
    }

    /// <summary>Says that no record is left before an offset: the log ends with records that are no readings.</summary>
    public void Pass(long offset)
    {
        Position = Math.Max(Position, offset);
        // Where readings were deleted from the range of the replay, its clock has not seen them.
        if (IsLive && control is not null) ClockUs = Math.Max(ClockUs, control.ClockUs);
    }

    /// <summary>Admits the partition's next record, reading or not. Scores follow when the scorer runs.</summary>
    public void Add(Reading reading)
    {
        var isReplay = reading.Offset < LiveFrom;
        Pass(reading.Offset + 1);
        if (reading.Fault == Fault.None && IsAhead(reading)) Reject(reading);
        if (reading.Fault != Fault.None)
        {
            if (!isReplay) Bury(reading.Letter());
            return;
        }
        var clockUs = ClockUs;
        ClockUs = Math.Max(ClockUs, reading.TimeUs);
        var machine = FindOrAdd(reading.Key);
        if (isReplay)
        {
            if (reading.Offset <= machine.Through) return;
            Counters.Replayed++;
        }
        else
        {
            Counters.Readings++;
            if (retirement.IsSilent(machine, clockUs)) Retire(machine);
            if (machine.Orphans is not null) CloseOrphans(machine, reason: null);
        }
        var isNew = !machine.WasHeard || machine.IsRetired;
        (machine.Through, machine.HeardClockUs, machine.IsRetired) = (reading.Offset, ClockUs, false);
        if (isNew) retirement.Watch(machine);
        unsaved.Mark(machine, reading.Offset, clockUs);
        admission.Add(machine, reading, isReplay);
    }

    /// <summary>Other models judge from now on; no step of the task waits to be scored. What is held for a commit stays.</summary>
    public void Use(Scorer next)
    {
        foreach (var machine in machines.Values) next.TakeOver(machine, scorer);
        (scorer, admission) = (next, new Admission(this, settings.Readings, next));
        active.Expect(next.Entries);
    }

    /// <summary>Carries out the partition's next command, or buries it; the task is live. The commit that moves on from it saves its machine.</summary>
    public void Add(Command command)
    {
        CommandsPosition = command.Offset + 1;
        Counters.Commands++;
        // Whether a commit has retired a silent machine yet must not matter.
        if (command.Fault == Fault.None && (!byKey.TryGetValue(command.Key, out var machine) || machine.IsRetired || retirement.IsSilent(machine, ClockUs)))
            command.Fail(Fault.UnknownMachine, "in this partition no reading of the machine is known, or it was retired; commands go where murmur2 of the key sends its readings");
        if (command.Fault == Fault.None) Reset(machines[command.Key!]);
        else Bury(command.Letter());
    }

    /// <summary>What a commit has to publish now. May be called again where the commit did not succeed.</summary>
    public TaskCommit Prepare()
    {
        while (retirement.TryNext(ClockUs, out var machine)) Retire(machine);
        unsaved.Choose(Position, ClockUs, scorer.MostSaved);
        return prepared = new TaskCommit(
            Partition, Position, [.. outbox.Transitions], [.. outbox.DeadLetters], [.. unsaved.Chosen], retirement.Removable(unsaved.ReplayFrom),
            new ControlRecord(topics, Position, unsaved.ReplayFrom, unsaved.ReplayClockUs, CommandsPosition, ClockUs),
            MovesOffset: Position > committedPosition);
    }

    /// <summary>The commit of what <see cref="Prepare"/> last gave has succeeded; nothing was added in between.</summary>
    public void Committed()
    {
        if (prepared is null || prepared.Position != Position || prepared.Control.CommandsPosition != CommandsPosition) throw new InvalidOperationException($"partition {Partition}: at {Position}, but what was committed ends at {prepared?.Position}");
        outbox.Clear();
        (committedPosition, committedCommands) = (Position, CommandsPosition);
        unsaved.Saved(Position, ClockUs);
        foreach (var machine in prepared.Removed)
        {
            retirement.Remove(machine);
            machines.Remove(machine.Key);
        }
        Counters.Snapshots += prepared.Snapshots.Count;
        prepared = null;
    }

    internal void Hold(Machine machine, Transition transition)
    {
        outbox.Add(transition);
        active.Follow(transition);
        Counters.Transitions++;
        unsaved.Require(machine);
    }

    /// <summary>One of its models took over from another: no message says so, but the next commit saves it.</summary>
    internal void Hold(Machine machine)
    {
        outbox.Bytes += scorer.MachineBytes;
        unsaved.Require(machine);
    }

    // The record's timestamp may be any number: added to or subtracted from it would overflow.
    private bool IsAhead(Reading reading) =>
        reading.RecordTimeUs is { } recorded && recorded < reading.TimeUs - Admission.Us(settings.Readings.MaxAhead);

    private static void Reject(Reading reading) =>
        reading.Fail(Fault.Ahead, $"timestamp {Rfc3339.Format(reading.TimeUs)} is ahead of the record's own, {Rfc3339.Format(reading.RecordTimeUs!.Value)}");

    private void Bury(DeadLetter letter)
    {
        outbox.Add(letter);
        Counters.DeadLetters++;
    }

    private Machine FindOrAdd(ReadOnlySpan<byte> key)
    {
        if (byKey.TryGetValue(key, out var machine)) return machine;
        machine = scorer.CreateMachine(key.ToArray(), Encoding.UTF8.GetString(key));
        machines.Add(machine.Key, machine);
        return machine;
    }

    /// <summary>The machine's alerts are cleared and its history starts anew; it was heard, and is read on where it was.</summary>
    private void Reset(Machine machine)
    {
        CloseAlerts(machine, "reset");
        machine.Clear(keepsTakeOvers: true);
        unsaved.Require(machine);
    }

    /// <summary>Nothing is left of a silent machine: its alerts are cleared, and should it come back it is a new one.</summary>
    private void Retire(Machine machine)
    {
        CloseAlerts(machine, "retired");
        machine.Clear();
        machine.IsRetired = true;
        Counters.Retired++;
        unsaved.Require(machine);
        retirement.Watch(machine);
    }

    /// <summary>Clears all alerts of a machine without a score.</summary>
    private void CloseAlerts(Machine machine, string reason)
    {
        // Steps that wait may still raise one.
        scorer.Score();
        for (var i = 0; i < machine.Models.Length; i++)
            if (machine.Models[i] is { Alert: { Active: true } alert }) Close(machine, scorer.Entries[i].AlertModel, alert, reason);
        CloseOrphans(machine, reason);
    }

    /// <param name="reason">Null where it is that the models are gone.</param>
    private void CloseOrphans(Machine machine, string? reason)
    {
        foreach (var orphan in machine.Orphans ?? [])
            if (orphan.State.Alert.Active)
                Close(machine, orphan.Model, orphan.State.Alert, reason ?? (scorer.IsReplaced(machine, orphan.Model) ? AlertWriter.Replaced : "model-removed"));
    }

    private void Close(Machine machine, AlertModel model, AlertState alert, string reason)
    {
        alert.End();
        Hold(machine, AlertWriter.Close(settings, Partition, machine, model, alert, reason));
    }

    private StateException Refuse(string why) => new(
        $"partition {Partition}: {why}; `predmaint state inspect` shows what is there, `predmaint state reset --partition {Partition}` starts its machines cold");
}
