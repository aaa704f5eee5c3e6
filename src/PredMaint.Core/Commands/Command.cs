using System.Text;
using System.Text.Json;
using PredMaint.Core.Readings;

namespace PredMaint.Core.Commands;

/// <summary>A record of the commands topic: a <c>reset</c>, the only command, of the machine that is its key, or why it is none.</summary>
public sealed record Command(byte[]? Key, byte[]? Value, int Partition, long Offset)
{
    /// <summary>Of a record's value: a command is a few texts.</summary>
    public const int MaxBytes = 16_384;

    // A field that is there twice could mean two commands.
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    public Fault Fault { get; private set; }

    public string FaultDetail { get; private set; } = "";

    /// <summary>What it takes while it waits, about.</summary>
    public int Bytes => 200 + (Key?.Length ?? 0) + (Value?.Length ?? 0);

    /// <summary>Reads what the record says; fields that nobody knows are ignored, as in a reading.</summary>
    public static Command Read(byte[]? key, byte[]? value, int partition, long offset)
    {
        // Of one that is too long no more is kept than a dead letter says.
        var command = new Command(Cut(key), Cut(value), partition, offset);
        if (WideJsonDecoder.KeyMistake(key, key is null) is { } mistake) command.Fail(Fault.Key, mistake);
        else if (value is null or []) command.Fail(Fault.Empty, value is null ? "null value" : "empty value");
        else if (value.Length > MaxBytes) command.Fail(Fault.TooLarge, $"value of {value.Length} bytes, allowed are {MaxBytes}");
        else command.ReadValue();
        return command;
    }

    internal void Fail(Fault fault, string detail) => (Fault, FaultDetail) = (fault, detail);

    /// <summary>As it goes to the dead-letter topic.</summary>
    internal DeadLetter Letter() => new(Key, Value, Fault, FaultDetail, Partition, Offset) { IsCommand = true };

    private void ReadValue()
    {
        try
        {
            using var json = JsonDocument.Parse(Value, Options);
            if (json.RootElement.ValueKind == JsonValueKind.Object) ReadFields(json.RootElement);
            else Fail(Fault.Json, "not an object");
        }
        // InvalidOperationException: a text with half a surrogate pair.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            Fail(Fault.Json, e.Message);
        }
    }

    private void ReadFields(JsonElement command)
    {
        if (!Guid.TryParseExact(Text(command, "id"), "D", out _)) Fail(Fault.Id, "id must be a UUID");
        else if (Text(command, "command") is not "reset") Fail(Fault.Command, "command must be reset");
        else if (!command.TryGetProperty("machineId", out var id) || id.ValueKind != JsonValueKind.String) Fail(Fault.MachineId, "machineId must be a text");
        else if (!id.ValueEquals(Key)) Fail(Fault.MachineId, "machineId differs from the record's key");
        else if (!Rfc3339.TryParse(Encoding.UTF8.GetBytes(Text(command, "time") ?? ""), out _)) Fail(Fault.Timestamp, "time must be a date and time of RFC 3339 with an offset");
    }

    private static string? Text(JsonElement command, string name) =>
        command.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static byte[]? Cut(byte[]? bytes) => bytes is { Length: > DeadLetter.MaxBytes } ? bytes[..DeadLetter.MaxBytes] : bytes;
}
