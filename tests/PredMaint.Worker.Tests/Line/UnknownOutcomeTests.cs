using Confluent.Kafka;
using PredMaint.Testing;

namespace PredMaint.Worker.Tests.Line;

/// <summary>A commit whose fate is unknown: the worker finds out, and neither loses nor repeats an alert.</summary>
[Trait("needs", "kafka")]
public sealed class UnknownOutcomeTests(KafkaFixture kafka)
{
    private bool armed;
    private int lost;

    [Theory]
    [InlineData(FateKind.LoseAnswer)]
    [InlineData(FateKind.LoseRequest)]
    public async Task No_alert_is_lost_or_repeated_when_the_end_of_a_transaction_is_lost(FateKind kind)
    {
        var broker = await kafka.RequireAsync();
        using var job = await WorkerJob.CreateAsync(broker);
        using var proxy = Proxy(broker, kind);
        // A short time-out, so that the worker gives the answer up soon.
        await using var worker = job.Start($"kafka.bootstrap.servers={proxy.Bootstrap}", "kafka.transaction.timeout.ms=3000", "kafka.group.protocol=consumer");
        await broker.ProduceAsync(job.Readings, Fleet.Readings(machines: 40, steps: 60));
        await job.CaughtUpAsync(worker);
        var before = await job.AlertsAsync();
        Assert.NotEmpty(before);

        Volatile.Write(ref armed, true);
        await broker.ProduceAsync(job.Readings, Fleet.Readings(machines: 40, steps: 120, fromStep: 60));
        await Eventually.TrueAsync(() => Volatile.Read(ref lost) > 0, "the lost request", state: () => worker.Logs.Text);
        await job.CaughtUpAsync(worker);
        await worker.StopAsync();

        Assert.True(worker.Logs.Says("Transaction failed"), worker.Logs.Text);
        var aborts = worker.Host.Counters.Single().Aborts;
        Assert.True(aborts == (kind == FateKind.LoseRequest ? 1 : 0), $"{aborts} aborts\n{worker.Logs.Text}");
        var after = await job.AlertsAsync();
        Assert.True(after.Count > before.Count, $"no alert since the {before.Count} of before: the readings prove nothing");
        // A machine that began cold would raise again what was raised: its memory must be what it was.
        Assert.Equal(WorkerJob.Partitions, worker.Count(" assigned"));
        Alert.AssertSame(Oracle.Alerts(job, Fleet.Readings(machines: 40, steps: 180)), after);
    }

    /// <summary>Then the committed offset, which stays where it was, does not tell.</summary>
    [Theory]
    [InlineData(FateKind.LoseAnswer)]
    [InlineData(FateKind.LoseRequest)]
    public async Task No_command_is_lost_or_repeated_when_the_end_of_its_own_transaction_is_lost(FateKind kind)
    {
        var broker = await kafka.RequireAsync();
        using var job = await WorkerJob.CreateAsync(broker);
        using var proxy = Proxy(broker, kind);
        await using var worker = job.Start($"kafka.bootstrap.servers={proxy.Bootstrap}", "kafka.transaction.timeout.ms=3000", "kafka.group.protocol=consumer");
        await broker.ProduceAsync(job.Readings, Fleet.Readings(machines: 40, steps: 22));
        await job.CaughtUpAsync(worker);
        var machine = (await job.AlertsAsync()).Active()[0];

        Volatile.Write(ref armed, true);
        await broker.ResetAsync(job.Commands, machine);
        await Eventually.TrueAsync(() => Volatile.Read(ref lost) > 0 && worker.Count(" restored") == 2 * WorkerJob.Partitions, "the lost request and a new beginning", state: () => worker.Logs.Text);
        await broker.ResetAsync(job.Commands, "nobody");
        await broker.ReadCommittedUntilAsync(job.DeadLetters, l => l.Count == 1, "the answer to a later command");
        await worker.StopAsync();
        Assert.Equal([machine], (await broker.ResetsAsync(job.Alerts)).Select(a => (string)a["subject"]!));
    }

    /// <summary>Nothing is lost by it: what the worker held, the other has done.</summary>
    [Fact]
    public async Task A_worker_that_stops_ends_well_although_another_has_taken_its_partitions_meanwhile()
    {
        var broker = await kafka.RequireAsync();
        using var job = await WorkerJob.CreateAsync(broker);
        using var proxy = Proxy(broker, FateKind.LoseRequest);
        await using var worker = job.Start($"kafka.bootstrap.servers={proxy.Bootstrap}", "kafka.transaction.timeout.ms=3000", "kafka.group.protocol=consumer");
        await broker.ProduceAsync(job.Readings, Fleet.Readings(machines: 40, steps: 60));
        await job.CaughtUpAsync(worker);
        var before = await job.AlertsAsync();

        Volatile.Write(ref armed, true);
        await broker.ProduceAsync(job.Readings, Fleet.Readings(machines: 40, steps: 120, fromStep: 60));
        await Eventually.TrueAsync(() => Volatile.Read(ref lost) > 0, "the lost request", state: () => worker.Logs.Text);
        CommitOfAnother(broker, job, offset: 1_000_000);
        await worker.StopAsync();

        Assert.True(worker.Logs.Says("another worker has committed more of partitions"), worker.Logs.Text);
        Assert.Equal(before.Count, (await job.AlertsAsync()).Count);
    }

    /// <summary>Offsets that a member of the group has not committed: taken unchecked, since they name no member.</summary>
    private static void CommitOfAnother(KafkaBroker broker, WorkerJob job, long offset)
    {
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = broker.Bootstrap, GroupId = job.Group }).Build();
        using var producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = broker.Bootstrap, TransactionalId = KafkaBroker.UniqueName("another") }).Build();
        var timeout = TimeSpan.FromSeconds(10);
        producer.InitTransactions(timeout);
        producer.BeginTransaction();
        producer.SendOffsetsToTransaction(Enumerable.Range(0, WorkerJob.Partitions).Select(p => new TopicPartitionOffset(job.Readings, p, offset)), consumer.ConsumerGroupMetadata, timeout);
        producer.CommitTransaction(timeout);
    }

    /// <summary>Once armed, it loses the ends of transactions.</summary>
    private KafkaProxy Proxy(KafkaBroker broker, FateKind kind) => new(broker.Bootstrap, key =>
    {
        // The client repeats a request that was lost, if it is given the time: none passes until a new producer begins.
        if (key == ApiKey.InitProducerId) Volatile.Write(ref armed, false);
        if (key != ApiKey.EndTxn || !Volatile.Read(ref armed)) return default;
        Interlocked.Increment(ref lost);
        return new Fate(kind);
    });
}
