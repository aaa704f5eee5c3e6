using PredMaint.Core.Snapshots;
using PredMaint.Simulation.Kafka;

namespace PredMaint.Simulation.Runs;

/// <summary>Sends a partition's readings in time, some of them in transactions, some of those aborted; and its commands.</summary>
/// <param name="control">The control record that was committed last; null before the first.</param>
internal sealed class Gateway(IReadOnlyList<Sent> sent, PartitionLog log, PartitionLog commands, Func<ControlRecord?> control)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(5);

    private Transaction? open;
    private int next;
    private int asked = -1;

    public bool IsDone => next == sent.Count;

    /// <summary>When it sends the next record.</summary>
    public TimeSpan Due { get; private set; }

    /// <summary>Offset of the last one that a worker gets to see; -1 where there is none.</summary>
    public long LastReading { get; } = Last(sent, sent.Count);

    public void Turn(TimeSpan now, Random random)
    {
        for (; Due <= now && !IsDone; next++)
        {
            var record = sent[next];
            if (record.Command is { } command && !IsCarriedOut(command, record.TimestampMs))
            {
                Due = now + LookAgain;
                return;
            }
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

    private bool IsCarriedOut((byte[] Machine, byte[] Value) command, long timestampMs)
    {
        if (control() is not { } committed) return false;
        if (asked < next && committed.Position > Last(sent, next))
        {
            commands.Append(command.Machine, command.Value, null, timestampMs, null);
            asked = next;
        }
        return asked == next && committed.CommandsPosition == commands.End;
    }

    /// <summary>Of those before a place, the last one that a worker gets to see; -1 where there is none.</summary>
    private static long Last(IReadOnlyList<Sent> sent, int before)
    {
        var aborted = Scenario.Aborted(sent);
        for (var i = before - 1; i >= 0; i--)
            if (sent[i].Commits is null && !aborted.Contains(sent[i].Transaction)) return i;
        return -1;
    }
}
