using System.Globalization;
using System.Text.RegularExpressions;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Core.Snapshots;
using PredMaint.Simulation.Clients;
using PredMaint.Simulation.Kafka;
using PredMaint.Simulation.Stage;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Line;
using PredMaint.Worker.Models;
using PredMaint.Worker.Telemetry;

namespace PredMaint.Simulation.Runs;

/// <summary>A worker process with one line, begun anew as the host does it.</summary>
internal sealed partial class Worker(WorkerOptions options, ModelEntry[] models, Host host, VirtualTime time, Guid readingsId, Action<string> fail)
{
    private readonly CancellationTokenSource stop = new();
    private readonly ModelShelf shelf = new(models);
    private readonly LineStatus status = new(0);

    public Process Process => host.Process;

    public Host Host => host;

    public string Instance => options.Instance;

    public TaskCounters Counters => status.Counters;

    /// <summary>When the group's coordinator gives up to hear of it; null while it hears.</summary>
    public TimeSpan? SessionEnds { get; set; }

    /// <summary>Nothing goes wrong any more: no line may fail.</summary>
    public required Func<bool> MustHold { get; init; }

    public void Start() => host.Schedule.Start(host.Process, Live);

    /// <summary>The files of its models have changed.</summary>
    public void Reload(ModelEntry[] next)
    {
        host.Trace($"goes over to {string.Join(", ", next.Select(m => m.Manifest.NameAndVersion))}");
        shelf.Replace(next);
    }

    public void Stop() => stop.Cancel();

    private void Live()
    {
        host.Trace($"starts with {string.Join(", ", models.Select(m => m.Manifest.NameAndVersion))}");
        for (var failures = 1; !stop.IsCancellationRequested; failures++)
        {
            try
            {
                using var telemetry = new LineTelemetry(options, status, meter: null, time, host.Random.NextDouble);
                using var line = new LineThread(options, shelf, 0, time, host.IsTracing ? new TraceLog(host) : NullLogger.Instance, telemetry, observe: null, Clients());
                line.Run(stop.Token);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            // The filter runs before the line is disposed, and with it its membership.
            catch (StateException e) when (IsRefusal(e))
            {
                break;
            }
            catch (FencedException)
            {
                host.Trace("fenced off by a namesake");
                break;
            }
            catch (KafkaException e)
            {
                host.Trace($"line failed: {e.Error.Reason}");
                if (MustHold()) fail($"{host.Process.Name}: the line fails in peace: {e.Error.Reason}");
                if (!stop.IsCancellationRequested) host.Schedule.Sleep(Resilience.Pause(failures, host.Random.NextDouble()));
            }
        }
        host.Trace("ends");
        host.Process.Die();
    }

    /// <summary>A worker that does not own the partition reads what it likes: it cannot commit. An owner that refuses has met a contradiction.</summary>
    private bool IsRefusal(StateException refusal)
    {
        host.Trace($"refuses: {refusal.Message}");
        var named = PartitionOf().Match(refusal.Message);
        if (!named.Success || (host.Member is { } member && host.Broker.Group.Owns(member.Id, int.Parse(named.Groups["number"].ValueSpan, CultureInfo.InvariantCulture))))
            fail($"{host.Process.Name} owns the partition and refuses it: {refusal.Message}");
        return true;
    }

    private LineClients Clients() => new()
    {
        Readings = config => new ReadingsConsumerBuilder(host, options.Topics.Readings, config),
        Fetched = (consumer, _) => new ModelRecords((ReadingsConsumer)consumer),
        State = config => new StateReaderBuilder(host, options.Topics.State, options.Topics.Commands, config),
        Producer = config => new ModelProducerBuilder(host, config),
        Admin = _ => new AdminClient(),
        DescribeTopics = (_, topics, _) => AdminQuestions.DescribeTopics(host, readingsId, topics),
        ListOffsets = (_, partitions, wishes) => AdminQuestions.ListOffsets(host, partitions, wishes),
        Beside = new BesideScheduler(host.Schedule, host.Process),
        Await = (task, limit) => host.Schedule.Wait(() => task.IsCompleted, limit),
        Chance = host.Random.NextDouble,
    };

    [GeneratedRegex("^partition (?<number>[0-9]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PartitionOf();

    private sealed class TraceLog(Host host) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            host.Trace($"[{formatter(state, exception)}]");
    }
}
