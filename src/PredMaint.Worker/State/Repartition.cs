using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;
using PredMaint.Core.Snapshots;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Line;
using PredMaint.Worker.Topics;

namespace PredMaint.Worker.State;

/// <summary>
/// Moves the machines' state to where their readings go since the readings topic has grown:
/// (1) restore the old partitions and replay what no snapshot holds, as a line does; (2) go on with the readings that the
/// workers had left, in the old order, and commit; (3) grow the state topic; (4) write every machine to its new partition,
/// with all control records and offsets, in one transaction; (5) grow the commands topic. A worker refuses to run until (5),
/// and whatever interrupts it, the same again finishes it.
/// </summary>
public sealed class Repartition
{
    private readonly GroupState group;
    private readonly WorkerOptions options;
    private readonly IReadOnlyDictionary<string, TopicFacts> topics;
    private readonly Scorer scorer;
    private readonly Dictionary<int, PartitionTask> tasks = [];
    private readonly HashSet<int> controls = [];
    private readonly HashSet<int> later = [];
    private IReadOnlyDictionary<int, PartitionFacts> facts = new Dictionary<int, PartitionFacts>();

    public Repartition(GroupState group, WorkerOptions options, IReadOnlyList<ModelEntry> models, IReadOnlyDictionary<string, TopicFacts> topics)
    {
        (this.group, this.options, this.topics) = (group, options, topics);
        To = topics[options.Topics.Readings].Partitions;
        scorer = new Scorer(models, Scorer.SensorsOf(models), options.Readings, options.BatchMax, new TaskCounters());
    }

    public int From { get; private set; }

    public int To { get; }

    /// <summary>Commands in the old partitions that no worker has carried out.</summary>
    public long WaitingCommands => tasks.Values.Sum(t => facts[t.Partition].Start.CommandsEnd - t.CommandsPosition);

    /// <summary>Readings in the old partitions that no worker has processed.</summary>
    public long WaitingReadings => tasks.Values.Sum(t => facts[t.Partition].Start.End - t.LiveFrom);

    public int Machines => tasks.Values.Sum(t => t.Machines.Count(m => !m.IsRetired));

    public int Moved => tasks.Values.Sum(t => t.Machines.Count(m => !m.IsRetired && Murmur2.Partition(m.Key, To) != t.Partition));

    /// <summary>Reads the state; false where there is nothing to move.</summary>
    public bool Restore()
    {
        foreach (var name in (string[])[options.Topics.State, options.Topics.Commands])
            if (topics[name].Partitions is var many && many > To) throw new StateException($"topic {name} has {many} partitions, {options.Topics.Readings} only {To}; {TopicPlan.Cure(options.Topics, name, many, To)}");
        var count = topics[options.Topics.State].Partitions;
        facts = group.Ask(Enumerable.Range(0, count));
        foreach (var partition in facts.Keys) tasks.Add(partition, new PartitionTask(partition, options.TaskSettings(), scorer));
        group.ReadState(facts, (partition, record) =>
        {
            if (ControlRecord.Key.SequenceEqual(record.Key)) controls.Add(partition);
            tasks[partition].Restore(record.Key, record.Value, isTombstone: record.Value is null);
        });
        From = OldCount(count, topics[options.Topics.Commands].Partitions);
        for (var partition = From; partition < To; partition++) tasks.Remove(partition);
        if (From == To) return false;
        foreach (var (partition, task) in tasks)
        {
            task.Start(facts[partition].Start);
            foreach (var machine in task.Machines) RequirePlace(machine.Key, From, partition, "stands");
        }
        return true;
    }

    /// <exception cref="StateException">The readings or the state are not where the machines' keys put them.</exception>
    public async Task MoveAsync()
    {
        group.RequireNoMembers();
        // (1) Replay, (2) go on
        group.ReadReadings(tasks.ToDictionary(t => t.Key, t => t.Value.Position), Take, (partition, end) => tasks[partition].Pass(later.Contains(partition) ? 0 : end));
        Commit();
        // (3) Grow, (4) move
        await TopicAdmin.GrowAsync(group.Admin, topics[options.Topics.State], To);
        facts = group.Ask(Enumerable.Range(0, To));
        group.Commit(Plan());
        await GrowCommandsAsync();
    }

