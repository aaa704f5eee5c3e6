using System.Globalization;
using PredMaint.Worker.Configuration;

namespace PredMaint.Worker.Telemetry;

/// <summary>Whether a worker has started, is ready and lives, from what its lines say of themselves.</summary>
/// <remarks>
/// Liveness is about this process alone. Brokers that are away make it not ready, never dead: a restart would only cost
/// the state that is in memory.
/// </remarks>
public sealed class Probes(WorkerOptions options, IReadOnlyList<LineStatus> lines, TimeProvider time)
{
    /// <summary>Of the commit interval: readings that no commit holds by then, where none fails, are stuck.</summary>
    private const int CommitIntervals = 60;

    /// <summary>The first assignment of a cooperative member is empty: what others give up comes with the next rebalance, a heartbeat and a join later.</summary>
    private static readonly TimeSpan SettlingTime = TimeSpan.FromSeconds(10);

    /// <summary>A turn of the line takes milliseconds, a commit tens of them.</summary>
    private static readonly TimeSpan TurnLimit = TimeSpan.FromSeconds(5);

    // The group gives up a member that polls no oftener.
    private readonly TimeSpan pollLimit = KafkaSettings.PollLimit(options);

    /// <summary>What the process does beside its lines that keeps it from being ready: it waits for brokers, or stops; null where nothing does.</summary>
    public string? Phase { get; set; } = "waits for the brokers";

    public bool IsReady => Hindrances().Count == 0;

    /// <summary>All that the worker owns has been live once. While it is not: how far it is.</summary>
    public (bool Is, IReadOnlyList<string> Reasons) Startup() => lines.All(l => l.WasLive) || IsReady ? (true, ["started"]) : (false, [$"{Percent()} % restored", .. Hindrances()]);

    /// <summary>All that it owns is processed, and can be committed.</summary>
    public (bool Is, IReadOnlyList<string> Reasons) Readiness() => Hindrances() is { Count: > 0 } hindrances ? (false, hindrances) : (true, ["ready"]);

    /// <summary>Its lines turn, and get on with each of their partitions.</summary>
    public (bool Is, IReadOnlyList<string> Reasons) Liveness()
    {
        List<string> reasons = [];
        foreach (var line in lines.Where(l => l.PolledAt != 0))
        {
            var age = time.GetElapsedTime(line.PolledAt);
            if (age > pollLimit) reasons.Add(string.Create(CultureInfo.InvariantCulture, $"line {line.Thread}: no poll for {age.TotalSeconds:0} s, allowed are {pollLimit.TotalSeconds:0} s (kafka.max.poll.interval.ms)"));
            // While commits fail, or their end is being found out, the brokers are the matter.
            if (line.CommittingSince != 0 || line.FailedCommits > 0) continue;
            foreach (var p in line.Partitions)
                if (p.UncommittedSince is not 0 and var since && time.GetElapsedTime(since) is var stuck && stuck > CommitLimit)
                    reasons.Add(string.Create(CultureInfo.InvariantCulture, $"line {line.Thread}, partition {p.Partition}: readings were not committed for {stuck.TotalSeconds:0} s, allowed are {CommitLimit.TotalSeconds:0} s"));
        }
        return reasons.Count > 0 ? (false, reasons) : (true, ["alive"]);
    }

    private TimeSpan CommitLimit => CommitIntervals * options.CommitInterval is var limit && limit > pollLimit ? limit : pollLimit;

    /// <summary>Whole seconds since then; null while that is within what a turn may take.</summary>
    private int? TooLong(long since) => time.GetElapsedTime(since) is var elapsed && elapsed > TurnLimit ? (int)elapsed.TotalSeconds : null;

    private int Percent()
    {
        var owned = lines.SelectMany(l => l.Partitions).ToList();
        return owned.Count == 0 ? 0 : (int)(100 * owned.Average(p => p.Restored));
    }

    private List<string> Hindrances()
    {
        List<string> reasons = [];
        if (Phase is { } phase) reasons.Add(phase);
        else
            foreach (var line in lines) reasons.AddRange(Hindrances(line).Select(reason => $"line {line.Thread}: {reason}"));
        return reasons;
    }

    private IEnumerable<string> Hindrances(LineStatus line)
    {
        if (line.Failure is { } failure) yield return $"begins anew: {failure}";
        else if (line.AreBrokersAway) yield return "no broker answers";
        else if (!line.IsAssigned) yield return "waits for the group to say which partitions it owns";
        else if (line.Partitions.Count == 0 && time.GetElapsedTime(line.AssignedAt) < SettlingTime) yield return "waits for partitions that others give up";
        foreach (var p in line.Partitions.Where(p => !p.IsLive)) yield return $"partition {p.Partition} is being restored, {(int)(100 * p.Restored)} %";
        // What tells that brokers are away is served by polls.
        if (line.CommittingSince is not 0 and var since && TooLong(since) is { } held) yield return $"its transaction has not ended for {held} s";
        else if (line.Failure is null && line.PolledAt != 0 && TooLong(line.PolledAt) is { } silent) yield return $"no poll for {silent} s";
        if (line.FailedCommits > 0) yield return $"{(line.FailedCommits == 1 ? "a transaction failed" : $"{line.FailedCommits} transactions failed one after the other")}; its partitions are paused meanwhile";
    }
}
