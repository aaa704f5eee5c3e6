using PredMaint.Core.Machines;
using PredMaint.Core.Readings;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Telemetry;

namespace PredMaint.Worker.Line;

/// <summary>Says in the log what became no step: dead letters and late readings. The first at once, a flood as one line every ten seconds.</summary>
internal sealed class RejectionLog(TopicNames topics, TaskCounters counters, ILogger log, TimeProvider time)
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    private readonly LogThrottle deadLetters = new(time, Silence);
    private readonly LogThrottle lateReadings = new(time, Silence);
    private DeadLetter? last;
    private long count;
    private long late = counters.Late;

    public void Count(IReadOnlyList<DeadLetter> letters)
    {
        if (letters.Count == 0) return;
        count += letters.Count;
        last = letters[^1];
    }

    /// <summary>Tells what was counted since the last time, where it is time.</summary>
    public void Tell()
    {
        if (last is not null && deadLetters.IsTime())
        {
            log.LogWarning("{Count} records went to {DeadLetters}, the last from {Topic}, partition {Partition}, offset {Offset}: {Reason} ({Detail})",
                count, topics.DeadLetters, last.IsCommand ? topics.Commands : topics.Readings, last.Partition, last.Offset, last.Reason, last.Detail);
            (count, last) = (0, null);
        }
        if (counters.Late == late || !lateReadings.IsTime()) return;
        log.LogWarning("{Count} readings were dropped as late, the last from {Topic}, partition {Partition}, offset {Offset}: a machine's later ones had been processed (readings.lateness waits for them)",
            counters.Late - late, topics.Readings, counters.LastLate.Partition, counters.LastLate.Offset);
        late = counters.Late;
    }
}
