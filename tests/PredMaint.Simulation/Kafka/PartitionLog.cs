using Confluent.Kafka;

namespace PredMaint.Simulation.Kafka;

/// <summary>A record, or the marker that ends a transaction in a partition.</summary>
internal sealed record LogRecord(long Offset, byte[]? Key, byte[]? Value, Headers? Headers, long TimestampMs, Transaction? Transaction, bool IsMarker)
{
    /// <summary>What a reader of committed records gets to see, once its transaction has ended in this partition.</summary>
    public bool IsVisible => !IsMarker && Transaction is not { IsCommitted: not true };
}

/// <summary>One partition of a topic: offsets, transactions that are open in it, its last stable offset, compaction.</summary>
internal sealed class PartitionLog
{
    private readonly List<LogRecord> records = [];
    private readonly Dictionary<Transaction, long> open = [];

    public IReadOnlyList<LogRecord> Records => records;

    /// <summary>The high watermark.</summary>
    public long End { get; private set; }

    /// <summary>Nothing from here on is given to readers of committed records, though it may be committed.</summary>
    public long LastStable
    {
        get
        {
            var first = End;
            foreach (var (_, offset) in open) first = Math.Min(first, offset);
            return first;
        }
    }

    public void Append(byte[]? key, byte[]? value, Headers? headers, long timestampMs, Transaction? transaction)
    {
        if (transaction is not null) open.TryAdd(transaction, End);
        records.Add(new LogRecord(End++, key, value, headers, timestampMs, transaction, IsMarker: false));
    }

    /// <summary>Ends a transaction here: from now on its records are visible, or never will be.</summary>
    public void Mark(Transaction transaction, long timestampMs)
    {
        open.Remove(transaction);
        records.Add(new LogRecord(End++, null, null, null, timestampMs, transaction, IsMarker: true));
    }

    /// <summary>Gives the next records from an offset on, and the offset behind all that was looked at.</summary>
    public long Read(long from, int most, bool committedOnly, Queue<LogRecord> into)
    {
        var end = committedOnly ? LastStable : End;
        for (var i = IndexOf(from); i < records.Count && records[i].Offset < end; i++)
        {
            var record = records[i];
            if (record.IsMarker || (committedOnly && !record.IsVisible)) continue;
            if (most-- == 0) return record.Offset;
            into.Enqueue(record);
        }
        return Math.Max(from, end);
    }

    /// <summary>Keeps the last committed record of each key below the last stable offset, and nothing else there.</summary>
    public void Compact(bool removesTombstones)
    {
        var stable = LastStable;
        var last = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var record in records)
            if (record.Offset < stable && record.IsVisible) last[Convert.ToHexString(record.Key!)] = record.Offset;
        records.RemoveAll(r => r.Offset < stable
            && (!r.IsVisible || last[Convert.ToHexString(r.Key!)] != r.Offset || (r.Value is null && removesTombstones)));
    }

    private int IndexOf(long offset)
    {
        var (low, high) = (0, records.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (records[middle].Offset < offset) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}

/// <summary>What a producer writes to several partitions, and the offsets of its group: all or nothing.</summary>
internal sealed class Transaction(string producer)
{
    public string Producer => producer;

    /// <summary>Null while it is open.</summary>
    public bool? IsCommitted { get; set; }

    /// <summary>Partitions that it wrote to; those that have no marker yet.</summary>
    public HashSet<PartitionLog> Partitions { get; } = [];

    /// <summary>Offsets to be committed, by partition; those that have no marker yet hold back who asks for stable ones.</summary>
    public Dictionary<int, long> Offsets { get; } = [];

    /// <summary>The offsets' marker is written.</summary>
    public bool AreOffsetsDone { get; set; }

    /// <summary>When its coordinator aborts it.</summary>
    public required TimeSpan Deadline { get; init; }

    /// <summary>All markers are written: the next transaction of the producer may begin.</summary>
    public bool IsComplete => IsCommitted is not null && Partitions.Count == 0 && AreOffsetsDone;
}
