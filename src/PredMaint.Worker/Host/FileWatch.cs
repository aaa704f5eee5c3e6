namespace PredMaint.Worker.Host;

/// <summary>Looks at files once a second: a volume of Kubernetes changes by a link that no notification follows.</summary>
internal static class FileWatch
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    /// <summary>Looks until a stop is requested, on a thread of its own: the heap of native memory that loading grows is a thread's.</summary>
    /// <param name="failure">What a look that fails means.</param>
    public static Task RunAsync(Action look, string failure, TimeProvider time, ILogger log, CancellationToken stop) => Task.Factory.StartNew(
        () =>
        {
            while (true)
            {
                ((IAsyncResult)Task.Delay(Every, time, stop)).AsyncWaitHandle.WaitOne();
                if (stop.IsCancellationRequested) return;
                try
                {
                    look();
                }
#pragma warning disable CA1031 // Whatever a file does, what serves goes on.
                catch (Exception e)
#pragma warning restore CA1031
                {
                    log.LogError(e, "{Failure}", failure);
                }
            }
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
