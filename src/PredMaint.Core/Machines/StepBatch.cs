using PredMaint.Core.Readings;

namespace PredMaint.Core.Machines;

/// <summary>One step of one machine, waiting to be scored.</summary>
/// <param name="Offset">Of the reading that completed the step.</param>
/// <param name="Late">That reading was more than maxGap older than its record: a backlog.</param>
/// <param name="StartsHistory">The first step after a start or a gap.</param>
/// <param name="IsReplay">What it leads to was published before: it counts, and nothing is decided.</param>
public readonly record struct Step(PartitionTask Task, Machine Machine, long TimeUs, long Offset, bool Late, string? TraceParent, bool StartsHistory, bool IsReplay);

/// <summary>The steps that are scored together, of all partitions of a thread, in the order of admission.</summary>
public sealed class StepBatch(int sensors, int capacity)
{
    private readonly int words = PresenceBits.Words(sensors);
    private readonly Step[] steps = new Step[capacity];
    private readonly float[] values = new float[capacity * sensors];
    private readonly ulong[] present = new ulong[capacity * PresenceBits.Words(sensors)];

    public int Count { get; private set; }

    public bool IsFull => Count == steps.Length;

    public ref readonly Step this[int index] => ref steps[index];

    /// <summary>By sensor; NaN where there is none.</summary>
    public ReadOnlySpan<float> Values(int index) => values.AsSpan(index * sensors, sensors);

    /// <summary>True where the sensor's value was really read, not filled in.</summary>
    public bool IsPresent(int index, int sensor) => PresenceBits.Has(present.AsSpan(index * words), sensor);

    /// <summary>Appends a step; the caller fills its values and, a bit a sensor, which are real.</summary>
    public void Add(in Step step, out Span<float> stepValues, out Span<ulong> stepPresent)
    {
        steps[Count] = step;
        stepValues = values.AsSpan(Count * sensors, sensors);
        stepPresent = present.AsSpan(Count * words, words);
        Count++;
    }

    public void Clear()
    {
        // The references would keep machines of lost partitions alive.
        steps.AsSpan(0, Count).Clear();
        Count = 0;
    }
}
