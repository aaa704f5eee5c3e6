using PredMaint.Core.Settings;

namespace PredMaint.Core.Readings;

/// <summary>A record that could not be used, as it goes to the dead-letter topic.</summary>
/// <param name="Key">The record's key, cut at <see cref="MaxBytes"/>; null where it had none.</param>
/// <param name="Value">The record's value, cut at <see cref="MaxBytes"/>; null where it had none.</param>
/// <param name="Offset">Of the record in its topic.</param>
public sealed record DeadLetter(byte[]? Key, byte[]? Value, Fault Fault, string Detail, int Partition, long Offset)
{
    /// <summary>Of key and of value: a record that the brokers took must fit into a message beside its headers, else no transaction would ever hold it.</summary>
    public const int MaxBytes = 65_536;

    /// <summary>It came from the commands topic, not from that of the readings.</summary>
    public bool IsCommand { get; init; }

    /// <summary>The header <c>predmaint.reason</c>, a word of the schema: key, json, ahead, ...</summary>
    public string Reason => Fields.NameOf(Fault);
}
