using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using PredMaint.Core.Models;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Line;

namespace PredMaint.Worker.Host;

/// <summary>
/// A worker process: its threads, each with a line of its own, begun anew when its clients fail, and a stop that ends
/// within bounds.
/// </summary>
public sealed class WorkerHost(WorkerOptions options, IReadOnlyList<ModelEntry> models, TimeProvider time, ILoggerFactory logs)
{
    /// <summary>A thread that fails more often than this within <see cref="FailureWindow"/> ends the process.</summary>
    private const int MaxFailures = 5;

    private static readonly TimeSpan FailureWindow = TimeSpan.FromMinutes(10);

    /// <summary>Kubernetes kills after 30 s; closing a consumer has no time-out of its own.</summary>
    private static readonly TimeSpan ShutdownLimit = TimeSpan.FromSeconds(25);

    private readonly ILogger log = logs.CreateLogger("predmaint");
    private readonly LineThread?[] lines = new LineThread?[options.Threads];

    /// <summary>The lines at work; a line that is being begun anew is absent.</summary>
    public IEnumerable<LineThread> Lines => lines.OfType<LineThread>();

    /// <summary>Runs until a stop is requested or a thread gives up.</summary>
    /// <returns>Null after an orderly stop, else why the worker could not go on.</returns>
    public async Task<string?> RunAsync(CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        foreach (var model in models)
            log.LogInformation("Model {Model} judges machines {Machines} on {Provider}", model.Manifest.NameAndVersion, model.Machines, model.Model.Provider);
        log.LogInformation("Group {Group}, instance {Instance}: {Threads} thread(s) read {Topic}", options.Group, options.Instance, options.Threads, options.Topics.Readings);
        var threads = Enumerable.Range(0, options.Threads).Select(n => StartThread(n, end)).ToList();
        var all = Task.WhenAll(threads);
        await Task.WhenAny(all, Requested(end.Token));
        try
        {
            var failures = await all.WaitAsync(ShutdownLimit, time, CancellationToken.None);
            return failures.FirstOrDefault(f => f is not null);
        }
        catch (TimeoutException)
        {
            return $"the worker did not stop within {ShutdownLimit.TotalSeconds} s; what was not committed will be done again";
        }
    }

    private Task<string?> StartThread(int number, CancellationTokenSource end)
    {
        var done = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        // A background thread: one that hangs in the client cannot keep the process alive.
        var thread = new Thread(() => done.SetResult(RunThread(number, end))) { Name = $"line-{number}", IsBackground = true };
        thread.Start();
        return done.Task;
    }

    /// <summary>One line after another until a stop is requested; null then, else why this thread gave up.</summary>
    private string? RunThread(int number, CancellationTokenSource end)
    {
        var failures = new Queue<long>();
        while (!end.IsCancellationRequested)
        {
            try
            {
                RunLine(number, end.Token);
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                return null;
            }
#pragma warning disable CA1031 // Whatever ends a line, the worker decides here whether to begin it anew.
            catch (Exception e)
#pragma warning restore CA1031
            {
                var reason = Explain(e);
                log.LogError(e, "Line {Number} failed: {Reason}", number, reason);
                if (!CanGoOn(e, failures)) { end.Cancel(); return reason; }
                end.Token.WaitHandle.WaitOne(Resilience.Pause(failures.Count));
            }
        }
        return null;
    }

    private void RunLine(int number, CancellationToken stop)
    {
        using var line = new LineThread(options, models, number, time, logs.CreateLogger($"line-{number}"));
        lines[number] = line;
        try
        {
            line.Run(stop);
        }
        finally
        {
            lines[number] = null;
        }
    }

    private bool CanGoOn(Exception e, Queue<long> failures)
    {
        // What the clients report can be cured by new ones; anything else is our own mistake and would come again.
        if (e is not KafkaException k || k.Error.Code is ErrorCode.Local_AutoOffsetReset or ErrorCode.OffsetOutOfRange) return false;
        failures.Enqueue(time.GetTimestamp());
        while (time.GetElapsedTime(failures.Peek()) > FailureWindow) failures.Dequeue();
        return failures.Count <= MaxFailures;
    }

    private string Explain(Exception e) => e switch
    {
        KafkaException { Error.Code: ErrorCode.Local_Fenced or ErrorCode.ProducerFenced or ErrorCode.InvalidProducerEpoch } =>
            $"fenced off: another worker of group {options.Group} runs as instance {options.Instance}; give each its own 'instance'",
        KafkaException { Error.Code: ErrorCode.Local_AutoOffsetReset or ErrorCode.OffsetOutOfRange } k =>
            $"a committed offset is no longer in topic {options.Topics.Readings} ({k.Error.Reason}): its readings were deleted before they were read; reset the group's offset of that partition",
        KafkaException k => k.Error.Reason,
        _ => e.Message,
    };

    private static Task Requested(CancellationToken token)
    {
        var requested = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(requested.SetResult);
        return requested.Task;
    }
}
