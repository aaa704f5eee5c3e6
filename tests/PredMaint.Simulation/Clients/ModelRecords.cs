using Confluent.Kafka;
using PredMaint.Simulation.Kafka;
using PredMaint.Worker.Line;

namespace PredMaint.Simulation.Clients;

/// <summary>A record or an error of the readings, on its way to the line.</summary>
internal readonly record struct Fetched(int Partition, LogRecord? Record, Error? Error);

/// <summary>As with the client, all is collected before any of it is shown: handlers that run in between take nothing back of what was collected before.</summary>
internal sealed class ModelRecords(ReadingsConsumer consumer) : FetchedRecords
{
    public override void Poll(TimeSpan wait, int most, Action<FetchedRecord> show)
    {
        List<Fetched> collected = [];
        while (collected.Count < most && consumer.Receive(collected.Count == 0 ? wait : TimeSpan.Zero) is { } next) collected.Add(next);
        foreach (var fetched in collected) Show(fetched, show);
    }

    public override void Dispose()
    {
    }

    private static void Show(Fetched fetched, Action<FetchedRecord> show)
    {
        if (fetched.Record is not { } record)
        {
            show(new FetchedRecord { Partition = fetched.Partition, Error = fetched.Error });
            return;
        }
        show(new FetchedRecord
        {
            Partition = fetched.Partition,
            Offset = record.Offset,
            HasKey = record.Key is not null,
            Key = record.Key,
            HasValue = record.Value is not null,
            Value = record.Value,
            TimestampMs = record.TimestampMs,
            TraceParent = record.Headers is { } headers && headers.TryGetLastBytes("traceparent", out var header) ? header : [],
        });
    }
}
