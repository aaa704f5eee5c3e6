using System.Text;
using PredMaint.Core.Alerts;
using PredMaint.Core.Machines;
using PredMaint.Core.Readings;
using PredMaint.Core.Snapshots;
using PredMaint.Worker.Brokers;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Telemetry;
using Polly;

namespace PredMaint.Worker.Line;

/// <summary>How a transaction ended, as far as is known.</summary>
public enum CommitOutcome
{
    Committed,

    /// <summary>Nothing of it is visible; the same things can be said again.</summary>
    Aborted,

    /// <summary>The broker may have it or not: ask for the committed offsets after <see cref="Publisher.Renew"/>.</summary>
    Unknown,
}

/// <summary>A namesake has taken over the transactional id: one of the two must go.</summary>
public sealed class FencedException(string message, Exception cause) : Exception(message, cause);

/// <summary>A thread's transactional producer: writes what tasks hold and the offsets behind it, all or nothing.</summary>
public sealed class Publisher : IDisposable
{
    /// <summary>Beyond its own time-out, for a client that forgets it.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly WorkerOptions options;
    private readonly LineClients clients;
    private readonly Func<Machine, byte[]> snapshot;
    private readonly ProducerConfig config;
    private readonly ResiliencePipeline initialise;
    private readonly ILogger log;
    private readonly ClientLog clientLog;
    private readonly TimeSpan timeout;
    private readonly TimeProvider time;
    private IProducer<byte[], byte[]?>? producer;

    /// <param name="snapshot">What the state topic keeps of a machine.</param>
    /// <param name="initialise">Repeats the initialisation while no coordinator answers.</param>
    public Publisher(
        WorkerOptions options, LineClients clients, int thread, Func<Machine, byte[]> snapshot, ResiliencePipeline initialise, TimeProvider time, ILogger log, ClientLog clientLog)
    {
        this.options = options;
        this.clients = clients;
        this.snapshot = snapshot;
        this.initialise = initialise;
        this.time = time;
        this.log = log;
        this.clientLog = clientLog;
        config = KafkaSettings.Producer(options, thread);
        // Beyond this the coordinator has aborted the transaction by itself.
        timeout = TimeSpan.FromMilliseconds(config.TransactionTimeoutMs ?? 60_000);
    }

    /// <summary>
    /// Makes the producer, or a new one in its place: initialising fences the old one off and completes or aborts the
    /// transaction that it left. Waits until a coordinator answers or <paramref name="stop"/> is requested.
    /// </summary>
    public void Renew(CancellationToken stop)
    {
        Dispose();
        initialise.Execute(
            _ =>
            {
                producer ??= BrokerConnection.Make(clients.Producer(config)
                    .SetLogHandler((_, m) => clientLog.Write(m))
                    .SetErrorHandler((_, e) => clientLog.Write(e))
                    .Build);
                if (!Returns("begins", p => p.InitTransactions(timeout))) throw new KafkaException(ErrorCode.Local_TimedOut);
            },
            stop);
    }

    /// <summary>Hands on what the client has to say between transactions, such as why no coordinator answers.</summary>
    public void Serve() => producer?.Poll(TimeSpan.Zero);

    /// <summary>When all of the last transaction was handed to the client (<see cref="TimeProvider.GetTimestamp"/>).</summary>
    public long SentAt { get; private set; }

    /// <summary>Bytes of state in the last transaction.</summary>
    public long StateBytes { get; private set; }

    /// <summary>One transaction: alerts, dead letters, state, offsets, commit.</summary>
    /// <param name="group">Read from the consumer for this very commit: it names the generation that owns the partitions.</param>
    /// <param name="trace">Whose spans the alerts' messages carry on from; null where nothing is traced.</param>
    /// <exception cref="FencedException">Another worker has taken this one's name.</exception>
    /// <exception cref="KafkaException">The producer is beyond use.</exception>
    public CommitOutcome TryCommit(IReadOnlyList<TaskCommit> commits, IConsumerGroupMetadata group, TransactionTrace? trace)
    {
        var begun = time.GetTimestamp();
        try
        {
            var outcome = Transact(commits, group, trace);
            // What it has to say of an outage is said before the end of it.
            Serve();
            return outcome;
        }
        // The coordinator fences off a transaction that was open too long; before that only a namesake can have done it.
        catch (KafkaException e) when (IsFence(e.Error) && time.GetElapsedTime(begun) < timeout)
        {
            throw new FencedException(
                $"fenced off: another worker of group {options.Group} has begun as instance {options.Instance}; give each worker its own 'instance'", e);
        }
    }

    public void Dispose()
    {
        producer?.Dispose();
        producer = null;
    }

    private CommitOutcome Transact(IReadOnlyList<TaskCommit> commits, IConsumerGroupMetadata group, TransactionTrace? trace)
    {
        var ending = false;
        (StateBytes, SentAt) = (0, time.GetTimestamp());
        try
        {
            producer!.BeginTransaction();
            foreach (var commit in commits) Send(commit, trace);
            SentAt = time.GetTimestamp();
            if (!Returns("sends offsets", p => p.SendOffsetsToTransaction(commits.Select(Offset), group, timeout))) return CommitOutcome.Unknown;
            ending = true;
            return Returns("commits", p => p.CommitTransaction(timeout)) ? CommitOutcome.Committed : CommitOutcome.Unknown;
        }
        catch (KafkaTxnRequiresAbortException e)
        {
            log.LogWarning("Transaction aborted, its content is said again: {Reason}", e.Error.Reason);
            return OrRefused(e.Error, TryAbort());
        }
        catch (KafkaException e) when (!e.Error.IsFatal)
        {
            log.LogWarning("Transaction failed: {Reason}", e.Error.Reason);
            return OrRefused(e.Error, ending ? CommitOutcome.Unknown : TryAbort());
        }
    }

