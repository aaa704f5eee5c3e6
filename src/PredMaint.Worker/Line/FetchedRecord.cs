namespace PredMaint.Worker.Line;

/// <summary>One record of the readings, or an error in its place. The bytes are the client's: gone when the call that shows them returns.</summary>
public readonly ref struct FetchedRecord
{
    /// <summary>Null for a record.</summary>
    public Error? Error { get; init; }

    /// <summary>No record: the brokers have no more of the partition before <see cref="Offset"/>.</summary>
    public bool IsEnd => Error?.Code == ErrorCode.Local_PartitionEOF;

    public int Partition { get; init; }

    public long Offset { get; init; }

    public bool HasKey { get; init; }

    public ReadOnlySpan<byte> Key { get; init; }

    public bool HasValue { get; init; }

    public ReadOnlySpan<byte> Value { get; init; }

    /// <summary>Milliseconds since 1970; null where the record has none.</summary>
    public long? TimestampMs { get; init; }

    /// <summary>The last header <c>traceparent</c>; empty where there is none.</summary>
    public ReadOnlySpan<byte> TraceParent { get; init; }
}
