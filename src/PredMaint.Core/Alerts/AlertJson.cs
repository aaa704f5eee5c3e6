using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using PredMaint.Core.Readings;
using PredMaint.Core.Settings;

namespace PredMaint.Core.Alerts;

/// <summary>Writes alerts as CloudEvents 1.0 in structured JSON.</summary>
public static class AlertJson
{
    public const string ContentType = "application/cloudevents+json";

    private const string DataSchema = "urn:predmaint:alert:1";

    // Machine ids are arbitrary text: nothing but what JSON itself demands is escaped, and it is never put into HTML here.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="source">The event's source: <c>/predmaint/GROUP</c>.</param>
    public static byte[] Write(AlertEvent alert, string source)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("specversion", "1.0");
            json.WriteString("id", alert.Id);
            json.WriteString("source", source);
            json.WriteString("type", alert.Type);
            json.WriteString("subject", alert.MachineId);
            json.WriteString("time", Rfc3339.Format(alert.TimeUs));
            json.WriteString("datacontenttype", "application/json");
            json.WriteString("dataschema", DataSchema);
            WriteData(json, alert);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteData(Utf8JsonWriter json, AlertEvent alert)
    {
        json.WriteStartObject("data");
        json.WriteString("alertId", alert.AlertId);
        json.WriteString("machineId", alert.MachineId);
        json.WriteString("kind", alert.Model.Kind);
        json.WriteString("severity", Fields.NameOf(alert.Severity));
        json.WriteString("state", alert.Active ? "active" : "inactive");
        json.WriteBoolean("acknowledged", false);
        json.WriteString("reason", alert.Reason);
        json.WriteString("onset", Rfc3339.Format(alert.OnsetUs));
        if (alert.Score is { } score) json.WriteNumber("score", score);
        json.WriteNumber("raiseAt", alert.Model.RaiseAt);
        json.WriteNumber("clearAt", alert.Model.ClearAt);
        json.WriteStartObject("model");
        json.WriteString("name", alert.Model.Name);
        json.WriteString("version", alert.Model.Version);
        json.WriteString("sha256", alert.Model.Sha256);
        json.WriteEndObject();
        WriteContributions(json, alert.Contributions);
        if (alert.Rul is { } rul) WriteRul(json, rul);
        json.WriteStartObject("position");
        json.WriteString("topic", alert.Topic);
        json.WriteNumber("partition", alert.Partition);
        json.WriteNumber("offset", alert.Offset);
        json.WriteEndObject();
        if (alert.Late) json.WriteBoolean("late", true);
        json.WriteEndObject();
    }

    private static void WriteContributions(Utf8JsonWriter json, IReadOnlyList<Contribution> contributions)
    {
        if (contributions.Count == 0) return;
        json.WriteStartArray("contributions");
        foreach (var c in contributions)
        {
            json.WriteStartObject();
            json.WriteString("sensor", c.Sensor);
            WriteFinite(json, "share", c.Share);
            WriteFinite(json, "value", c.Value);
            WriteFinite(json, "expected", c.Expected);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteRul(Utf8JsonWriter json, RemainingLife rul)
    {
        json.WriteStartObject("rul");
        WriteFinite(json, "low", rul.Low);
        WriteFinite(json, "median", rul.Median);
        WriteFinite(json, "high", rul.High);
        WriteFinite(json, "expected", rul.Expected);
        json.WriteString("unit", rul.Unit);
        json.WriteEndObject();
    }

    // JSON has no NaN and no infinity: what a model did not give is left out.
    private static void WriteFinite(Utf8JsonWriter json, string name, float? value)
    {
        if (value is { } number && float.IsFinite(number)) json.WriteNumber(name, number);
    }
}
