using Confluent.Kafka;

namespace PredMaint.Simulation.Clients;

internal sealed class ModelProducerBuilder(Host host, ProducerConfig config) : ProducerBuilder<byte[], byte[]?>(config)
{
    public override IProducer<byte[], byte[]?> Build() => new ModelProducer(host, config);
}

/// <summary>A transactional producer: messages wait here until they are sent, and every request or its reply may be late or lost.</summary>
internal sealed class ModelProducer(Host host, ProducerConfig config) : IProducer<byte[], byte[]?>
{
    private static readonly TimeSpan Forever = TimeSpan.FromSeconds(30);

    private readonly string id = config.TransactionalId;
    private readonly TimeSpan transactionTimeout = TimeSpan.FromMilliseconds(config.TransactionTimeoutMs ?? 60_000);
    private readonly Queue<(TopicPartition To, Message<byte[], byte[]?> Message)> queue = [];
    private int epoch = -1;
    private bool hasSent;

    public void InitTransactions(TimeSpan timeout)
    {
        host.Travel(host.Trouble.LostBeginning);
        int? given = null;
        if (!host.Schedule.Wait(() => (given ??= host.Broker.Initialise(id)) is not null, timeout)) throw Host.TimedOut();
        host.Travel(host.Trouble.LostBeginning);
        epoch = given!.Value;
        host.Trace($"{id} has epoch {epoch}");
    }

    public void BeginTransaction() => hasSent = false;

    public void Produce(TopicPartition topicPartition, Message<byte[], byte[]?> message, Action<DeliveryReport<byte[], byte[]?>>? deliveryHandler = null)
    {
        if (host.Happens(host.Trouble.LostRequest / 4))
            throw new ProduceException<byte[], byte[]?>(new Error(ErrorCode.Local_QueueFull, "queue full"), new DeliveryResult<byte[], byte[]?>());
        queue.Enqueue((topicPartition, message));
        if (!host.Happens(0.3)) return;
        host.Schedule.Pass();
        Send(host.Random.Next(queue.Count + 1));
    }

    public void SendOffsetsToTransaction(IEnumerable<TopicPartitionOffset> offsets, IConsumerGroupMetadata groupMetadata, TimeSpan timeout)
    {
        host.Travel(host.Trouble.LostRequest);
        HangSometimes();
        var sent = offsets.ToList();
        // Without any this is a success without a request.
        if (sent.Count == 0) return;
        Await(() => host.Broker.TrySendOffsets(id, epoch, transactionTimeout, sent, (Kafka.MemberMetadata)groupMetadata), timeout);
        hasSent = true;
        host.Travel(host.Trouble.LostReply);
    }

    public void CommitTransaction(TimeSpan timeout)
    {
        host.Travel();
        Await(() => Send(host.Random.Next(1, queue.Count + 1)) && queue.Count == 0, timeout);
        HangSometimes();
        End(commit: true);
        HangSometimes();
    }

    public void AbortTransaction(TimeSpan timeout)
    {
        queue.Clear();
        host.Travel();
        HangSometimes();
        if (hasSent) End(commit: false);
    }

    public int Poll(TimeSpan timeout)
    {
        host.Schedule.Pass();
        Send(queue.Count);
        return 0;
    }

    /// <summary>What is on its way when a process dies may arrive or not.</summary>
    public void Dispose() => queue.Clear();

    /// <summary>As the client does after a coordinator has gone, whatever the call's time limit.</summary>
    private void HangSometimes()
    {
        if (!host.Happens(host.Trouble.HangingClient)) return;
        host.Trace("the client hangs");
        host.Schedule.Sleep(Forever);
    }

    private void End(bool commit)
    {
        var trouble = host.Trouble;
        if (host.Happens(trouble.LostRequest))
        {
            // It may come after its sender has given it up, if no newer producer is there by then.
            if (host.Happens(0.5))
            {
                var (broker, myId, myEpoch) = (host.Broker, id, epoch);
                host.Broker.Delay(TimeSpan.FromMilliseconds(host.Random.Next(1, 200)), () => EndLate(broker, myId, myEpoch, commit));
            }
            host.Travel();
            host.Trace($"the request to {(commit ? "commit" : "abort")} is lost or late");
            throw Host.TimedOut();
        }
        host.Travel();
        host.Broker.End(id, epoch, commit);
        host.Trace(commit ? "committed" : "aborted");
        if (host.Happens(trouble.LostReply))
        {
            host.Travel();
            host.Trace("the reply is lost");
            throw Host.TimedOut();
        }
        host.Travel();
    }

    private static void EndLate(Kafka.Broker broker, string id, int epoch, bool commit)
    {
        try
        {
            broker.End(id, epoch, commit);
        }
        catch (KafkaException)
        {
            // Nobody is there to hear of it.
        }
    }

    /// <summary>Sends some of what waits; false where the last transaction still writes its markers.</summary>
    private bool Send(int most)
    {
        for (; most > 0 && queue.TryPeek(out var next); most--)
        {
            if (!host.Broker.TryProduce(id, epoch, transactionTimeout, next.To, next.Message)) return false;
            hasSent = true;
            queue.Dequeue();
        }
        return true;
    }

    private void Await(Func<bool> done, TimeSpan timeout)
    {
        var begun = host.Schedule.Now;
        while (!done())
        {
            if (host.Schedule.Now - begun > timeout) throw Host.TimedOut();
            host.Schedule.Sleep(TimeSpan.FromMilliseconds(1));
        }
    }

    public Handle Handle => throw new NotSupportedException();
    public string Name => throw new NotSupportedException();
    public int AddBrokers(string brokers) => throw new NotSupportedException();
    public void SetSaslCredentials(string username, string password) => throw new NotSupportedException();
    public Task<DeliveryResult<byte[], byte[]?>> ProduceAsync(string topic, Message<byte[], byte[]?> message, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    public Task<DeliveryResult<byte[], byte[]?>> ProduceAsync(TopicPartition topicPartition, Message<byte[], byte[]?> message, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    public void Produce(string topic, Message<byte[], byte[]?> message, Action<DeliveryReport<byte[], byte[]?>>? deliveryHandler = null) => throw new NotSupportedException();
    public int Flush(TimeSpan timeout) => throw new NotSupportedException();
    public void Flush(CancellationToken cancellationToken = default) => throw new NotSupportedException();
    public void CommitTransaction() => throw new NotSupportedException();
    public void AbortTransaction() => throw new NotSupportedException();
}
