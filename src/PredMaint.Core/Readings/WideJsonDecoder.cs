using System.Text.Json;
using System.Text.Unicode;

namespace PredMaint.Core.Readings;

/// <summary>
/// Wide JSON, the default format: <c>{"machineId":"m1","timestamp":"2026-01-17T19:33:20.125Z","values":{"s1":0.83}}</c>.
/// Decodes from the bytes that the client holds into a slot; allocates only for what becomes a dead letter.
/// </summary>
public sealed class WideJsonDecoder(SensorIndex sensors, ReadingSettings settings)
{
    /// <summary>A reading is two levels deep; unknown fields may be a little deeper.</summary>
    private const int MaxDepth = 16;

    internal const int MaxTimestampBytes = 64;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = MaxDepth };

    /// <summary>Begins a slot with the record's key, the machine id.</summary>
    public static void DecodeKey(ReadOnlySpan<byte> key, bool isNull, Reading reading)
    {
        reading.Begin(key, isNull);
        if (KeyMistake(key, isNull) is { } mistake) reading.Fail(Fault.Key, mistake);
    }

    /// <summary>Why a key is no machine id; null where it is one.</summary>
    internal static string? KeyMistake(ReadOnlySpan<byte> key, bool isNull)
    {
        if (isNull) return "no key; the key must be the machine id";
        if (key.IsEmpty) return "empty key; the key must be the machine id";
        if (key.Length > Reading.MaxKeyBytes) return $"key of {key.Length} bytes, allowed are {Reading.MaxKeyBytes}";
        if (key[0] == 0) return "key begins with byte 0";
        return Utf8.IsValid(key) ? null : "key is not UTF-8";
    }

    /// <summary>Fills the slot from the record's value, or says in it why that cannot be done.</summary>
    public void Decode(ReadOnlySpan<byte> value, bool isNull, Reading reading)
    {
        reading.KeepValue(value, isNull);
        if (isNull) reading.Fail(Fault.Empty, "null value");
        else if (value.IsEmpty) reading.Fail(Fault.Empty, "empty value");
        else if (value.Length > settings.MaxBytes) reading.Fail(Fault.TooLarge, $"value of {value.Length} bytes, allowed are {settings.MaxBytes}");
        if (reading.Fault != Fault.None || PlainJson.TryDecode(value, sensors, settings.MaxSensors, reading)) return;
        DecodeGeneral(value, reading);
    }

    /// <summary>Any JSON: what <see cref="PlainJson"/> does not read, and what nobody can.</summary>
    internal void DecodeGeneral(ReadOnlySpan<byte> value, Reading reading)
    {
        // The reader looks into the texts that we look into; JSON is UTF-8 throughout (RFC 8259, 8.1).
        if (!Utf8.IsValid(value)) { reading.Fail(Fault.Json, "not UTF-8"); return; }
        try
        {
            var json = new Utf8JsonReader(value, Options);
            ReadObject(ref json, reading);
        }
        // InvalidOperationException: a text with half a surrogate pair.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            reading.Fail(Fault.Json, e.Message);
        }
    }

    private void ReadObject(ref Utf8JsonReader json, Reading reading)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject) { reading.Fail(Fault.Json, "not an object"); return; }
        var (hasTime, hasValues) = (false, false);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("values"u8)) { Once(ref hasValues, "values", reading); ReadValues(ref json, reading); }
            else if (json.ValueTextEquals("timestamp"u8)) { Once(ref hasTime, "timestamp", reading); ReadTime(ref json, reading); }
            else if (json.ValueTextEquals("machineId"u8)) ReadMachineId(ref json, reading);
            else json.Skip();
        }
        json.Read();
        if (!hasTime) reading.Fail(Fault.Timestamp, "timestamp is missing");
        if (!hasValues) reading.Fail(Fault.Values, "values are missing");
    }

    private static void Once(ref bool seen, string name, Reading reading)
    {
        if (seen) reading.Fail(Fault.Json, $"{name} is there twice");
        seen = true;
    }

    private static void ReadMachineId(ref Utf8JsonReader json, Reading reading)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.String) reading.Fail(Fault.MachineId, "machineId must be a text");
        else if (!json.ValueTextEquals(reading.Key)) reading.Fail(Fault.MachineId, "machineId differs from the record's key");
        json.Skip();
    }

    private static void ReadTime(ref Utf8JsonReader json, Reading reading)
    {
        json.Read();
        if (TryTime(ref json, out var timeUs)) { reading.TimeUs = timeUs; return; }
        reading.Fail(Fault.Timestamp, json.TokenType switch
        {
            JsonTokenType.String => "timestamp is not a date and time of RFC 3339 with an offset",
            JsonTokenType.Number => "timestamp is out of range (milliseconds since 1970)",
            _ => "timestamp must be RFC 3339 or milliseconds since 1970",
        });
        json.Skip();
    }

    /// <summary>The text or number at which the reader stands, to microseconds; what is finer is cut off.</summary>
    internal static bool TryTime(ref Utf8JsonReader json, out long timeUs)
    {
        timeUs = 0;
        if (json.TokenType == JsonTokenType.String && json.ValueSpan.Length <= MaxTimestampBytes)
        {
            Span<byte> text = stackalloc byte[MaxTimestampBytes];
            return Rfc3339.TryParse(text[..json.CopyString(text)], out timeUs);
        }
        // A double has too few digits for the microseconds of our century; a decimal has them all.
        if (json.TokenType != JsonTokenType.Number || !json.TryGetDecimal(out var ms) || ms is not (>= Rfc3339.MinUs / 1000 and <= Rfc3339.MaxUs / 1000)) return false;
        timeUs = (long)decimal.Floor(ms * 1000);
        return true;
    }

    private void ReadValues(ref Utf8JsonReader json, Reading reading)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject) { reading.Fail(Fault.Values, "values must be an object of sensors"); json.Skip(); return; }
        var (count, guess) = (0, 0);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (++count == settings.MaxSensors + 1) reading.Fail(Fault.Values, $"more than {settings.MaxSensors} sensors");
            var sensor = FindSensor(ref json, guess);
            json.Read();
            if (sensor < 0) { json.Skip(); continue; }
            guess = sensor + 1;
            if (json.TokenType == JsonTokenType.Null) reading.Values[sensor] = float.NaN;
            else if (json.TokenType == JsonTokenType.Number && json.TryGetSingle(out var number) && float.IsFinite(number)) reading.Values[sensor] = number;
            else
            {
                reading.Fail(Fault.Values, $"sensor {sensors.Names[sensor]} is neither a finite number nor null");
                json.Skip();
            }
        }
    }

    private int FindSensor(ref Utf8JsonReader json, int guess)
    {
        if (!json.ValueIsEscaped) return sensors.Find(json.ValueSpan, guess);
        Span<byte> name = json.ValueSpan.Length <= 1024 ? stackalloc byte[json.ValueSpan.Length] : new byte[json.ValueSpan.Length];
        return sensors.Find(name[..json.CopyString(name)], guess);
    }
}
