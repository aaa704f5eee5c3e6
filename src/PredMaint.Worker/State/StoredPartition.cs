using Confluent.Kafka;
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
    public IEnumerable<Orphan> Models => Machine.Orphans ?? [];
}

/// <summary>
/// What the state topic holds of a partition, beside what the brokers say of it. No model is needed: as a worker keeps the
/// state of models that it does not have, all of them are read as such.
/// </summary>
public sealed class StoredPartition(int partition, PartitionFacts facts)
{
    // A codec is made for its models alone; without any it knows no sensor either.
    private readonly MachineCodec codec = new([], new SensorIndex([]));
    private readonly Dictionary<byte[], StoredMachine> machines = new(Utf8Comparer.Instance);

    public int Partition => partition;

    public PartitionFacts Facts => facts;

    public ControlRecord? Control { get; private set; }

    /// <summary>Why there is none that can be read.</summary>
    public string ControlFault { get; private set; } = "there is none";

    public IReadOnlyCollection<StoredMachine> Machines => machines.Values;

    public long Records { get; private set; }

    /// <summary>Of all records that a restore reads; more than the machines' own where the topic is not compacted yet.</summary>
    public long BytesRead { get; private set; }

    /// <summary>How far each machine's snapshot is behind the partition's clock, ascending.</summary>
    public IReadOnlyList<TimeSpan> Ages => Control is not { } control ? [] :
        [.. machines.Values.Where(m => m.Fault is null).Select(m => TimeSpan.FromMicroseconds(control.ClockUs - m.Machine.HeardClockUs)).Order()];

    public StoredMachine? Find(byte[] key) => machines.GetValueOrDefault(key);

    /// <summary>Takes the topic's next record.</summary>
    public void Take(Message<byte[], byte[]> record)
    {
        Records++;
        BytesRead += Size(record);
        try
        {
            if (ControlRecord.Key.SequenceEqual(record.Key)) TakeControl(record.Value);
            else if (record.Value is null) machines.Remove(record.Key);
            else machines[record.Key] = Read(record);
        }
        catch (StateException e)
        {
            ControlFault = e.Message;
        }
    }

    /// <summary>
    /// What starts its machines cold: alerts that are known to be active are cleared, no snapshot is left, and the readings go
    /// on at the committed offset where that is still there, else at startAt.
    /// </summary>
    public TaskCommit Reset(TaskSettings settings)
    {
        var start = facts.Start;
        var position = start.Committed is { } committed && committed >= start.First && committed <= facts.ReadingsEnd ? committed : start.StartAt;
        return new TaskCommit(
            partition, position, [.. machines.Values.SelectMany(m => Closed(m, settings))], [], [], [.. machines.Values.Select(m => m.Machine)],
            new ControlRecord(start.TopicId, position, position, long.MinValue, start.CommandsEnd, long.MinValue));
    }

    private void TakeControl(byte[]? value)
    {
        (Control, ControlFault) = (null, "there is none");
        if (value is not null) Control = ControlRecord.Read(value);
    }

    private StoredMachine Read(Message<byte[], byte[]> record)
    {
        var machine = new Machine(record.Key, [], sensors: 0);
        try
        {
            codec.Read(record.Value, machine);
            return new StoredMachine(machine, Size(record), null);
        }
        catch (StateException e)
        {
            return new StoredMachine(new Machine(record.Key, [], sensors: 0), Size(record), e.Message);
        }
    }

    private IEnumerable<Transition> Closed(StoredMachine machine, TaskSettings settings) =>
        machine.Models.Where(m => m.State.Alert.Active).Select(m => m.Close(settings, partition, machine.Machine, "reset"));

    private static long Size(Message<byte[], byte[]> record) => record.Key.Length + (record.Value?.Length ?? 0);
}
