using PredMaint.Core.Alerts;
using PredMaint.Core.Machines;
using PredMaint.Core.Readings;

namespace PredMaint.Worker.Telemetry;

/// <summary>How a line is. Its thread alone writes; metrics and probes read whenever they like, so each value stands for itself.</summary>
public sealed class LineStatus(int thread)
{
    private volatile PartitionStatus[] partitions = [];
    private volatile string? failure;

    public int Thread => thread;

    /// <summary>They go on counting when the line begins anew.</summary>
    public TaskCounters Counters { get; } = new();

    /// <summary>When it polled last (<see cref="TimeProvider.GetTimestamp"/>); 0 before it began.</summary>
    public long PolledAt { get; set; }

    /// <summary>When the group first told it which partitions are its own, were it none (<see cref="TimeProvider.GetTimestamp"/>); 0 before that.</summary>
    public long AssignedAt { get; private set; }

    public bool IsAssigned => AssignedAt != 0;

    /// <summary>All that it owned has been live at once.</summary>
    public bool WasLive { get; set; }

    /// <summary>Since when it is within a commit, or finds out how one ended (<see cref="TimeProvider.GetTimestamp"/>); 0 where it is not.</summary>
    public long CommittingSince { get; set; }

    /// <summary>Its client has no connection to any broker.</summary>
    public bool AreBrokersAway { get; set; }

    /// <summary>Transactions that failed one after the other.</summary>
    public int FailedCommits { get; set; }

    /// <summary>Times that it began anew.</summary>
    public long Failures { get; private set; }

    /// <summary>Why it begins anew; null where it goes on.</summary>
    public string? Failure => failure;

    public IReadOnlyList<PartitionStatus> Partitions => partitions;

    /// <summary>A line begins.</summary>
    public void Begin(long now)
    {
        (PolledAt, AssignedAt, CommittingSince, AreBrokersAway, FailedCommits) = (now, 0, 0, false, 0);
        partitions = [];
    }

    /// <summary>It has new clients, and a coordinator has answered them.</summary>
    public void Turns() => failure = null;

    /// <summary>The partitions are its own.</summary>
    public void Assigned(long now)
    {
        if (!IsAssigned) AssignedAt = now;
    }

    /// <summary>The group has given its partitions to others; it joins again.</summary>
    public void Lost() => AssignedAt = 0;

    /// <summary>Its clients have failed.</summary>
    public void Failed(string reason)
    {
        (failure, PolledAt) = (reason, 0);
        Failures++;
        partitions = [];
    }

    public PartitionStatus Add(int partition)
    {
        var added = new PartitionStatus(partition);
        partitions = [.. partitions.Where(p => p.Partition != partition), added];
        return added;
    }

    public void Remove(int partition) => partitions = [.. partitions.Where(p => p.Partition != partition)];
}

/// <summary>How a partition is that a line owns.</summary>
public sealed class PartitionStatus(int partition)
{
    public int Partition => partition;

    /// <summary>From 0 to 1: its state is the first half, its replay the second.</summary>
    public double Restored { get; set; }

    public bool IsLive => Restored >= 1;

    public int Machines { get; private set; }

    public IReadOnlyList<KeyValuePair<(string Kind, Severity Severity), int>> ActiveAlerts { get; private set; } = [];

    /// <summary>Of the newest reading admitted, as the next three; -1 before the first.</summary>
    public long Offset { get; set; } = -1;

    /// <summary>The record's timestamp where it has one, else the reading's; microseconds since 1970.</summary>
    public long RecordTimeUs { get; set; }

    /// <summary>The reading's own timestamp, microseconds since 1970; 0 before the first record that is a reading.</summary>
    public long EventTimeUs { get; set; }

    /// <summary>When it was admitted, microseconds since 1970.</summary>
    public long AdmittedUs { get; set; }

    /// <summary>Offset at which the brokers had no more when the client came there; -1 before that.</summary>
    public long End { get; set; } = -1;

    /// <summary>Nothing waits at the brokers. An end is told when it is reached, so records of transactions are no matter.</summary>
    public bool IsAtEnd => IsLive && Offset < End;

    /// <summary>When the oldest reading was admitted that no commit holds (<see cref="TimeProvider.GetTimestamp"/>); 0 where there is none.</summary>
    public long UncommittedSince { get; set; }

    public void Live(PartitionTask task)
    {
        Restored = 1;
        Show(task);
    }

    /// <summary>A commit holds all that was admitted.</summary>
    public void Committed(PartitionTask task)
    {
        UncommittedSince = 0;
        Show(task);
    }

    private void Show(PartitionTask task) => (Machines, ActiveAlerts) = (task.Machines.Count, [.. task.ActiveAlerts]);

    /// <param name="now">By <see cref="TimeProvider.GetTimestamp"/>; 0 where it is replayed.</param>
    /// <param name="nowUs">Microseconds since 1970.</param>
    public void Admitted(Reading reading, long now, long nowUs)
    {
        (Offset, AdmittedUs) = (reading.Offset, nowUs);
        if (UncommittedSince == 0) UncommittedSince = now;
        if (reading.Fault == Fault.None) EventTimeUs = reading.TimeUs;
        RecordTimeUs = reading.RecordTimeUs ?? EventTimeUs;
    }
}
