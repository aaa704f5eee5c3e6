using PredMaint.Simulation.Kafka;

namespace PredMaint.Simulation.Runs;

/// <summary>Sends a partition's readings in time, some of them in transactions, some of those aborted.</summary>
internal sealed class Gateway(IReadOnlyList<Sent> sent, PartitionLog log)
{
    private Transaction? open;
    private int next;

    public bool IsDone => next == sent.Count;

    /// <summary>When it sends the next record.</summary>
    public TimeSpan Due { get; private set; }

    /// <summary>Offset of the last one that a worker gets to see; -1 where there is none.</summary>
    public long LastReading { get; } = Last(sent);

    public void Turn(TimeSpan now, Random random)
    {
        for (; Due <= now && !IsDone; next++)
        {
            var record = sent[next];
            if (record.Commits is { } commits)
            {
                open!.IsCommitted = commits;
                log.Mark(open, record.TimestampMs);
                open = null;
            }
            else
            {
                if (record.Transaction > 0) open ??= new Transaction("gateway") { Deadline = TimeSpan.MaxValue };
                log.Append(record.Key, record.Value, null, record.TimestampMs, open);
            }
            // By bursts.
            if (random.Next(3) == 0) Due = now + TimeSpan.FromMilliseconds(random.Next(60));
        }
        if (IsDone) Due = TimeSpan.MaxValue;
    }

    private static long Last(IReadOnlyList<Sent> sent)
    {
        var aborted = Scenario.Aborted(sent);
        for (var i = sent.Count - 1; i >= 0; i--)
            if (sent[i].Commits is null && !aborted.Contains(sent[i].Transaction)) return i;
        return -1;
    }
}
