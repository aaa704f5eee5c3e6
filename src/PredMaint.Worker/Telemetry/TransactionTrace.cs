using System.Diagnostics;
using PredMaint.Core.Alerts;
using PredMaint.Core.Machines;
using PredMaint.Core.Settings;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Line;

namespace PredMaint.Worker.Telemetry;

/// <summary>
/// The spans of a transaction: <c>batch</c> is the root; below it <c>poll</c> and <c>process</c> of each batch that is kept,
/// <c>send</c> and <c>commit</c>. Each alert has a span <c>create</c> in the trace of the reading that caused it, where that
/// carried one, linked with the root; its message carries on from there. So a reading's trace holds its
/// alert, and the alert's link leads to all that was done for it.
/// </summary>
public sealed class TransactionTrace
{
    /// <summary>Alerts of a transaction that have spans of their own though their readings carried no trace; in a storm the rest shares the root.</summary>
    private const int MaxUntraced = 32;

    private readonly ActivitySource source;
    private readonly WorkerOptions options;
    private readonly int messages;
    private readonly Activity? root;
    private readonly Dictionary<Transition, Activity> alerts = new(ReferenceEqualityComparer.Instance);
    private readonly KeyValuePair<string, object?> client;
    private int untraced;

    private TransactionTrace(ActivitySource source, WorkerOptions options, int thread, IReadOnlyList<BatchNote> batches, IReadOnlyList<TaskCommit> commits, Func<long, DateTimeOffset> utc)
    {
        this.source = source;
        this.options = options;
        client = new(Semantics.ClientId, $"{options.Group}-{options.Instance}-{thread}");
        messages = commits.Sum(c => c.Transitions.Count);
        root = Start(Semantics.Batch, ActivityKind.Internal, default, batches.Count > 0 ? utc(batches[0].PolledAt) : default);
        if (root is null) return;
        foreach (var batch in batches) Add(batch, utc);
        foreach (var transition in commits.SelectMany(c => c.Transitions)) Add(transition);
    }

    public static TransactionTrace Begin(
        ActivitySource source, WorkerOptions options, int thread, IReadOnlyList<BatchNote> batches, IReadOnlyList<TaskCommit> commits, Func<long, DateTimeOffset> utc)
    {
        // Nothing that happens to be current on the thread is the parent of any of it.
        var before = Activity.Current;
        Activity.Current = null;
        try
        {
            return new TransactionTrace(source, options, thread, batches, commits, utc);
        }
        finally
        {
            Activity.Current = before;
        }
    }

    /// <summary>The header of an alert's message; null where it is not traced.</summary>
    public string? TraceParent(Transition transition) => alerts.GetValueOrDefault(transition, root!)?.Id;

    /// <summary>The alert's span is the current one until it is disposed of.</summary>
    public Scope Enter(Transition transition) => new(alerts.GetValueOrDefault(transition));

    public void End(CommitOutcome outcome, DateTimeOffset begun, DateTimeOffset sent, DateTimeOffset ended)
    {
        if (root is null) return;
        var links = alerts.Values.Take(LineTelemetry.MaxLinks).Select(a => new ActivityLink(a.Context)).ToList();
        End(Start(Semantics.Send, ActivityKind.Client, root.Context, begun, links)?
            .SetTag(Semantics.OperationType, Semantics.Send).SetTag(Semantics.Destination, options.Topics.Alerts).SetTag(Semantics.BatchCount, messages), sent);
        End(Start(Semantics.Commit, ActivityKind.Client, root.Context, sent)?
            .SetTag(Semantics.OperationType, Semantics.Settle).SetTag(Semantics.Destination, options.Topics.Readings).SetTag(Semantics.ConsumerGroup, options.Group), ended);
        foreach (var alert in alerts.Values) End(alert, ended);
        End(root, ended);

        void End(Activity? span, DateTimeOffset at)
        {
            if (span is null) return;
            // What was not committed is said again, with spans of its own.
            if (outcome != CommitOutcome.Committed) span.SetStatus(ActivityStatusCode.Error, $"the transaction's outcome: {outcome}").SetTag(Semantics.ErrorType, outcome.ToString());
            span.SetEndTime(at.UtcDateTime);
            span.Stop();
        }
    }

    private void Add(BatchNote batch, Func<long, DateTimeOffset> utc)
    {
        Span(Semantics.Poll, Semantics.Receive, ActivityKind.Client, batch.PolledAt, batch.FetchedAt, []);
        Span(Semantics.Process, Semantics.Process, ActivityKind.Consumer, batch.FetchedAt, batch.ScoredAt, batch.TraceParents);

        void Span(string name, string type, ActivityKind kind, long from, long to, IReadOnlyList<string> links)
        {
            using var span = Start(name, kind, root!.Context, utc(from), [.. links.Select(Context).Where(c => c != default).Select(c => new ActivityLink(c))]);
            span?.SetTag(Semantics.OperationType, type).SetTag(Semantics.Destination, options.Topics.Readings)
                .SetTag(Semantics.ConsumerGroup, options.Group).SetTag(Semantics.BatchCount, batch.Readings).SetEndTime(utc(to).UtcDateTime);
        }
    }

    private void Add(Transition transition)
    {
        var cause = Context(transition.TraceParent);
        if (cause == default && ++untraced > MaxUntraced) return;
        var alert = transition.Event;
        var span = Start(Semantics.Create, ActivityKind.Producer, cause == default ? root!.Context : cause, default, [new ActivityLink(root!.Context)])?
            .SetTag(Semantics.OperationType, Semantics.Create).SetTag(Semantics.Destination, options.Topics.Alerts)
            .SetTag(Semantics.AlertId, alert.AlertId.ToString()).SetTag(Semantics.AlertKind, alert.Model.Kind).SetTag(Semantics.AlertSeverity, Fields.NameOf(alert.Severity))
            .SetTag(Semantics.AlertChange, Fields.NameOf(alert.Change)).SetTag(Semantics.MachineId, alert.MachineId).SetTag(Semantics.Model, alert.Model.NameAndVersion)
            .SetTag(Semantics.SourceTopic, alert.Topic).SetTag(Semantics.SourcePartition, alert.Partition).SetTag(Semantics.SourceOffset, alert.Offset);
        if (span is not null) alerts[transition] = span;
    }

    private Activity? Start(string operation, ActivityKind kind, ActivityContext parent, DateTimeOffset at, IEnumerable<ActivityLink>? links = null)
    {
        var destination = operation == Semantics.Create || operation == Semantics.Send ? options.Topics.Alerts : options.Topics.Readings;
        var span = source.StartActivity($"{operation} {destination}", kind, parent, [new(Semantics.System, Semantics.Kafka), new(Semantics.Operation, operation), client], links, at);
        // Times of spans overlap and outlive each other: none is current.
        Activity.Current = null;
        return span;
    }

    private static ActivityContext Context(string? traceParent) => ActivityContext.TryParse(traceParent, traceState: null, isRemote: true, out var context) ? context : default;

    /// <summary>A span that is current.</summary>
    public readonly struct Scope : IDisposable
    {
        private readonly Activity? before = Activity.Current;

        public Scope(Activity? span)
        {
            if (span is not null) Activity.Current = span;
        }

        public void Dispose() => Activity.Current = before;
    }
}
