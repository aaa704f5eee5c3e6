namespace PredMaint.Core.Machines;

/// <summary>What a thread's tasks have counted; written by the thread alone, read by the telemetry.</summary>
public sealed class TaskCounters
{
    public long Readings { get; set; }
    public long Late { get; set; }

    /// <summary>Where the last late reading stands in the readings topic.</summary>
    public (int Partition, long Offset) LastLate { get; set; }
    public long Duplicates { get; set; }
    public long Gaps { get; set; }
    public long Steps { get; set; }
    public long Scores { get; set; }

    /// <summary>Scores that were NaN or infinite; each reset the machine's model state.</summary>
    public long NonFinite { get; set; }

    public long Transitions { get; set; }

    /// <summary>Records of the commands topic, carried out or dead letters.</summary>
    public long Commands { get; set; }

    /// <summary>Offsets of commands that the brokers had deleted before they were carried out.</summary>
    public long CommandsLost { get; set; }
    public long DeadLetters { get; set; }
    public long Commits { get; set; }

    /// <summary>Transactions that did not become visible; what was in them is said again.</summary>
    public long Aborts { get; set; }

    /// <summary>Machines written to the state topic.</summary>
    public long Snapshots { get; set; }

    /// <summary>Records of the state topic read by restores.</summary>
    public long RestoredRecords { get; set; }

    /// <summary>Readings replayed in silence after a start.</summary>
    public long Replayed { get; set; }

    /// <summary>Readings that a replay wanted and the brokers had deleted.</summary>
    public long ReplayLost { get; set; }

    /// <summary>Machines that were silent for machineTtl.</summary>
    public long Retired { get; set; }
}
