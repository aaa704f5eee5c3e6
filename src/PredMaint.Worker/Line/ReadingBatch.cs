using System.Text;
using PredMaint.Core.Readings;

namespace PredMaint.Worker.Line;

/// <summary>
/// The records that one poll collected, decoded from the client's own memory into slots that are used again and again.
/// </summary>
public sealed class ReadingBatch(int capacity)
{
    /// <summary>The length that W3C Trace Context, version 00, fixes.</summary>
    private const int TraceParentLength = 55;

    private Reading[] slots = [];
    private WideJsonDecoder decoder = null!;

    public int Count { get; private set; }

    /// <summary>How many more it holds.</summary>
    public int Room => slots.Length - Count;

    public Reading this[int index] => slots[index];

    /// <summary>From now on records are decoded so; there must be none.</summary>
    public void Use(WideJsonDecoder next, int sensors) => (decoder, slots) = (next, [.. Enumerable.Range(0, capacity).Select(_ => new Reading(sensors))]);

    /// <summary>Decodes the record into the next slot.</summary>
    public void Take(FetchedRecord record)
    {
        var reading = slots[Count++];
        WideJsonDecoder.DecodeKey(record.Key, !record.HasKey, reading);
        decoder.Decode(record.Value, !record.HasValue, reading);
        reading.Partition = record.Partition;
        reading.Offset = record.Offset;
        reading.RecordTimeUs = TimeUs(record.TimestampMs);
        reading.TraceParent = TraceParent(record.TraceParent);
    }

    /// <summary>A record's timestamp, which may be any number, in µs since 1970; null where it has none.</summary>
    public static long? TimeUs(long? timestampMs) => timestampMs is { } ms ? Math.Clamp(ms, Rfc3339.MinUs / 1000, Rfc3339.MaxUs / 1000) * 1000 : null;

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

    private static string? TraceParent(ReadOnlySpan<byte> header) =>
        header.Length == TraceParentLength && header.IndexOfAnyExceptInRange((byte)'-', (byte)'f') < 0 ? Encoding.ASCII.GetString(header) : null;
}
