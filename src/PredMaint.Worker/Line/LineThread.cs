using PredMaint.Core.Machines;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Models;
using PredMaint.Worker.Telemetry;

namespace PredMaint.Worker.Line;

/// <summary>
/// The straight line of one thread, from poll to commit:
/// (1) Poll what the client has already fetched, (2) Decode it into slots, (3) Admit it to the partitions' tasks,
/// (4) Score all of it together, (5) Apply the scores, (6) Publish what follows and (7) Commit, in one transaction.
/// Everything here runs on the thread that calls <see cref="Run"/>; rebalance handlers run inside (1).
/// </summary>
public sealed class LineThread : IDisposable
{
    /// <summary>How long an idle line waits for a reading before it looks at its clock and at requests to stop.</summary>
    private static readonly TimeSpan IdleWait = TimeSpan.FromMilliseconds(100);

    /// <summary>Between two looks at what is being restored: none would keep a core busy while brokers are waited for.</summary>
    private static readonly TimeSpan RestoreWait = TimeSpan.FromMilliseconds(1);

    /// <summary>With pauses that grow to 5 s half a minute of failures, and their time-outs; then the thread begins anew.</summary>
    private const int MaxCommitAttempts = 10;

    /// <summary>Less than a host gives its threads to stop.</summary>
    private static readonly TimeSpan LastCommitLimit = TimeSpan.FromSeconds(15);

    private readonly WorkerOptions options;
    private readonly LineClients clients;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly ClientLog clientLog;
    private readonly ThreadModels models;
    private readonly ReadingBatch batch;
    private readonly Inquiry inquiry;
    private readonly StateConsumer state;
    private readonly Assignment assignment;
    private readonly Publisher publisher;
    private readonly RejectionLog rejections;
    private readonly LineTelemetry telemetry;
    private readonly GroupConsumer readings;
    private readonly IConsumer<Ignore, Ignore> consumer;
    private readonly Action<FetchedRecord> take;
    private CancellationToken stopping;
    private CancellationToken settleLimit;
    private long lastCommit;
    private TimeSpan commitPause;
    private int failedCommits;
    private bool committing;
    private bool rebalancing;
    private bool paused;

    /// <param name="clients">Null for real ones.</param>
    public LineThread(
        WorkerOptions options, ModelShelf shelf, int thread, TimeProvider time, ILogger log, LineTelemetry telemetry,
        Action<ScoredStep>? observe, LineClients? clients = null)
    {
        (this.options, this.clients, this.time, this.log, this.telemetry) = (options, clients ??= new LineClients(), time, log, telemetry);
        telemetry.Status.Begin(time.GetTimestamp());
        batch = new ReadingBatch(options.BatchMax);
        var settings = options.TaskSettings();
        clientLog = new ClientLog(log, time);
        inquiry = new Inquiry(options, clients, Resilience.Metadata(time, log, clients.Chance), time);
        state = new StateConsumer(KafkaSettings.StateReader(options, thread), clients, options.Topics, clientLog);
        assignment = new Assignment(options, p => new PartitionTask(p, settings, models!.Scorer), telemetry.Status, inquiry, state, clients, time, log);
        publisher = new Publisher(
            options, clients, thread, m => models!.Scorer.Codec.Write(m), Resilience.Initialise(time, log, clients.Chance, () => KeepAlive(TimeSpan.Zero)), time, log, clientLog);
        rejections = new RejectionLog(options.Topics, telemetry.Status.Counters, log, time);
        readings = new GroupConsumer(
            KafkaSettings.Consumer(options, thread), options.BatchMax, clients, clientLog, telemetry.Status, (c, partitions) => assignment.Assigned(c, partitions, stopping), Revoked, Lost);
        consumer = readings.Client;
        take = Take;
        // Last, so that whoever cannot make the clients above leaves nothing taken.
        models = new ThreadModels(shelf, options, batch, telemetry.Status.Counters, observe);
    }

    /// <summary>Turns until a stop is requested, then commits what was admitted.</summary>
    /// <exception cref="KafkaException">This thread's clients are beyond use: fenced off or fatally failed.</exception>
    public void Run(CancellationToken stop)
    {
        stopping = stop;
        publisher.Renew(stop);
        // A stop does not cut short what finds out how a transaction ended.
        using var patience = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        using var limited = stop.Register(() => patience.CancelAfter(LastCommitLimit));
        settleLimit = patience.Token;
        consumer.Subscribe(options.Topics.Readings);
        lastCommit = time.GetTimestamp();
        try
        {
            while (!stop.IsCancellationRequested) Turn();
            // What was admitted is committed, or it is known that it could not be.
            while (!TryCommit()) KeepAlive(commitPause);
        }
        catch (OperationCanceledException e)
        {
            throw new KafkaException(new Error(ErrorCode.Local_TimedOut, "the brokers did not take it in time"), e);
        }
    }

