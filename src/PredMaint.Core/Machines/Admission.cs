using PredMaint.Core.Readings;

namespace PredMaint.Core.Machines;

/// <summary>Orders, de-duplicates, fills and resamples the readings of a task's machines into steps.</summary>
internal sealed class Admission(PartitionTask task, ReadingSettings settings, Scorer scorer)
{
    /// <summary>Of a machine's readings that are held back: its snapshot has to fit into a message of Kafka. Beyond it the oldest goes on early.</summary>
    private const int MaxHeldBytes = 256 * 1024;

    private readonly long latenessUs = Us(settings.Lateness);
    private readonly long maxGapUs = Us(settings.MaxGap);
    private readonly long everyUs = Us(settings.Every);
    private readonly bool fillLast = settings.Fill == Fill.Last;
    private readonly int maxHeld = Math.Max(1, MaxHeldBytes / (sizeof(float) * scorer.Sensors.Count + 32));
    private readonly Stack<float[]> spare = new();
    private bool replays;

    /// <summary>Lets the reading through, or holds it back until no earlier one is waited for.</summary>
    /// <param name="isReplay">Its steps are taken in silence.</param>
    public void Add(Machine machine, Reading reading, bool isReplay)
    {
        replays = isReplay;
        if (reading.TimeUs == machine.LastTimeUs) { task.Counters.Duplicates++; return; }
        machine.StreamTimeUs = Math.Max(machine.StreamTimeUs, reading.TimeUs);
        // The second bound does not depend on what was let through, so what counts as late follows from stream time alone.
        if (reading.TimeUs < machine.LastTimeUs || reading.TimeUs < machine.StreamTimeUs - latenessUs)
        {
            task.Counters.Late++;
            task.Counters.LastLate = (task.Partition, reading.Offset);
            return;
        }
        // Some may still be held back from when the configuration had another lateness.
        if (latenessUs == 0 && machine.Held is not { Count: > 0 })
        {
            Release(machine, reading.TimeUs, reading.Offset, IsLate(reading), reading.TraceParent, reading.Values);
            return;
        }
        Hold(machine, reading);
        var held = machine.Held!;
        var released = 0;
        for (; released < held.Count && (held[released].TimeUs <= machine.StreamTimeUs - latenessUs || held.Count - released > maxHeld); released++)
        {
            var h = held[released];
            Release(machine, h.TimeUs, h.Offset, h.Late, h.TraceParent, h.Values);
            spare.Push(h.Values);
        }
        held.RemoveRange(0, released);
    }

    private void Hold(Machine machine, Reading reading)
    {
        var held = machine.Held ??= [];
        var at = held.Count;
        while (at > 0 && held[at - 1].TimeUs > reading.TimeUs) at--;
        if (at > 0 && held[at - 1].TimeUs == reading.TimeUs) { task.Counters.Duplicates++; return; }
        var values = spare.Count > 0 ? spare.Pop() : new float[reading.Values.Length];
        reading.Values.CopyTo(values, 0);
        held.Insert(at, new HeldReading(reading.TimeUs, reading.Offset, IsLate(reading), reading.TraceParent, values));
    }

    private void Release(Machine machine, long timeUs, long offset, bool late, string? traceParent, float[] values)
    {
        var starts = machine.LastTimeUs == long.MinValue;
        if (!starts && timeUs - machine.LastTimeUs > maxGapUs)
        {
            starts = true;
            task.Counters.Gaps++;
            machine.Forget();
            // A model that is absent here learns of the gap too.
            foreach (var orphan in machine.Orphans ?? []) orphan.State.Restart();
            machine.NextGridUs = long.MinValue;
        }
        machine.LastTimeUs = timeUs;
        machine.LastOffset = offset;
        var step = new Step(task, machine, timeUs, offset, late, traceParent, starts, replays);
        if (everyUs > 0) { Resample(machine, step, values); return; }
        Merge(machine, values);
        scorer.Add(step, out var stepValues, out var present);
        present.Clear();
        Mark(values, present);
        (fillLast ? machine.Last : values).CopyTo(stepValues);
    }

    /// <summary>A step at each point of the grid up to the reading's time; it takes the last values at or before its point.</summary>
    private void Resample(Machine machine, Step reading, float[] values)
    {
        machine.CellPresent ??= new ulong[PresenceBits.Words(values.Length)];
        // It stood still while the configuration had no grid, or is of another one.
        if (machine.NextGridUs != long.MinValue && (machine.NextGridUs % everyUs != 0 || reading.TimeUs - machine.NextGridUs > maxGapUs)) machine.NextGridUs = long.MinValue;
        if (machine.NextGridUs == long.MinValue)
        {
            machine.NextGridUs = CeilingToGrid(reading.TimeUs);
            machine.GridStarts = true;
            machine.CellPresent.AsSpan().Clear();
        }
        for (; machine.NextGridUs < reading.TimeUs; machine.NextGridUs += everyUs) AddCell(machine, reading);
        Merge(machine, values);
        Mark(values, machine.CellPresent);
        if (machine.NextGridUs != reading.TimeUs) return;
        AddCell(machine, reading);
        machine.NextGridUs += everyUs;
    }

    private void AddCell(Machine machine, in Step reading)
    {
        scorer.Add(reading with { TimeUs = machine.NextGridUs, StartsHistory = machine.GridStarts }, out var stepValues, out var present);
        machine.GridStarts = false;
        var cell = machine.CellPresent.AsSpan();
        cell.CopyTo(present);
        for (var i = 0; i < stepValues.Length; i++)
            stepValues[i] = fillLast || PresenceBits.Has(cell, i) ? machine.Last[i] : float.NaN;
        cell.Clear();
    }

    private bool IsLate(Reading reading) => reading.RecordTimeUs > reading.TimeUs + maxGapUs;

    private static void Merge(Machine machine, float[] values)
    {
        var last = machine.Last;
        for (var i = 0; i < values.Length; i++)
            if (!float.IsNaN(values[i])) last[i] = values[i];
    }

    /// <summary>Sets the bit of each sensor that has a value.</summary>
    private static void Mark(float[] values, Span<ulong> present)
    {
        for (var i = 0; i < values.Length; i++)
            if (!float.IsNaN(values[i])) PresenceBits.Set(present, i);
    }

    private long CeilingToGrid(long timeUs)
    {
        var below = timeUs % everyUs;
        return below == 0 ? timeUs : timeUs - below + (below < 0 ? 0 : everyUs);
    }

    internal static long Us(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;
}
