using System.Text;
using PredMaint.Core.Readings;

namespace PredMaint.Worker.Line;

/// <summary>
/// The records that one poll collected, decoded into slots that are used again and again. The client's deserializers
/// write the next slot while the payload is still the client's own memory; the line then takes the slot.
/// </summary>
public sealed class ReadingBatch(int capacity)
{
    private const string TraceParentHeader = "traceparent";

    /// <summary>The length that W3C Trace Context, version 00, fixes.</summary>
    private const int TraceParentLength = 55;

    private Reading[] slots = [];
    private WideJsonDecoder decoder = null!;

    public int Count { get; private set; }

    public bool IsFull => Count == slots.Length;

    public Reading this[int index] => slots[index];

    public IDeserializer<Reading> Keys => new KeyDecoder(this);

    public IDeserializer<Reading> Values => new ValueDecoder(this);

    /// <summary>From now on records are decoded so; there must be none.</summary>
    public void Use(WideJsonDecoder next, int sensors) => (decoder, slots) = (next, [.. Enumerable.Range(0, capacity).Select(_ => new Reading(sensors))]);

    /// <summary>Takes the slot that the record was decoded into.</summary>
    public void Take(ConsumeResult<Reading, Reading> record)
    {
        var reading = record.Message.Value;
        reading.Partition = record.Partition.Value;
        reading.Offset = record.Offset.Value;
        var timestamp = record.Message.Timestamp;
        reading.RecordTimeUs = timestamp.Type == TimestampType.NotAvailable ? null : Math.Clamp(timestamp.UnixTimestampMs, Rfc3339.MinUs / 1000, Rfc3339.MaxUs / 1000) * 1000;
        reading.TraceParent = TraceParent(record.Message.Headers);
        Count++;
    }

    /// <summary>Forgets what was collected of partitions that are no longer ours, keeping the order of the rest.</summary>
    public void Drop(Predicate<int> partition)
    {
        var kept = 0;
        for (var i = 0; i < Count; i++)
        {
            if (partition(slots[i].Partition)) continue;
            (slots[kept], slots[i]) = (slots[i], slots[kept]);
            kept++;
        }
        Count = kept;
    }

    public void Clear() => Count = 0;

    private static string? TraceParent(Headers? headers) =>
        headers is { Count: > 0 } && headers.TryGetLastBytes(TraceParentHeader, out var bytes) && bytes is { Length: TraceParentLength }
            && bytes.AsSpan().IndexOfAnyExceptInRange((byte)'-', (byte)'f') < 0 ? Encoding.ASCII.GetString(bytes) : null;

    private sealed class KeyDecoder(ReadingBatch batch) : IDeserializer<Reading>
    {
        public Reading Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context)
        {
            var reading = batch.slots[batch.Count];
            WideJsonDecoder.DecodeKey(data, isNull, reading);
            return reading;
        }
    }

    // The client deserializes a record's key before its value, so the slot has been begun.
    private sealed class ValueDecoder(ReadingBatch batch) : IDeserializer<Reading>
    {
        public Reading Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context)
        {
            var reading = batch.slots[batch.Count];
            batch.decoder.Decode(data, isNull, reading);
            return reading;
        }
    }
}
