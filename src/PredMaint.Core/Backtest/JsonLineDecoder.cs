using System.Text.Json;
using PredMaint.Core.Readings;

namespace PredMaint.Core.Backtest;

/// <summary>
/// One line of a file of wide JSON readings. Here the machine id stands in the reading itself, and an optional field
/// <c>recordTime</c> takes the place of the record's timestamp.
/// </summary>
public sealed class JsonLineDecoder(SensorIndex sensors, ReadingSettings settings)
{
    private readonly WideJsonDecoder decoder = new(sensors, settings);
    private byte[] key = new byte[Reading.MaxKeyBytes];

    public void Decode(ReadOnlySpan<byte> line, Reading reading)
    {
        var keyLength = -1;
        long? recordTimeUs = null;
        try { ReadEnvelope(line, out keyLength, out recordTimeUs); }
        catch (Exception e) when (e is JsonException or InvalidOperationException) { /* the decoder says what is wrong with the line */ }
        if (keyLength < 0) reading.Begin([], isNull: true);
        else WideJsonDecoder.DecodeKey(key.AsSpan(0, keyLength), isNull: false, reading);
        decoder.Decode(line, isNull: false, reading);
        if (keyLength < 0) reading.Fail(Fault.Key, "machineId is missing");
        reading.RecordTimeUs = recordTimeUs;
    }

    private void ReadEnvelope(ReadOnlySpan<byte> line, out int keyLength, out long? recordTimeUs)
    {
        (keyLength, recordTimeUs) = (-1, null);
        var json = new Utf8JsonReader(line);
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject) return;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var isKey = json.ValueTextEquals("machineId"u8);
            var isTime = json.ValueTextEquals("recordTime"u8);
            json.Read();
            if (isKey && json.TokenType == JsonTokenType.String)
            {
                // Escaped, an id of the allowed length is longer than that.
                if (key.Length < json.ValueSpan.Length) key = new byte[json.ValueSpan.Length];
                keyLength = json.CopyString(key);
            }
            if (isTime && WideJsonDecoder.TryTime(ref json, out var timeUs)) recordTimeUs = timeUs;
            json.Skip();
        }
    }
}
