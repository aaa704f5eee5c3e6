using PredMaint.Core.Machines;
using PredMaint.Core.Readings;
using PredMaint.Core.Snapshots;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Telemetry;

namespace PredMaint.Worker.Line;

/// <summary>
/// Which partitions a thread owns. Those that come are restored a little at every turn while the others flow: the brokers
/// are asked, the state is read, the readings begin where no snapshot holds them. Those that go are dropped.
/// </summary>
public sealed class Assignment(
    WorkerOptions options, Func<int, PartitionTask> createTask, LineStatus status, Inquiry inquiry, StateConsumer state, LineClients clients, TimeProvider time, ILogger log) : IDisposable
{
    /// <summary>How long a turn reads state while other partitions have readings to process.</summary>
    private static readonly TimeSpan ShareOfTurn = TimeSpan.FromMilliseconds(10);

    /// <summary>Without others it still has to poll the group's consumer.</summary>
    private static readonly TimeSpan WholeTurn = TimeSpan.FromMilliseconds(100);

    /// <summary>More than a killed predecessor's transaction stays open; a partition whose state goes no further would wait for ever in silence.</summary>
    private static readonly TimeSpan StateLimit = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(5);

    /// <summary>Few enough that readings never wait for commands: to take one is a matter of microseconds.</summary>
    private const int CommandsOfTurn = 1000;

    private readonly Dictionary<int, PartitionTask> tasks = [];
    private readonly Dictionary<int, PartitionStatus> owned = [];
    private readonly Dictionary<int, Restoring> restoring = [];
    private readonly Dictionary<int, Restoring> replaying = [];
    private readonly List<Asked> inquiries = [];
    private readonly CommandQueue commands = new(options.Topics.Readings, KafkaSettings.FetchWait(options) * 2, time);
    private readonly CancellationTokenSource cancel = new();
    private long told;

    /// <summary>Those that take readings: live, or on their way there.</summary>
    public IReadOnlyDictionary<int, PartitionTask> Tasks => tasks;

    /// <summary>Those and the ones whose state is still being read.</summary>
    public IEnumerable<PartitionTask> AllTasks => tasks.Values.Concat(restoring.Values.Select(r => r.Task));

    public bool IsRestoring => restoring.Count > 0;

    /// <summary>
    /// Partitions come. Where they begin is known later; offsets must be given now, because seeking fails in this handler.
    /// Each is a number: a client that still looks "the end" up when it is told to seek forgets the seek when the answer
    /// comes, and skips all readings up to the end in silence (librdkafka issue 2256).
    /// </summary>
    /// <exception cref="KafkaException">The brokers do not answer.</exception>
    public IEnumerable<TopicPartitionOffset> Assigned(IConsumer<Ignore, Ignore> consumer, IReadOnlyList<TopicPartition> partitions, CancellationToken stop)
    {
        var ends = partitions.Count > 0 ? inquiry.Ends(consumer, partitions, stop) : null;
        told = time.GetTimestamp();
        foreach (var partition in partitions)
        {
            restoring[partition.Partition.Value] = new Restoring(createTask(partition.Partition.Value), time.GetTimestamp(), isSecond: false);
            owned[partition.Partition.Value] = status.Add(partition.Partition.Value);
            log.LogInformation("Partition {Partition} assigned", partition.Partition.Value);
        }
        if (partitions.Count > 0) Ask(consumer, partitions);
        status.Assigned(time.GetTimestamp());
        return partitions.Select(p => new TopicPartitionOffset(p, ends?[p.Partition.Value] ?? Offset.End));
    }

    /// <summary>Goes on with what is being restored.</summary>
    /// <param name="mayFlow">False while the line is paused: what begins now stays so.</param>
    /// <exception cref="KafkaException">The brokers do not answer, or the state has no end in time.</exception>
    public void Restore(IConsumer<Ignore, Ignore> consumer, bool mayFlow)
    {
        if (restoring.Count == 0 && inquiries.Count == 0) return;
        Hold(consumer);
        TakeAnswers();
        ReadState();
        foreach (var (partition, r) in restoring.Where(r => r.Value.IsRead).ToList()) Begin(consumer, partition, r, mayFlow);
        foreach (var (partition, r) in restoring)
            if (time.GetElapsedTime(r.Heard) > StateLimit)
                throw new KafkaException(new Error(ErrorCode.Local_TimedOut, $"nothing came of partition {partition}'s state or commands for {StateLimit.TotalSeconds} s, and it is not at its end: a transaction is open in it"));
    }

    /// <summary>Hands the tasks what was collected, with the commands that stand before it; what belongs to none is dropped.</summary>
    /// <returns>The earliest record time among those that were live, in µs since 1970; null where none was.</returns>
    public long? Admit(ReadingBatch batch)
    {
        long? earliest = null;
        for (var i = 0; state.HasCommands && i < CommandsOfTurn && !commands.IsFull && TryRead(TimeSpan.Zero); i++) { }
        var (now, nowUs) = batch.Count > 0 ? (time.GetTimestamp(), (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond) : default;
        PartitionStatus? of = null;
        for (var i = 0; i < batch.Count; i++)
        {
            var reading = batch[i];
            // A pause throws away what the client is about to show, and fetches it again.
            if (!tasks.TryGetValue(reading.Partition, out var task) || reading.Offset < task.Position) continue;
            commands.CarryOutBefore(reading, task);
            task.Add(reading);
            if (of?.Partition != reading.Partition) of = owned[reading.Partition];
            var isLive = reading.Offset >= task.LiveFrom;
            of.Admitted(reading, isLive ? now : 0, nowUs);
            if (isLive && reading.RecordTimeUs is { } recorded && !(recorded >= earliest)) earliest = recorded;
        }
        batch.Clear();
        return earliest;
    }

    /// <summary>The brokers have no more of a partition before this offset.</summary>
    public void ReachedEnd(int partition, long offset)
    {
        if (owned.TryGetValue(partition, out var of)) of.End = offset;
    }

    /// <summary>A commit holds all that was admitted of the partition.</summary>
    public void Committed(PartitionTask task)
    {
        task.Committed();
        // It may have gone while it was found out how the commit ended.
        if (tasks.GetValueOrDefault(task.Partition) == task) owned[task.Partition].Committed(task);
    }

    /// <summary>Tells how far restores are, and which replays have come to their end. All that was polled must have been admitted.</summary>
    public void FinishReplays(IConsumer<Ignore, Ignore> consumer)
    {
        if (restoring.Count + replaying.Count == 0)
        {
            status.WasLive |= status.IsAssigned;
            return;
        }
        TellProgress();
        foreach (var (partition, r) in replaying.ToList())
        {
            // The replay may end with records that are no readings, such as those of a producer's transactions.
            if (!r.Task.IsLive && consumer.Position(new TopicPartition(options.Topics.Readings, partition)) is { IsSpecial: false } position) r.Task.Pass(position.Value);
            if (!r.Task.IsLive) continue;
            replaying.Remove(partition);
            owned[partition].Live(r.Task);
            log.LogInformation(
                "Partition {Partition} restored, live from offset {Offset}, {Seconds:0.000} s after its assignment: {Records} records of state, {Replayed} offsets replayed, {Machines} machines",
                partition, r.Task.LiveFrom, time.GetElapsedTime(r.Since).TotalSeconds, r.Records, r.Task.LiveFrom - r.From, r.Task.Machines.Count);
        }
    }

    /// <summary>Carries out commands that no reading stands before. All that was polled must have been admitted, and all of that scored.</summary>
    public void CarryOutCommands(IConsumer<Ignore, Ignore> consumer) => commands.CarryOut(consumer, tasks, owned);

    /// <param name="areLost">They are another's already.</param>
    public void Remove(IEnumerable<TopicPartitionOffset> partitions, bool areLost)
    {
        foreach (var partition in partitions.Select(p => p.Partition.Value))
        {
            if (areLost) status.Lost();
            state.Remove(partition);
            commands.Remove(partition);
            replaying.Remove(partition);
            if (owned.Remove(partition)) status.Remove(partition);
            if (tasks.Remove(partition) | restoring.Remove(partition)) log.LogInformation("Partition {Partition} {How}", partition, areLost ? "lost" : "revoked");
        }
    }

    public void Dispose()
    {
        cancel.Cancel();
        // Destroying a client in the midst of a call is not allowed.
        foreach (var asked in inquiries) clients.Await(asked.Facts, Timeout.InfiniteTimeSpan);
        cancel.Dispose();
    }

    /// <summary>What the client fetches of them before their beginning is known is of no use.</summary>
    private void Hold(IConsumer<Ignore, Ignore> consumer)
    {
        var coming = restoring.Where(r => !r.Value.IsHeld).ToList();
        if (coming.Count == 0) return;
        consumer.Pause(coming.Select(r => new TopicPartition(options.Topics.Readings, r.Key)));
        foreach (var (_, r) in coming) r.IsHeld = true;
    }

    private void TakeAnswers()
    {
        for (var i = inquiries.Count - 1; i >= 0; i--)
        {
            var (about, asked) = inquiries[i];
            if (!asked.IsCompleted) continue;
            inquiries.RemoveAt(i);
            // What was asked about may all have gone; then nobody minds that there is no answer.
            if (asked.IsFaulted && !about.Any(a => restoring.GetValueOrDefault(a.Key) == a.Value)) continue;
            var answers = asked.GetAwaiter().GetResult();
            foreach (var (partition, facts) in answers)
            {
                // It may have gone since it was asked about; where it has come back, another has committed more in between.
                if (!restoring.TryGetValue(partition, out var r) || r != about[partition]) continue;
                (r.Facts, r.Heard) = (facts, time.GetTimestamp());
                if (facts.StateEnd == 0) r.IsRead = true;
                else state.Add(partition, facts.StateEnd);
            }
        }
    }

    private void ReadState()
    {
        var (limit, wait) = tasks.Count > 0 ? (ShareOfTurn, TimeSpan.Zero) : (WholeTurn, ShareOfTurn);
        for (var begun = time.GetTimestamp(); (state.IsReading || (state.AwaitsCommands && !commands.IsFull)) && time.GetElapsedTime(begun) < limit;)
            if (!TryRead(wait)) return;
    }

    /// <summary>Hands the next record of the second consumer to its task; false where none came.</summary>
    private bool TryRead(TimeSpan wait)
    {
        var record = state.Read(wait, out var ended);
        if (record is not null)
        {
            var (partition, key, value) = (record.Partition.Value, record.Message.Key, record.Message.Value);
            if (!state.IsCommand(record))
            {
                status.Counters.RestoredRecords++;
                restoring[partition].Records++;
                restoring[partition].Heard = time.GetTimestamp();
                restoring[partition].StateOffset = record.Offset.Value;
                restoring[partition].Task.Restore(key, value, isTombstone: value is null);
            }
            else if (owned.ContainsKey(partition))
            {
                commands.Add(record);
                if (restoring.TryGetValue(partition, out var of)) of.Heard = time.GetTimestamp();
            }
        }
        if (ended is { } end)
        {
            (restoring[end].IsRead, restoring[end].Heard) = (true, time.GetTimestamp());
            state.Remove(end);
        }
        return record is not null || ended is not null;
    }

    private void TellProgress()
    {
        var isTime = time.GetElapsedTime(told) >= TellEvery;
        if (isTime) told = time.GetTimestamp();
        foreach (var (partition, r) in restoring)
        {
            owned[partition].Restored = r.StateShare / 2;
            if (isTime) log.LogInformation("Partition {Partition}: {Percent:0} % of its state read, {Records} records", partition, 100 * r.StateShare, r.Records);
        }
        foreach (var (partition, r) in replaying)
        {
            // Live only when the replay's end has been seen.
            owned[partition].Restored = Math.Min(0.99, (1 + r.ReplayShare) / 2);
            if (isTime) log.LogInformation("Partition {Partition}: {Percent:0} % of its readings replayed", partition, 100 * r.ReplayShare);
        }
    }

    private void Begin(IConsumer<Ignore, Ignore> consumer, int partition, Restoring r, bool mayFlow)
    {
        var topicPartition = new TopicPartition(options.Topics.Readings, partition);
        // Its commands first: readings that a backlog has would outrun them.
        if (Start(consumer, topicPartition, r) is not { } from || !(state.HasCommandsFrom(partition, r.Task.CommandsPosition) || commands.IsFull)) return;
        try
        {
            owned[partition].End = -1;
            consumer.Seek(new TopicPartitionOffset(topicPartition, from));
        }
        catch (KafkaException e) when (e.Error.Code == ErrorCode.Local_State)
        {
            // The client has not begun to fetch it yet; the next turn tries again.
            return;
        }
        if (mayFlow) consumer.Resume([topicPartition]);
        restoring.Remove(partition);
        tasks.Add(partition, r.Task);
        replaying.Add(partition, r);
    }

    /// <summary>Null where the state contradicts what the brokers said; then all of it is read once more.</summary>
    /// <exception cref="StateException">It contradicts them again.</exception>
    private long? Start(IConsumer<Ignore, Ignore> consumer, TopicPartition partition, Restoring r)
    {
        try
        {
            return r.From ??= r.Task.Start(r.Facts!.Value.Start);
        }
        catch (StateException) when (!r.IsSecond)
        {
            // Whoever was silent for long reads what the next owner writes, until a poll tells that there is one.
            log.LogWarning("Partition {Partition}: state and offsets contradict each other; they are read once more", partition.Partition.Value);
            restoring[partition.Partition.Value] = new Restoring(createTask(partition.Partition.Value), r.Since, isSecond: true) { IsHeld = true };
            Ask(consumer, [partition]);
            return null;
        }
    }

    private void Ask(IConsumer<Ignore, Ignore> consumer, IReadOnlyList<TopicPartition> partitions) => inquiries.Add(new Asked(
        partitions.ToDictionary(p => p.Partition.Value, p => restoring[p.Partition.Value]), clients.Run(() => inquiry.Ask(consumer, partitions, cancel.Token))));

    /// <param name="About">The partitions as they were assigned then.</param>
    private readonly record struct Asked(IReadOnlyDictionary<int, Restoring> About, Task<IReadOnlyDictionary<int, PartitionFacts>> Facts);
}
