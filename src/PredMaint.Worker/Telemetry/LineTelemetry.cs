using System.Diagnostics;
using PredMaint.Core.Machines;
using PredMaint.Core.Readings;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Line;

namespace PredMaint.Worker.Telemetry;

/// <summary>
/// What a line tells of its work: how long each step of a batch took, what a commit made visible, and the spans behind it.
/// Spans are made when a commit begins, from times that were noted on the way: by then it is known which batches led to an
/// alert. Those are always kept; of the others so large a share as is asked for, the rest costs a few notes.
/// </summary>
/// <param name="meter">Null where nobody measures.</param>
/// <param name="chance">From 0 to 1, anew at each call.</param>
public sealed class LineTelemetry(WorkerOptions options, LineStatus status, WorkerMeter? meter, TimeProvider time, Func<double> chance) : IDisposable
{
    /// <summary>Of a span, as OpenTelemetry's default; beyond it the causes of alerts alone are linked, by their own spans.</summary>
    internal const int MaxLinks = 128;

    /// <summary>A transaction's batches that have spans of their own: more than a backlog goes through in a commit interval.</summary>
    private const int MaxBatches = 1024;

    /// <summary>Beyond this no batch without an alert is kept, so that they leave room.</summary>
    private const int MaxSampled = 64;

    private readonly ActivitySource source = new(Semantics.Scope);
    private readonly List<BatchNote> kept = [];
    private readonly List<string> traceParents = [];
    private readonly TagList ofLine = [new(Semantics.Thread, status.Thread)];
    private readonly TagList ofProcess =
    [
        new(Semantics.Thread, status.Thread), new(Semantics.System, Semantics.Kafka), new(Semantics.Operation, Semantics.Process),
        new(Semantics.Destination, options.Topics.Readings), new(Semantics.ConsumerGroup, options.Group),
    ];

    private BatchNote turn;
    private long transitions;
    private (IReadOnlyList<TaskCommit> Commits, TransactionTrace? Trace, long At)? begun;

    public LineStatus Status => status;

    public TaskCounters Counters => status.Counters;

    /// <summary>The line waits for brokers, and polls meanwhile.</summary>
    public void IsAlive() => status.PolledAt = time.GetTimestamp();

    /// <summary>A turn begins with its poll.</summary>
    public void Polls()
    {
        IsAlive();
        status.Turns();
        turn = new BatchNote { PolledAt = status.PolledAt };
    }

    /// <summary>A record is decoded now.</summary>
    public void Decodes()
    {
        if (turn.FetchedAt == 0) turn.FetchedAt = time.GetTimestamp();
    }

    /// <summary>All that was polled is decoded.</summary>
    public void Decoded(ReadingBatch batch)
    {
        if (batch.Count == 0) return;
        (turn.DecodedAt, transitions) = (time.GetTimestamp(), Counters.Transitions);
        // Collected while the line waited for brokers.
        if (turn.FetchedAt == 0) turn.FetchedAt = turn.PolledAt;
        turn.Readings = batch.Count;
        traceParents.Clear();
        var isTracing = source.HasListeners();
        for (var i = 0; isTracing && i < batch.Count && traceParents.Count < MaxLinks; i++)
            if (batch[i].TraceParent is { } parent) traceParents.Add(parent);
        if (meter is null) return;
        meter.BatchSize.Record(batch.Count, ofLine);
        meter.DecodeDuration.Record(Seconds(turn.FetchedAt, turn.DecodedAt), ofLine);
    }

    /// <summary>All that was decoded is with its machines.</summary>
    /// <param name="earliestUs">The first record time among its live readings, in µs since 1970: those of a replay waited for nothing.</param>
    public void Admitted(long? earliestUs)
    {
        if (turn.Readings == 0) return;
        turn.AdmittedAt = time.GetTimestamp();
        if (earliestUs is { } earliest) meter?.QueueDuration.Record(Math.Max(0, WorkerMeter.Age(time, earliest)), ofLine);
    }

    /// <summary>All that was admitted is scored.</summary>
    public void Scored()
    {
        if (turn.Readings == 0) return;
        turn.ScoredAt = time.GetTimestamp();
        meter?.ScoreDuration.Record(Seconds(turn.AdmittedAt, turn.ScoredAt), ofLine);
        meter?.ProcessDuration.Record(Seconds(turn.FetchedAt, turn.ScoredAt), ofProcess);
        if (!source.HasListeners() || kept.Count == MaxBatches) return;
        if (Counters.Transitions == transitions && (kept.Count >= MaxSampled || chance() >= options.Telemetry.TraceRatio)) return;
        turn.TraceParents = [.. traceParents];
        kept.Add(turn);
    }

