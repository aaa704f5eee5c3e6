using System.Text;
using PredMaint.Core.Alerts;
using PredMaint.Core.Machines;
using PredMaint.Core.Readings;
using PredMaint.Core.Snapshots;
using PredMaint.Worker.Line;

namespace PredMaint.Worker.State;

/// <summary>What the state topic holds of one machine: the last record of its key.</summary>
/// <param name="Bytes">Of key and value.</param>
/// <param name="Fault">Why the snapshot cannot be read; null where it can.</param>
public sealed record StoredMachine(Machine Machine, long Bytes, string? Fault)
{
    public string Id => Encoding.UTF8.GetString(Machine.Key);

    public IEnumerable<Orphan> Models => Machine.Orphans ?? [];
}

/// <summary>
/// What the state topic holds of a partition, beside what the brokers say of it. No model is needed: as a worker keeps the
/// state of models that it does not have, all of them are read as such.
/// </summary>
public sealed class StoredPartition(int partition, PartitionFacts facts)
{
    private readonly MachineCodec codec = new([], new SensorIndex([]));
    private readonly Dictionary<byte[], StoredMachine> machines = new(Utf8Comparer.Instance);

    public int Partition => partition;

    public PartitionFacts Facts => facts;

    /// <summary>Null where there is none that can be read.</summary>
    public ControlRecord? Control { get; private set; }

    public IReadOnlyCollection<StoredMachine> Machines => machines.Values;

    public long Records { get; private set; }

    /// <summary>Of all records that a restore reads; more than the machines' own where the topic is not compacted yet.</summary>
    public long BytesRead { get; private set; }

    /// <summary>How far each machine's snapshot is behind the partition's clock, ascending.</summary>
    public IReadOnlyList<TimeSpan> Ages => Control is not { } control ? [] :
        [.. machines.Values.Where(m => m.Fault is null).Select(m => TimeSpan.FromMicroseconds(control.ClockUs - m.Machine.HeardClockUs)).Order()];

    public StoredMachine? Find(string id) => machines.GetValueOrDefault(Encoding.UTF8.GetBytes(id));

    /// <summary>Takes the topic's next record.</summary>
    public void Take(Message<byte[], byte[]> record)
    {
        var bytes = record.Key.Length + (record.Value?.Length ?? 0);
        Records++;
        BytesRead += bytes;
        if (ControlRecord.Key.SequenceEqual(record.Key))
        {
            Control = null;
            if (record.Value is not null) Fault(() => Control = ControlRecord.Read(record.Value));
        }
        else if (record.Value is null) machines.Remove(record.Key);
        else
        {
            var machine = new Machine(record.Key, [], sensors: 0);
            var fault = Fault(() => codec.Read(record.Value, machine));
            machines[record.Key] = new StoredMachine(fault is null ? machine : new Machine(record.Key, [], sensors: 0), bytes, fault);
        }
    }

    /// <summary>
    /// What starts its machines cold: alerts that are known to be active are cleared, no snapshot is left, and the readings go
    /// on at the committed offset where that is still there, else at startAt; so do the commands, as far as the control record tells.
    /// </summary>
    public TaskCommit Reset(TaskSettings settings)
    {
        var start = facts.Start;
        var goesOn = start.Committed >= start.First && start.Committed <= start.End;
        var position = goesOn ? start.Committed!.Value : start.StartAt;
        var commands = !goesOn ? start.CommandsStartAt
            : Control is { } control && control.Topics.HasCommandsOf(start.Topics) ? Math.Clamp(control.CommandsPosition, start.CommandsFirst, start.CommandsEnd) : start.CommandsEnd;
        var closed = machines.Values.SelectMany(m => m.Models.Where(o => o.State.Alert.Active).Select(o => o.Close(settings, partition, m.Machine, "reset")));
        return new TaskCommit(
            partition, position, [.. closed], [], [], [.. machines.Values.Select(m => m.Machine)],
            new ControlRecord(start.Topics, position, position, long.MinValue, commands, long.MinValue));
    }

    private static string? Fault(Action read)
    {
        try
        {
            read();
            return null;
        }
        catch (StateException e)
        {
            return e.Message;
        }
    }
}