    /// <summary>Leaves the group, so that others take the partitions at once; what is held and not committed is theirs to do again.</summary>
    public void Dispose()
    {
        committing = true;
        assignment.Dispose();
        inquiry.Dispose();
        using (models)
        using (publisher)
        using (state)
            readings.Dispose();
    }

    private void Turn()
    {
        clientLog.ThrowIfDistrusted();
        inquiry.Topics.Watch(consumer);
        if (models.AreOld) models.Renew(assignment);
        assignment.Restore(consumer, mayFlow: !paused);
        // (1) Poll, (2) Decode
        var isFull = Poll();
        // (3) Admit
        telemetry.Admitted(assignment.Admit(batch));
        // (4) Score, (5) Apply
        models.Scorer.Score();
        telemetry.Scored();
        assignment.FinishReplays(consumer);
        // As readings, commands wait while nothing can be committed.
        if (failedCommits == 0) assignment.CarryOutCommands(consumer);
        // (6) Publish, (7) Commit
        CommitWhatIsDue(isFull);
        rejections.Tell();
    }

    /// <summary>Collects until the batch is full or the client has no more; waits only for the first record.</summary>
    private bool Poll()
    {
        telemetry.Polls();
        if (batch.Room > 0) readings.Poll(batch.Count == 0 ? Wait() : TimeSpan.Zero, batch.Room, take);
        telemetry.Decoded(batch);
        return batch.Room == 0;
    }

    private void Take(FetchedRecord record)
    {
        if (record.Error is null)
        {
            telemetry.Decodes();
            if (assignment.Tasks.ContainsKey(record.Partition)) batch.Take(record);
        }
        else if (record.IsEnd) assignment.ReachedEnd(record.Partition, record.Offset);
        else if (record.Error.Code == ErrorCode.Local_MaxPollExceeded)
        {
            // The group has given the partitions away; the client joins again at the next poll.
            log.LogWarning("Too long between polls, partitions are lost: {Reason}", record.Error.Reason);
            Lost([.. assignment.AllTasks.Select(t => new TopicPartitionOffset(options.Topics.Readings, t.Partition, Offset.Unset))]);
        }
        else if (Resilience.ComesBack(record.Error)) log.LogWarning("Consumer: {Reason}", record.Error.Reason);
        else throw new KafkaException(record.Error);
    }

    /// <summary>Until the next commit is due, if anything waits for one: an alert that a full batch put off waits for no reading.</summary>
    private TimeSpan Wait()
    {
        if (assignment.IsRestoring) return RestoreWait;
        if (failedCommits == 0 && assignment.Tasks.Values.Any(t => t.HasTransitions)) return TimeSpan.Zero;
        if (!assignment.Tasks.Values.Any(t => t.IsDirty)) return IdleWait;
        var due = Interval - time.GetElapsedTime(lastCommit);
        return due <= TimeSpan.Zero ? TimeSpan.Zero : due < IdleWait ? due : IdleWait;
    }

    private TimeSpan Interval => failedCommits > 0 ? commitPause : options.CommitInterval;

    /// <summary>
    /// At once what an alert waits for, if there is no backlog, and all every commitInterval: with a backlog a commit a batch
    /// would cost more than the scoring. A partition without news adds nothing to an alert's transaction but its length.
    /// </summary>
    private void CommitWhatIsDue(bool isFull)
    {
        var isAll = time.GetElapsedTime(lastCommit) >= Interval;
        if (isAll || failedCommits == 0) TryCommit(isAll, withAlerts: !isFull);
    }

    /// <summary>True when nothing of it is left to commit. After a failure the same is said again later: memory is not wrong, only unpublished.</summary>
    private bool TryCommit(bool isAll = true, bool withAlerts = true)
    {
        List<PartitionTask>? dirty = null;
        isAll |= assignment.Tasks.Values.Any(t => t.HeldBytes > PartitionTask.MaxHeldBytes);
        foreach (var task in assignment.Tasks.Values)
            if (task.IsDirty && (isAll || (withAlerts && task.HasTransitions))) (dirty ??= []).Add(task);
        if (isAll) publisher.Serve();
        var isDone = dirty is null || Commit(dirty);
        // What could not be committed may have left with its partitions: those that stay must not remain paused.
        if (isDone && (isAll || dirty is not null)) Resume();
        if (isAll || !isDone) lastCommit = time.GetTimestamp();
        return isDone;
    }