    /// <summary>A transaction begins; null where nothing of it is traced.</summary>
    public TransactionTrace? Begin(IReadOnlyList<TaskCommit> commits)
    {
        status.CommittingSince = time.GetTimestamp();
        var isTraced = source.HasListeners() && (kept.Count > 0 || commits.Any(c => c.Transitions.Count > 0));
        var trace = isTraced ? TransactionTrace.Begin(source, options, status.Thread, kept, commits, Utc) : null;
        begun = (commits, trace, time.GetTimestamp());
        return trace;
    }

    /// <summary>The transaction that was begun has ended.</summary>
    /// <param name="sentAt">When all of it was handed to the client (<see cref="TimeProvider.GetTimestamp"/>).</param>
    /// <param name="snapshotBytes">Bytes of state in it.</param>
    public void Ended(CommitOutcome outcome, long sentAt, long snapshotBytes)
    {
        var (commits, trace, begunAt) = begun!.Value;
        var endedAt = time.GetTimestamp();
        (begun, status.CommittingSince) = (null, 0);
        Record(Semantics.Send, Semantics.Send, begunAt, sentAt, options.Topics.Alerts);
        Record(Semantics.Commit, Semantics.Settle, sentAt, endedAt, options.Topics.Readings);
        if (outcome == CommitOutcome.Aborted) Counters.Aborts++;
        if (outcome == CommitOutcome.Committed)
        {
            Counters.Commits++;
            kept.Clear();
            meter?.SnapshotBytes.Add(snapshotBytes, ofLine);
            foreach (var commit in commits) Count(commit, trace);
        }
        trace?.End(outcome, Utc(begunAt), Utc(sentAt), Utc(endedAt));

        void Record(string operation, string type, long from, long to, string topic)
        {
            if (meter is null) return;
            TagList tags =
            [
                new(Semantics.Thread, status.Thread), new(Semantics.System, Semantics.Kafka), new(Semantics.Operation, operation),
                new(Semantics.OperationType, type), new(Semantics.Destination, topic),
            ];
            if (outcome != CommitOutcome.Committed) tags.Add(Semantics.ErrorType, outcome.ToString());
            meter.OperationDuration.Record(Seconds(from, to), tags);
        }
    }

    /// <summary>Of a transaction that its line did not live to see the end of, its successor finds out how it ended.</summary>
    public void Dispose()
    {
        if (begun is { } open) Ended(CommitOutcome.Unknown, sentAt: open.At, snapshotBytes: 0);
        source.Dispose();
    }

    private void Count(TaskCommit commit, TransactionTrace? trace)
    {
        if (meter is null) return;
        foreach (var letter in commit.DeadLetters) meter.DeadLetters.Add(1, WorkerMeter.OfDeadLetter(status.Thread, letter.Fault));
        foreach (var (of, count) in commit.Transitions.CountBy(t => (t.Event.Model.Kind, t.Event.Severity, t.Event.Change)))
            meter.Alerts.Add(count, WorkerMeter.OfAlert(status.Thread, of.Kind, of.Severity, of.Change));
        foreach (var transition in commit.Transitions)
        {
            // The measurement's exemplar is the alert's span, as long as that is open.
            using var current = trace?.Enter(transition);
            meter.AlertDelay.Record(Math.Max(0, WorkerMeter.Age(time, transition.Event.TimeUs)), ofLine);
        }
    }

    private double Seconds(long from, long to) => time.GetElapsedTime(from, to).TotalSeconds;

    private DateTimeOffset Utc(long timestamp) => time.GetUtcNow() - time.GetElapsedTime(timestamp);
}

/// <summary>When the steps of a batch ended, by <see cref="TimeProvider.GetTimestamp"/>; 0 where there were none.</summary>
public struct BatchNote
{
    public long PolledAt { get; set; }

    /// <summary>The first record was there.</summary>
    public long FetchedAt { get; set; }
    public long DecodedAt { get; set; }
    public long AdmittedAt { get; set; }
    public long ScoredAt { get; set; }
    public int Readings { get; set; }

    /// <summary>Of its readings that carried one, W3C Trace Context.</summary>
    public IReadOnlyList<string> TraceParents { get; set; }
}
