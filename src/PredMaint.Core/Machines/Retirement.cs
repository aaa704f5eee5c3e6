namespace PredMaint.Core.Machines;

/// <summary>Finds the machines that have been silent for machineTtl of the partition's clock, and the retired ones whose state can go.</summary>
internal sealed class Retirement(long ttlUs)
{
    // By when a machine was heard as far as is known here: it may have been heard since.
    private readonly PriorityQueue<Machine, long> byHeard = new();
    private readonly HashSet<Machine> retired = [];

    public void Watch(Machine machine)
    {
        if (machine.IsRetired) retired.Add(machine);
        else byHeard.Enqueue(machine, machine.HeardClockUs);
    }

    public bool IsSilent(Machine machine, long clockUs) => !machine.IsRetired && machine.WasHeard && clockUs > machine.HeardClockUs + ttlUs;

    /// <summary>The next machine that is silent, by the clock.</summary>
    public bool TryNext(long clockUs, out Machine machine)
    {
        while (byHeard.TryPeek(out machine!, out var heardUs) && clockUs > heardUs + ttlUs)
        {
            byHeard.Dequeue();
            if (IsSilent(machine, clockUs)) return true;
            Watch(machine);
        }
        return false;
    }

    /// <summary>
    /// Those that are saved as retired, and whose readings no replay meets again: without their state it would take the
    /// machine for a new one.
    /// </summary>
    public List<Machine> Removable(long replayFrom)
    {
        if (retired.Count == 0) return [];
        retired.RemoveWhere(m => !m.IsRetired);
        return [.. retired.Where(m => !m.MustBeSaved && m.UnsavedFrom < 0 && m.Through < replayFrom)];
    }

    public void Remove(Machine machine) => retired.Remove(machine);
}
