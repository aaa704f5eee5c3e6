using PredMaint.Core.Readings;

namespace PredMaint.Worker.Line;

/// <summary>Says in the log that records went to the dead-letter topic: the first at once, a flood as one line every ten seconds.</summary>
internal sealed class DeadLetterLog(ILogger log, TimeProvider time)
{
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    private DeadLetter? last;
    private long count;
    private long? told;

    public void Count(IReadOnlyList<DeadLetter> letters)
    {
        if (letters.Count == 0) return;
        count += letters.Count;
        last = letters[^1];
    }

    /// <summary>Tells what was counted since the last time, where it is time.</summary>
    public void Tell()
    {
        if (last is null || (told is { } at && time.GetElapsedTime(at) < Silence)) return;
        log.LogWarning("{Count} records went to the dead-letter topic, the last from partition {Partition}, offset {Offset}: {Reason}",
            count, last.Partition, last.Offset, last.Reason);
        told = time.GetTimestamp();
        (count, last) = (0, null);
    }
}
