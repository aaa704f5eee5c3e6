using Microsoft.Extensions.Logging;
using PredMaint.Core.Models;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Host;

namespace PredMaint.Worker.Tests.Line;

/// <summary>A worker in this process.</summary>
internal sealed class RunningWorker : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly Task run;

    public RunningWorker(WorkerOptions options, IReadOnlyList<ModelEntry> models, TimeProvider time)
    {
        Host = new WorkerHost(options, models, time, Logs);
        run = Task.Run(() => Host.RunAsync(stop.Token));
    }

    public WorkerHost Host { get; }

    public LogKeeper Logs { get; } = new();

    /// <summary>Its end, with the exception that ended it.</summary>
    public Task Ended => run;

    /// <summary>Partitions that it reads now.</summary>
    public int Owned => Count(" assigned") - Count(" revoked") - Count(" lost");

    public int Count(string text) => Logs.AtLeast(LogLevel.Information).Count(l => l.Contains(": Partition ", StringComparison.Ordinal) && l.Contains(text, StringComparison.Ordinal));

    public Task StopAsync()
    {
        stop.Cancel();
        return run;
    }

    public async ValueTask DisposeAsync()
    {
        // A test that failed says so itself; how its worker ended would only hide that.
        await StopAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
        Host.Dispose();
    }
}
