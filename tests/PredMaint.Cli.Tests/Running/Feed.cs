using PredMaint.Testing;

namespace PredMaint.Cli.Tests.Running;

/// <summary>Readings that flow until they are stopped: the fleet's steps, one after the other.</summary>
internal sealed class Feed : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly Task work;
    private volatile int steps;

    public Feed(KafkaBroker broker, string topic, int machines = 50) => work = Task.Run(() => ProduceAsync(broker, topic, machines));

    /// <summary>Waits until so many steps of the fleet have been sent.</summary>
    public Task HasSentAsync(int wanted) => Eventually.TrueAsync(() => work.IsFaulted || steps >= wanted, $"{wanted} steps of the fleet", state: () => $"{steps} {work.Exception}");

    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await work;
    }

    public async ValueTask DisposeAsync()
    {
        if (!work.IsCompleted) await StopAsync();
        stop.Dispose();
    }

    private async Task ProduceAsync(KafkaBroker broker, string topic, int machines)
    {
        for (; !stop.IsCancellationRequested; steps++) await broker.ProduceAsync(topic, Fleet.Readings(machines, steps: 1, fromStep: steps));
    }
}
