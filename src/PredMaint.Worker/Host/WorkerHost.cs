using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Core.Snapshots;
using PredMaint.Worker.Brokers;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Line;
using PredMaint.Worker.Models;
using PredMaint.Worker.Telemetry;

namespace PredMaint.Worker.Host;

/// <summary>
/// A worker process: its threads, each with a line of its own, begun anew when its clients fail, and a stop that ends
/// within bounds.
/// </summary>
/// <param name="models">Disposed of when the worker ends, or when others are loaded in their place.</param>
/// <param name="observe">Told every score, on the threads that score; null where nobody watches.</param>
public sealed class WorkerHost(WorkerOptions options, IReadOnlyList<ModelEntry> models, TimeProvider time, ILoggerFactory logs, Action<ScoredStep>? observe = null) : IDisposable
{
    /// <summary>So often repeated as failures are allowed, it outlasts a dead member's session (45 s by default).</summary>
    private static readonly TimeSpan SessionShare = TimeSpan.FromSeconds(12);

    /// <summary>A thread that fails more often than this within <see cref="FailureWindow"/> ends the process.</summary>
    private const int MaxFailures = 5;

    private static readonly TimeSpan FailureWindow = TimeSpan.FromMinutes(10);

    /// <summary>Kubernetes kills after 30 s, and telemetry is flushed after it; closing a consumer has no time-out of its own.</summary>
    internal static readonly TimeSpan ShutdownLimit = TimeSpan.FromSeconds(21);

    private readonly ModelShelf shelf = new(models);
    private readonly ILogger log = logs.CreateLogger("predmaint");
    private readonly LineStatus[] lines = [.. Enumerable.Range(0, options.Threads).Select(n => new LineStatus(n))];
    private Probes? probes;
    private WorkerMeter? meter;

    /// <summary>By thread; they go on counting when a line begins anew.</summary>
    public IReadOnlyList<TaskCounters> Counters => [.. lines.Select(l => l.Counters)];

    public Probes Probes => probes ??= new Probes(options, lines, time);

    /// <summary>Its metrics are there from now on: that it is not ready is told before any broker answers.</summary>
    public WorkerMeter Measure() => meter ??= new WorkerMeter(lines, shelf, () => Probes.IsReady, time);

    public void Dispose() => meter?.Dispose();

    /// <summary>Runs until a stop is requested or a thread gives up.</summary>
    /// <exception cref="WorkerFailedException">A thread could not go on, or the worker did not stop in time.</exception>
    /// <exception cref="BrokerRefusedException">The brokers refuse what the worker must do.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
#pragma warning disable CA2000 // A thread that hangs in the client may yet ask for it after this has returned.
        var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
#pragma warning restore CA2000
        foreach (var model in models)
            log.LogInformation("Model {Model} judges machines {Machines} on {Provider}", model.Manifest.NameAndVersion, model.Machines, model.Model.Provider);
        log.LogInformation("Group {Group}, instance {Instance}: {Threads} thread(s) read {Topic}", options.Group, options.Instance, options.Threads, options.Topics.Readings);
        using var secrets = new SecretWatch(options, log);
        Probes.Phase = null;
        foreach (var line in lines) Measure().Begin(line.Thread, models);
        var threads = lines.Select(line => StartThread(line, Measure(), secrets, end)).ToList();
        var all = Task.WhenAll(threads);
        var watches = Task.WhenAll(
            FileWatch.RunAsync(new ModelWatch(options.Models, shelf, log).Look, "Models could not be loaded again; those that serve go on", time, log, end.Token),
            FileWatch.RunAsync(secrets.Look, "Secrets could not be looked at; those of before are kept", time, log, end.Token));
        await Task.WhenAny(all, Requested(end.Token));
        Probes.Phase = "stops";
        try
        {
            await StopAsync().WaitAsync(ShutdownLimit, time, CancellationToken.None);
        }
        catch (TimeoutException e)
        {
            // What ended the first thread is the reason, not that others were slow to follow.
            foreach (var failed in threads.Where(t => t.IsFaulted)) await failed;
            throw new WorkerFailedException($"the worker did not stop within {ShutdownLimit.TotalSeconds} s, as where no broker answers; what was not committed will be done again", e);
        }
        finally
        {
            shelf.Clear();
        }