    /// <summary>
    /// False where the client does not come back: it may wait for ever for a coordinator that was restarted, whatever the
    /// time-out (librdkafka issues 5456 and 5511). Then the producer is left to itself; a new one must end its transaction.
    /// </summary>
    private bool Returns(string what, Action<IProducer<byte[], byte[]?>> call)
    {
        var caller = producer!;
        var calling = clients.Run(() => call(caller));
        if (clients.Await(calling, timeout + Grace))
        {
            calling.GetAwaiter().GetResult();
            return true;
        }
        log.LogWarning("The Kafka client hangs while it {What}; a new producer takes over", what);
        // Destroying a client in the midst of a call is not allowed. The call's own outcome matters no more.
        _ = calling.ContinueWith(t => { _ = t.Exception; caller.Dispose(); }, clients.Beside);
        producer = null;
        return false;
    }

    private CommitOutcome TryAbort()
    {
        try
        {
            return Returns("aborts", p => p.AbortTransaction(timeout)) ? CommitOutcome.Aborted : CommitOutcome.Unknown;
        }
        catch (KafkaException e) when (!e.Error.IsFatal)
        {
            log.LogWarning("Abort failed: {Reason}", e.Error.Reason);
            return CommitOutcome.Unknown;
        }
    }

    /// <summary>What the access rules forbid they forbid the next time too.</summary>
    private static CommitOutcome OrRefused(Error error, CommitOutcome outcome) =>
        BrokerErrors.Refused(error) is null ? outcome : throw new KafkaException(error);

    private void Send(TaskCommit commit, TransactionTrace? trace)
    {
        foreach (var transition in commit.Transitions) Send(new TopicPartition(options.Topics.Alerts, Partition.Any), Message(transition, trace?.TraceParent(transition) ?? transition.TraceParent));
        foreach (var letter in commit.DeadLetters) Send(new TopicPartition(options.Topics.DeadLetters, Partition.Any), Message(letter));
        foreach (var machine in commit.Snapshots) SendState(commit.Partition, machine.Key, snapshot(machine));
        foreach (var machine in commit.Removed) SendState(commit.Partition, machine.Key, value: null);
        SendState(commit.Partition, ControlRecord.Key.ToArray(), commit.Control.Write());
    }

    private void SendState(int partition, byte[] key, byte[]? value)
    {
        StateBytes += key.Length + (value?.Length ?? 0);
        Send(new TopicPartition(options.Topics.State, partition), new Message<byte[], byte[]?> { Key = key, Value = value });
    }

    /// <summary>The queue is bounded: where it is full the line waits here until the brokers have taken some of it.</summary>
    private void Send(TopicPartition topic, Message<byte[], byte[]?> message)
    {
        while (true)
        {
            try
            {
                producer!.Produce(topic, message);
                return;
            }
            catch (ProduceException<byte[], byte[]?> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                producer!.Poll(TimeSpan.FromMilliseconds(100));
            }
            catch (ProduceException<byte[], byte[]?> e) when (e.Error.Code == ErrorCode.TopicAuthorizationFailed)
            {
                throw new KafkaException(new Error(e.Error.Code, $"{topic.Topic}: {e.Error.Reason}"), e);
            }
        }
    }

    private static bool IsFence(Error error) => error.Code is ErrorCode.Local_Fenced or ErrorCode.ProducerFenced or ErrorCode.InvalidProducerEpoch;

    private TopicPartitionOffset Offset(TaskCommit commit) => new(options.Topics.Readings, commit.Partition, commit.Position);

    private static Message<byte[], byte[]?> Message(Transition transition, string? traceParent)
    {
        var headers = new Headers { { "content-type", Encoding.ASCII.GetBytes(AlertJson.ContentType) } };
        if (traceParent is not null) headers.Add("traceparent", Encoding.ASCII.GetBytes(traceParent));
        return new Message<byte[], byte[]?> { Key = transition.Machine, Value = transition.Json, Headers = headers };
    }

    private Message<byte[], byte[]?> Message(DeadLetter letter) => new()
    {
        Key = letter.Key!,
        Value = letter.Value,
        Headers = new Headers
        {
            { "predmaint.reason", Encoding.UTF8.GetBytes(letter.Reason) },
            { "predmaint.detail", Encoding.UTF8.GetBytes(letter.Detail) },
            { "predmaint.topic", Encoding.UTF8.GetBytes(letter.IsCommand ? options.Topics.Commands : options.Topics.Readings) },
            { "predmaint.partition", Encoding.UTF8.GetBytes($"{letter.Partition}") },
            { "predmaint.offset", Encoding.UTF8.GetBytes($"{letter.Offset}") },
        },
    };
}
