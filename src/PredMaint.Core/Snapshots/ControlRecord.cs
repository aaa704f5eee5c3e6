namespace PredMaint.Core.Snapshots;

/// <summary>How far a partition was processed; one in every transaction, in the partition's own state partition.</summary>
/// <param name="TopicId">Of the readings topic: one that was deleted and made again counts its offsets anew.</param>
/// <param name="Position">Offset of the first reading not processed; equals the group's committed offset.</param>
/// <param name="ReplayFrom">The smallest offset that some machine has absorbed and no snapshot holds; at most <paramref name="Position"/>.</param>
/// <param name="ReplayClockUs">The partition's clock before that reading, microseconds; <see cref="long.MinValue"/> before the first.</param>
/// <param name="CommandsPosition">Offset of the first command not carried out.</param>
/// <param name="ClockUs">The partition's clock at <paramref name="Position"/>.</param>
public sealed record ControlRecord(Guid TopicId, long Position, long ReplayFrom, long ReplayClockUs, long CommandsPosition, long ClockUs)
{
    private const byte Version = 1;

    /// <summary>The record's key; no machine id begins with byte 0.</summary>
    public static ReadOnlySpan<byte> Key => "\0control"u8;

    public byte[] Write()
    {
        var writer = new StateWriter();
        writer.Begin(Version);
        writer.Raw(TopicId.ToByteArray(bigEndian: true));
        foreach (var value in (ReadOnlySpan<long>)[Position, ReplayFrom, ReplayClockUs, CommandsPosition, ClockUs]) writer.Long(value);
        return writer.End();
    }

    /// <exception cref="StateException">It is none that this version can read.</exception>
    public static ControlRecord Read(ReadOnlySpan<byte> record)
    {
        var reader = new StateReader(record, Version, oldest: Version);
        var control = new ControlRecord(new Guid(reader.Take(16), bigEndian: true), reader.Long(), reader.Long(), reader.Long(), reader.Long(), reader.Long());
        reader.End();
        return control;
    }
}
