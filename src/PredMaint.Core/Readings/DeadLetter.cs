using PredMaint.Core.Settings;

namespace PredMaint.Core.Readings;

/// <summary>A record that could not be used, as it goes to the dead-letter topic.</summary>
/// <param name="Key">The record's key; null where it had none.</param>
/// <param name="Value">The record's value, cut at <see cref="MaxValueBytes"/>; null where it had none.</param>
/// <param name="Offset">Of the record in the readings topic.</param>
public sealed record DeadLetter(byte[]? Key, byte[]? Value, Fault Fault, string Detail, int Partition, long Offset)
{
    public const int MaxValueBytes = 65_536;

    /// <summary>The header <c>predmaint.reason</c>: key, empty, tooLarge, json, timestamp, values, machineId, ahead.</summary>
    public string Reason => Fields.NameOf(Fault);
}