    private bool Commit(List<PartitionTask> tasks)
    {
        committing = true;
        try
        {
            List<TaskCommit> commits = [.. tasks.Select(t => t.Prepare())];
            var group = consumer.ConsumerGroupMetadata;
            // Offsets without a member are taken unchecked; one that is expelled has none until its next poll.
            if (string.IsNullOrEmpty(consumer.MemberId)) return Failed();
            var outcome = publisher.TryCommit(commits, group, telemetry.Begin(commits));
            if (outcome == CommitOutcome.Unknown) outcome = Settle(commits);
            telemetry.Ended(outcome, publisher.SentAt, publisher.StateBytes);
            if (outcome != CommitOutcome.Committed) return Failed();
            clientLog.Succeeded();
            tasks.ForEach(assignment.Committed);
            foreach (var commit in commits) rejections.Count(commit.DeadLetters);
            return true;
        }
        finally
        {
            committing = false;
        }
    }

    /// <summary>Nobody knows how the transaction ended: a new producer ends it, then the committed offsets tell.</summary>
    private CommitOutcome Settle(IReadOnlyList<TaskCommit> commits)
    {
        // A handler holds the whole group up. Its partitions go; those that stay are restored.
        if (rebalancing) throw new KafkaException(new Error(ErrorCode.Local_State, "in a rebalance nobody knows how the last transaction ended"));
        publisher.Renew(settleLimit);
        var mine = commits.Where(c => c.MovesOffset && assignment.Tasks.ContainsKey(c.Partition)).ToList();
        if (mine.Count == 0 && commits.Any(c => assignment.Tasks.ContainsKey(c.Partition)))
            throw new KafkaException(new Error(ErrorCode.Local_State, "nobody knows how a transaction of commands alone ended: the state tells"));
        var positions = mine.ToDictionary(c => c.Partition, c => c.Position);
        var committed = inquiry.Committed(consumer, [.. mine.Select(c => new TopicPartition(options.Topics.Readings, c.Partition))], settleLimit);
        // A transaction is all or nothing, so one offset tells for all of them.
        if (committed.Any(c => c.Offset.Value == positions[c.Partition.Value])) return CommitOutcome.Committed;
        var taken = committed.Where(c => c.Offset.Value > positions[c.Partition.Value]).ToList();
        if (taken.Count == 0) return CommitOutcome.Aborted;
        if (!stopping.IsCancellationRequested)
            throw new KafkaException(new Error(ErrorCode.Local_State, "committed offsets are ahead of this thread's: another worker has its partitions"));
        // Who goes needs no new beginning: what it held of them is the other's by now.
        log.LogWarning("While stopping: another worker has committed more of partitions {Partitions}", string.Join(", ", taken.Select(c => c.Partition.Value)));
        Lost(taken);
        return CommitOutcome.Aborted;
    }

    private void Resume()
    {
        if (failedCommits > 0) log.LogInformation("Transactions succeed again after {Failed} that failed", failedCommits);
        telemetry.Status.FailedCommits = failedCommits = 0;
        if (paused) consumer.Resume(assignment.Tasks.Keys.Select(p => new TopicPartition(options.Topics.Readings, p)));
        paused = false;
    }

    private bool Failed()
    {
        if ((telemetry.Status.FailedCommits = ++failedCommits) >= MaxCommitAttempts)
            throw new KafkaException(new Error(ErrorCode.Local_Fail, $"{failedCommits} transactions failed one after the other"));
        commitPause = Resilience.Pause(failedCommits, clients.Chance());
        // Within a rebalance the client cannot pause; the next failure will.
        if (!rebalancing) Pause();
        return false;
    }

    /// <summary>No reading is admitted while none can be committed, but polls go on: they keep the membership.</summary>
    private void Pause()
    {
        consumer.Pause(consumer.Assignment);
        paused = true;
    }

    /// <summary>A poll while the line waits for brokers. What it may return all the same is collected, never dropped.</summary>
    private void KeepAlive(TimeSpan wait)
    {
        telemetry.IsAlive();
        publisher.Serve();
        clientLog.ThrowIfDistrusted();
        // A handler runs inside a poll: another one within it could collect what the handler gives away.
        if (rebalancing || batch.Room == 0 || consumer.Subscription.Count == 0) return;
        Pause();
        readings.Poll(wait, most: 1, take);
    }

    /// <summary>Partitions go: what was collected of them is dropped, what is held of them is committed or aborted, nothing stays open.</summary>
    private void Revoked(List<TopicPartitionOffset> partitions)
    {
        rebalancing = true;
        if (!committing) TryCommit();
        rebalancing = false;
        // While the commit waited for brokers, polls may have collected more of them.
        Drop(partitions, areLost: false);
    }

    /// <summary>Partitions are another's already: everything of them is dropped.</summary>
    private void Lost(List<TopicPartitionOffset> partitions) => Drop(partitions, areLost: true);

    private void Drop(List<TopicPartitionOffset> partitions, bool areLost)
    {
        batch.Drop(p => partitions.Exists(q => q.Partition.Value == p));
        assignment.Remove(partitions, areLost);
    }
}
