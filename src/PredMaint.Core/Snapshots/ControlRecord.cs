namespace PredMaint.Core.Snapshots;

/// <summary>Ids of the topics whose offsets and records a partition's state is about: one that was deleted and made again has another.</summary>
/// <param name="State">As the next, empty in what version 1 wrote.</param>
public readonly record struct TopicIds(Guid Readings, Guid State, Guid Commands)
{
    /// <summary>Why what was written with these ids must not be used with those that are there now; null where it may.</summary>
    public string? Contradiction(TopicIds now)
    {
        if (Readings != now.Readings) return $"the state is of another topic of readings (id {Readings}) than the one that is there now ({now.Readings})";
        return IsSame(State, now.State) ? null : $"the state topic was made anew under a worker (id {State} before, {now.State} now), and does not hold all of its machines";
    }

    /// <summary>False where none of the commands that are there now can have been carried out.</summary>
    public bool HasCommandsOf(TopicIds now) => IsSame(Commands, now.Commands);

    private static bool IsSame(Guid then, Guid now) => then == now || then == Guid.Empty;
}

/// <summary>How far a partition was processed; one in every transaction, in the partition's own state partition.</summary>
/// <param name="Position">Offset of the first reading not processed; equals the group's committed offset.</param>
/// <param name="ReplayFrom">The smallest offset that some machine has absorbed and no snapshot holds; at most <paramref name="Position"/>.</param>
/// <param name="ReplayClockUs">The partition's clock before that reading, microseconds; <see cref="long.MinValue"/> before the first.</param>
/// <param name="CommandsPosition">Offset of the first command not carried out.</param>
/// <param name="ClockUs">The partition's clock at <paramref name="Position"/>.</param>
public sealed record ControlRecord(TopicIds Topics, long Position, long ReplayFrom, long ReplayClockUs, long CommandsPosition, long ClockUs)
{
    private const byte Version = 2;

    /// <summary>Knew the readings topic alone.</summary>
    private const byte Oldest = 1;

    /// <summary>The record's key; no machine id begins with byte 0.</summary>
    public static ReadOnlySpan<byte> Key => "\0control"u8;

    public byte[] Write()
    {
        var writer = new StateWriter();
        writer.Begin(Version);
        foreach (var id in (ReadOnlySpan<Guid>)[Topics.Readings, Topics.State, Topics.Commands]) writer.Raw(id.ToByteArray(bigEndian: true));
        foreach (var value in (ReadOnlySpan<long>)[Position, ReplayFrom, ReplayClockUs, CommandsPosition, ClockUs]) writer.Long(value);
        return writer.End();
    }

    /// <exception cref="StateException">It is none that this version can read.</exception>
    public static ControlRecord Read(ReadOnlySpan<byte> record)
    {
        var reader = new StateReader(record, Version, Oldest);
        var readings = new Guid(reader.Take(16), bigEndian: true);
        var (state, commands) = reader.Version == Oldest ? default : (new Guid(reader.Take(16), bigEndian: true), new Guid(reader.Take(16), bigEndian: true));
        var control = new ControlRecord(new TopicIds(readings, state, commands), reader.Long(), reader.Long(), reader.Long(), reader.Long(), reader.Long());
        reader.End();
        return control;
    }
}
