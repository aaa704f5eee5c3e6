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

    public ModelState?[] Models { get; }

    /// <summary>Each sensor's last value, NaN before the first of this history.</summary>
    public float[] Last { get; }

    /// <summary>Which sensors the current cell of the time grid has really seen, one bit each; null without a grid.</summary>
    public ulong[]? CellPresent { get; set; }

    /// <summary>The greatest event time seen, microseconds.</summary>
    public long StreamTimeUs { get; set; } = long.MinValue;

    /// <summary>Event time of the last reading that was let through; no earlier one follows.</summary>
    public long LastTimeUs { get; set; } = long.MinValue;

    /// <summary>The next point of the time grid that becomes a step.</summary>
    public long NextGridUs { get; set; } = long.MinValue;

    /// <summary>The next step of the time grid is the first of its history.</summary>
    public bool GridStarts { get; set; }

    /// <summary>Readings held back to order them, by event time; null where none ever was.</summary>
    public List<HeldReading>? Held { get; set; }

    /// <summary>Steps of this machine in the current batch; zero between batches.</summary>
    internal int Waiting { get; set; }

    /// <summary>No value of an earlier history is carried into a new one.</summary>
    public void Forget() => Last.AsSpan().Fill(float.NaN);
}

/// <summary>A reading that waits for its predecessors.</summary>
/// <param name="Late">It was more than maxGap older than its record.</param>
/// <param name="Values">By sensor; NaN where missing.</param>
public readonly record struct HeldReading(long TimeUs, long Offset, bool Late, string? TraceParent, float[] Values);
