namespace PredMaint.Core.Machines;

/// <summary>
/// Everything that Admit, Score and Apply keep of one machine. A plain object: it is what a snapshot holds.
/// </summary>
public sealed class Machine
{
    /// <param name="key">The machine id, UTF-8.</param>
    /// <param name="models">By model entry; null where the entry's glob does not match.</param>
    public Machine(byte[] key, ModelState?[] models, int sensors)
    {
        Key = key;
        Models = models;
        Last = new float[sensors];
        Forget();
    }

    public byte[] Key { get; }

    public ModelState?[] Models { get; private set; }

    /// <summary>States of models that are not among <see cref="Models"/>; null where there are none.</summary>
    public List<Orphan>? Orphans { get; set; }

    /// <summary>Offset of the last record of this machine; a replay skips it and those before. -1 before the first in this partition.</summary>
    public long Through { get; set; } = -1;

    /// <summary>The partition's clock when the machine was last heard, microseconds.</summary>
    public long HeardClockUs { get; set; } = long.MinValue;

    internal bool WasHeard => HeardClockUs != long.MinValue;

    /// <summary>It was silent for machineTtl: nothing is left of it but the offset that a replay must skip.</summary>
    public bool IsRetired { get; set; }

    /// <summary>Each sensor's last value, NaN before the first of this history.</summary>
    public float[] Last { get; private set; }

    /// <summary>Which sensors the current cell of the time grid has really seen, one bit each; null without a grid.</summary>
    public ulong[]? CellPresent { get; set; }

    /// <summary>The greatest event time seen, microseconds.</summary>
    public long StreamTimeUs { get; set; } = long.MinValue;

    /// <summary>Event time of the last reading that was let through; no earlier one follows.</summary>
    public long LastTimeUs { get; set; } = long.MinValue;

    /// <summary>Offset of that reading.</summary>
    public long LastOffset { get; set; } = -1;

    /// <summary>The next point of the time grid that becomes a step.</summary>
    public long NextGridUs { get; set; } = long.MinValue;

    /// <summary>The next step of the time grid is the first of its history.</summary>
    public bool GridStarts { get; set; }

    /// <summary>Readings held back to order them, by event time; null where none ever was.</summary>
    public List<HeldReading>? Held { get; set; }

    /// <summary>Steps of this machine in the current batch; zero between batches.</summary>
    internal int Waiting { get; set; }

    /// <summary>Offset of the oldest reading that no snapshot holds; -1 where all are saved.</summary>
    internal long UnsavedFrom { get; set; } = -1;

    /// <summary>Something changed that a replay would not repeat: the next commit has to save it.</summary>
    internal bool MustBeSaved { get; set; }

    /// <summary>The commit that is being prepared saves it.</summary>
    internal bool IsBeingSaved { get; set; }

    /// <summary>Other models and sensors from now on; a snapshot has to be laid over it. What a commit keeps of it stays.</summary>
    internal void Become(ModelState?[] models, int sensors)
    {
        Models = models;
        Last = new float[sensors];
    }

    /// <summary>No value of an earlier history is carried into a new one.</summary>
    public void Forget() => Last.AsSpan().Fill(float.NaN);

    /// <summary>As if it had never been, but for how far it was read and when it was heard.</summary>
    /// <param name="keepsTakeOvers">Its models know nothing, but which of them speaks for it does not change.</param>
    public void Clear(bool keepsTakeOvers = false)
    {
        foreach (var model in Models) model?.Clear(keepsTakeOvers);
        if (keepsTakeOvers) Orphans?.ForEach(o => o.State.Clear(keepsTakeOvers));
        else Orphans = null;
        Forget();
        CellPresent = null;
        StreamTimeUs = LastTimeUs = NextGridUs = long.MinValue;
        LastOffset = -1;
        GridStarts = false;
        Held = null;
    }
}

/// <summary>A reading that waits for its predecessors.</summary>
/// <param name="Late">It was more than maxGap older than its record.</param>
/// <param name="Values">By sensor; NaN where missing.</param>
public readonly record struct HeldReading(long TimeUs, long Offset, bool Late, string? TraceParent, float[] Values);
