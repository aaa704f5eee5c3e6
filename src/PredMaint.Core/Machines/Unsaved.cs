namespace PredMaint.Core.Machines;

/// <summary>
/// Which machines have readings that no snapshot holds, and which of them the next commit saves: those whose state changed
/// in a way that a replay would not repeat, those whose oldest unsaved reading is replayMax offsets or snapshotInterval of
/// the partition's clock behind, and of the others, oldest first, as many as spread the work evenly over that span.
/// </summary>
internal sealed class Unsaved(long replayMax, long intervalUs)
{
    private readonly Queue<Entry> queue = new();
    private readonly List<Machine> changed = [];
    private readonly List<Machine> chosen = [];
    private int count;
    private double share;
    private double nextShare;
    private long savedPosition = -1;
    private long savedClockUs = long.MinValue;

    /// <summary>The smallest offset that some machine has absorbed and no snapshot holds once the chosen are saved.</summary>
    public long ReplayFrom { get; private set; }

    /// <summary>The partition's clock before that reading, microseconds.</summary>
    public long ReplayClockUs { get; private set; }

    /// <summary>What the next commit has to save.</summary>
    public IReadOnlyList<Machine> Chosen => chosen;

    /// <summary>The machine has taken in a reading.</summary>
    /// <param name="clockUs">The partition's clock before it.</param>
    public void Mark(Machine machine, long offset, long clockUs)
    {
        if (machine.UnsavedFrom >= 0) return;
        machine.UnsavedFrom = offset;
        count++;
        queue.Enqueue(new Entry(machine, offset, clockUs));
    }

    /// <summary>The next commit has to save it.</summary>
    public void Require(Machine machine)
    {
        if (machine.MustBeSaved) return;
        machine.MustBeSaved = true;
        changed.Add(machine);
    }

    /// <summary>Chooses anew; what was chosen for a commit that failed is forgotten.</summary>
    /// <param name="most">Machines saved beside those that changed: a transaction has to fit into its time-out.</param>
    public void Choose(long position, long clockUs, int most)
    {
        foreach (var machine in chosen) machine.IsBeingSaved = false;
        chosen.Clear();
        foreach (var machine in changed) Take(machine);
        nextShare = share + Span(position, clockUs) * count;
        (ReplayFrom, ReplayClockUs) = (position, clockUs);
        var taken = 0;
        foreach (var entry in queue)
        {
            if (entry.IsStale || entry.Machine.IsBeingSaved) continue;
            var isDue = position - entry.From >= replayMax || clockUs - entry.ClockUs >= intervalUs;
            if (taken == most || (!isDue && nextShare < 1))
            {
                (ReplayFrom, ReplayClockUs) = (entry.From, entry.ClockUs);
                return;
            }
            Take(entry.Machine);
            nextShare--;
            taken++;
        }
    }

    /// <summary>The commit that saved the chosen has succeeded.</summary>
    public void Saved(long position, long clockUs)
    {
        foreach (var machine in chosen)
        {
            if (machine.UnsavedFrom >= 0) count--;
            machine.UnsavedFrom = -1;
            machine.MustBeSaved = machine.IsBeingSaved = false;
        }
        chosen.Clear();
        changed.Clear();
        while (queue.TryPeek(out var oldest) && oldest.IsStale) queue.Dequeue();
        // What was saved because it was due is not owed to later commits; what nobody needed is not saved up.
        share = Math.Clamp(nextShare, 0, 1);
        (savedPosition, savedClockUs) = (position, clockUs);
    }

    /// <summary>How much of the span between two snapshots of a machine has passed since the last commit.</summary>
    private double Span(long position, long clockUs)
    {
        if (savedPosition < 0) return 0;
        var ofClock = savedClockUs == long.MinValue ? 0 : (double)(clockUs - savedClockUs) / intervalUs;
        return Math.Min(1, Math.Max((double)(position - savedPosition) / replayMax, ofClock));
    }

    private void Take(Machine machine)
    {
        machine.IsBeingSaved = true;
        chosen.Add(machine);
    }

    private readonly record struct Entry(Machine Machine, long From, long ClockUs)
    {
        /// <summary>The machine was saved since.</summary>
        public bool IsStale => Machine.UnsavedFrom != From;
    }
}
