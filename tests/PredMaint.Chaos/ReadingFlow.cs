using System.Text;
using Confluent.Kafka;
using PredMaint.Testing;

namespace PredMaint.Chaos;

/// <summary>
/// Readings that flow until they are stopped: a fleet whose machines skip steps, fall silent for longer than a history may
/// be interrupted, and send some readings late, too late or twice. The same for the same seed, however long it flows.
/// </summary>
public sealed class ReadingFlow : IAsyncDisposable
{
    /// <summary>What of it a worker must be told, as lines of its configuration.</summary>
    public const string Settings = "readings: { lateness: 2s, maxGap: 20s }";

    /// <summary>Wear begins anew after so many steps, so that alerts come and go for ever.</summary>
    private const int LifeSteps = 90;

    private const int OutageSteps = 30;

    private readonly CancellationTokenSource stop = new();
    private readonly IProducer<string, byte[]> producer;
    private readonly string topic;
    private readonly int machines;
    private readonly int seed;
    private readonly TimeSpan pause;
    private readonly Task work;
    private volatile string? failure;

    public ReadingFlow(KafkaBroker broker, string topic, int machines, int seed, double stepsPerSecond)
    {
        (this.topic, this.machines, this.seed) = (topic, machines, seed);
        pause = TimeSpan.FromSeconds(1 / stepsPerSecond);
        producer = new ProducerBuilder<string, byte[]>(new ProducerConfig
        {
            BootstrapServers = broker.Bootstrap, EnableIdempotence = true, Acks = Acks.All, LingerMs = 5, Partitioner = Partitioner.Murmur2Random,
            // A broker that is away may take its time.
            MessageTimeoutMs = 0,
        }).SetLogHandler((_, _) => { }).SetErrorHandler((_, e) => { if (e.IsFatal) failure = e.Reason; }).Build();
        work = Task.Run(FlowAsync);
    }

    /// <summary>Why readings have ceased to flow; null while they do.</summary>
    public string? Failure => failure ?? work.Exception?.Message;

    /// <summary>Stops, every reading acknowledged.</summary>
    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await work;
        producer.Flush();
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        producer.Dispose();
        stop.Dispose();
    }

    private async Task FlowAsync()
    {
        using var timer = new PeriodicTimer(pause);
        for (var step = 0; !stop.IsCancellationRequested; step++)
        {
            for (var machine = 0; machine < machines; machine++) Send(machine, step);
            try
            {
                await timer.WaitForNextTickAsync(stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>One step of a machine: nothing, a reading, two; in time or late.</summary>
    private void Send(int machine, int step)
    {
        if (step / OutageSteps % 7 == machine % 7 && machine % 5 == 0) return;
        var chance = Fleet.Chance(seed, machine, -step).Next(100);
        if (chance < 4) return;
        // Two steps late is held in order, five are more than lateness allows.
        var late = chance < 6 ? 5 : chance < 12 ? 2 : 0;
        Produce(machine, Math.Max(0, step - late));
        if (chance is >= 12 and < 15) Produce(machine, step);
        // What was sent late above was missing from its own step: sent here too, it is a duplicate of another value.
        if (late > 0) Produce(machine, step);
    }

    private void Produce(int machine, int step)
    {
        var message = new Message<string, byte[]>
        {
            Key = Fleet.Machine(machine),
            Value = Encoding.UTF8.GetBytes(Fleet.Reading(machine, (step + machine * 7) % LifeSteps, seed, Fleet.Start.AddSeconds(step))),
        };
        while (!stop.IsCancellationRequested)
        {
            try
            {
                producer.Produce(topic, message);
                return;
            }
            catch (ProduceException<string, byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                producer.Poll(TimeSpan.FromMilliseconds(100));
            }
        }
    }
}