        async Task StopAsync()
        {
            await Task.WhenAll(all, watches);
            if (!options.IsEmbedded) await StartUp.FarewellAsync(secrets.Current.Kafka, time);
        }
    }

    private Task StartThread(LineStatus status, WorkerMeter meter, SecretWatch secrets, CancellationTokenSource end)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Run()
        {
            try
            {
                RunThread(status, meter, secrets, end.Token);
                done.SetResult();
            }
#pragma warning disable CA1031 // It is handed on to whoever awaits the thread's end.
            catch (Exception e)
#pragma warning restore CA1031
            {
                if (e is not (WorkerFailedException or BrokerRefusedException or FencedException))
                {
                    // A device that failed, or a mistake of ours: the place says which.
                    log.LogCritical(e, "Line {Number} cannot go on", status.Thread);
                    e = new WorkerFailedException($"thread {status.Thread} cannot go on: {e.Message}", e);
                }
                done.SetException(e);
                end.Cancel();
            }
        }
        // A background thread: one that hangs in the client cannot keep the process alive.
        new Thread(Run) { Name = $"line-{status.Thread}", IsBackground = true }.Start();
        return done.Task;
    }

    /// <summary>One line after another until a stop is requested.</summary>
    private void RunThread(LineStatus status, WorkerMeter meter, SecretWatch secrets, CancellationToken stop)
    {
        var failures = new Queue<long>();
        while (!stop.IsCancellationRequested)
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(stop, secrets.Due);
            try
            {
                RunLine(status, meter, secrets.Current, end.Token);
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                // Nothing was begun that must be finished.
            }
            catch (StateException e)
            {
                throw new WorkerFailedException(e.Message, e);
            }
            catch (KafkaException e)
            {
                var refusal = BrokerErrors.Refused(e.Error);
                var isDistrusted = BrokerErrors.IsDistrust(e.Error);
                if (refusal is not null && !isDistrusted) throw new BrokerRefusedException(refusal);
                if (stop.IsCancellationRequested) throw new WorkerFailedException($"stopped, but what was read last could not be committed ({e.Error.Reason}); it will be done again", e);
                failures.Enqueue(time.GetTimestamp());
                while (time.GetElapsedTime(failures.Peek()) > FailureWindow) failures.Dequeue();
                var isTaken = e.Error.Code == ErrorCode.UnreleasedInstanceId;
                var reason = refusal ?? (isTaken ? $"kafka.group.instance.id is still in use, by this worker's predecessor until its session ends, or by another worker ({e.Error.Reason})" : e.Error.Reason);
                if (failures.Count > MaxFailures) throw refusal is not null ? new BrokerRefusedException(refusal) : new WorkerFailedException($"thread {status.Thread} failed {failures.Count} times within {FailureWindow.TotalMinutes} minutes, last: {reason}", e);
                // Only new clients can cure what the clients report; other secrets may be on their way to this machine.
                status.Failed(reason);
                log.LogError("Line {Number} failed and begins anew: {Reason}", status.Thread, reason);
                end.Token.WaitHandle.WaitOne(isTaken || isDistrusted ? SessionShare : Resilience.Pause(failures.Count, Random.Shared.NextDouble()));
            }
        }
    }

    private void RunLine(LineStatus status, WorkerMeter meter, WorkerOptions options, CancellationToken stop)
    {
        using var telemetry = new LineTelemetry(options, status, meter, time, Random.Shared.NextDouble);
        using var line = new LineThread(options, shelf, status.Thread, time, logs.CreateLogger($"line-{status.Thread}"), telemetry, observe);
        line.Run(stop);
    }

    private static Task Requested(CancellationToken token)
    {
        var requested = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(requested.SetResult);
        return requested.Task;
    }
}

/// <summary>Why a worker could not go on.</summary>
public sealed class WorkerFailedException(string message, Exception? cause = null) : Exception(message, cause);