    /// <summary>(5), the sign that all is done.</summary>
    public Task GrowCommandsAsync() => TopicAdmin.GrowAsync(group.Admin, topics[options.Topics.Commands], To);

    /// <summary>An earlier run that was interrupted may have grown the state topic, and may have moved the machines.</summary>
    private int OldCount(int state, int commands)
    {
        if (state < To) return state;
        if (commands < To) return controls.Any(c => c >= commands) ? To : commands;
        return controls.Count == 0 ? To : controls.Max() + 1;
    }

    /// <summary>
    /// A reading that no worker has processed belongs to the old order or to the new one, by its key. Those of the new order
    /// stay for the workers; one of the old order behind them would be torn from its machine.
    /// </summary>
    private void Take(Reading reading)
    {
        var task = tasks[reading.Partition];
        if (reading.Fault != Fault.Key)
        {
            if (reading.Offset < task.LiveFrom) RequirePlace(reading.Key, From, reading.Partition, "stands");
            else if (Murmur2.Partition(reading.Key, From) != reading.Partition) later.Add(reading.Partition);
            if (later.Contains(reading.Partition)) RequirePlace(reading.Key, To, reading.Partition, $"has a reading at offset {reading.Offset} behind those of the new order");
        }
        if (later.Contains(reading.Partition)) return;
        task.Add(reading);
        if (task.HeldBytes > PartitionTask.MaxHeldBytes) Commit();
    }

    private void Commit()
    {
        scorer.Score();
        var dirty = tasks.Values.Where(t => t.IsDirty).ToList();
        if (dirty.Count == 0) return;
        group.Commit([.. dirty.Select(t => t.Prepare())]);
        foreach (var task in dirty) task.Committed();
    }

    /// <summary>What each partition has when all is done; a machine that comes from another has read nothing of its new one.</summary>
    private List<TaskCommit> Plan()
    {
        // No replay meets a retired machine's readings any more.
        var going = tasks.Values.SelectMany(t => t.Machines.Where(m => m.IsRetired || Murmur2.Partition(m.Key, To) != t.Partition).Select(m => (t.Partition, Machine: m))).ToLookup(g => g.Partition, g => g.Machine);
        foreach (var machine in going.SelectMany(g => g)) machine.Through = -1;
        var coming = tasks.Values.SelectMany(t => t.Machines).Where(m => !m.IsRetired).ToLookup(m => Murmur2.Partition(m.Key, To));
        return [.. Enumerable.Range(0, To).Select(p => Commit(p, [.. coming[p]], [.. going[p]]))];
    }

    private TaskCommit Commit(int partition, List<Machine> coming, List<Machine> going)
    {
        var task = tasks.GetValueOrDefault(partition);
        // In a new partition no reading has been read, and its clock is what its machines have heard.
        var position = task?.Position ?? facts[partition].Start.First;
        var clockUs = task?.ClockUs ?? (coming.Count == 0 ? long.MinValue : coming.Max(m => m.HeardClockUs));
        var control = new ControlRecord(facts[0].Start.Topics, position, position, clockUs, task?.CommandsPosition ?? 0, clockUs);
        return new TaskCommit(partition, position, [], [], coming, going, control);
    }

    private void RequirePlace(ReadOnlySpan<byte> key, int partitions, int partition, string what)
    {
        if (Murmur2.Partition(key, partitions) != partition) throw new StateException(
            $"partition {partition}: machine {System.Text.Encoding.UTF8.GetString(key)} {what}, but murmur2 over {partitions} partitions puts it into {Murmur2.Partition(key, partitions)}; `predmaint state reset` starts all machines cold");
    }
}
