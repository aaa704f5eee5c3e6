namespace PredMaint.Core.Readings;

/// <summary>Why a record is no reading or no command; goes into the dead letter's header <c>predmaint.reason</c>.</summary>
public enum Fault { None, Key, Empty, TooLarge, Json, Timestamp, Values, MachineId, Ahead, Id, Command, UnknownMachine }

/// <summary>
/// One sensor reading of one machine, or the reason why a record is none. A slot: it is filled again and again, so that
/// decoding allocates nothing.
/// </summary>
public sealed class Reading(int sensors)
{
    /// <summary>Longer machine ids are dead letters.</summary>
    public const int MaxKeyBytes = 256;

    private byte[] key = new byte[MaxKeyBytes];
    private int keyLength;
    private byte[] value = [];
    private int valueLength;

    /// <summary>The record's key: the machine id, UTF-8; of one that is too long the first <see cref="DeadLetter.MaxBytes"/> bytes.</summary>
    public ReadOnlySpan<byte> Key => key.AsSpan(0, keyLength);

    /// <summary>Event time, microseconds since 1970-01-01 UTC.</summary>
    public long TimeUs { get; set; }

    /// <summary>By <see cref="SensorIndex"/>; NaN where the reading has no value.</summary>
    public float[] Values { get; } = new float[sensors];

    public int Partition { get; set; }

    public long Offset { get; set; }

    /// <summary>The record's own timestamp, microseconds since 1970; null where it has none.</summary>
    public long? RecordTimeUs { get; set; }

    /// <summary>W3C trace context of the record.</summary>
    public string? TraceParent { get; set; }

    public Fault Fault { get; private set; }

    public string FaultDetail { get; private set; } = "";

    /// <summary>False where the record had no key at all.</summary>
    public bool HasKey { get; private set; }

    /// <summary>The first <see cref="DeadLetter.MaxBytes"/> bytes of the record's value: a dead letter needs them.</summary>
    public ReadOnlySpan<byte> Value => value.AsSpan(0, valueLength);

    /// <summary>False where the record's value was null.</summary>
    public bool HasValue { get; private set; }

    /// <summary>Empties the slot for another record with this key.</summary>
    public void Begin(ReadOnlySpan<byte> recordKey, bool isNull)
    {
        Fault = Fault.None;
        FaultDetail = "";
        TraceParent = null;
        RecordTimeUs = null;
        TimeUs = 0;
        Values.AsSpan().Fill(float.NaN);
        HasKey = !isNull;
        keyLength = Keep(recordKey, ref key, DeadLetter.MaxBytes);
        HasValue = false;
        valueLength = 0;
    }

    /// <summary>Marks the record as none; the first fault stands.</summary>
    public void Fail(Fault fault, string detail)
    {
        if (Fault != Fault.None) return;
        Fault = fault;
        FaultDetail = detail;
    }

    /// <summary>As it goes to the dead-letter topic.</summary>
    internal DeadLetter Letter() => new(HasKey ? Key.ToArray() : null, HasValue ? Value.ToArray() : null, Fault, FaultDetail, Partition, Offset);

    /// <summary>Keeps the value's bytes for a dead letter.</summary>
    public void KeepValue(ReadOnlySpan<byte> bytes, bool isNull)
    {
        HasValue = !isNull;
        valueLength = Keep(bytes, ref value, DeadLetter.MaxBytes);
    }

    private static int Keep(ReadOnlySpan<byte> bytes, ref byte[] buffer, int limit)
    {
        var length = Math.Min(bytes.Length, limit);
        if (buffer.Length < length) buffer = new byte[length];
        bytes[..length].CopyTo(buffer);
        return length;
    }
}
