using System.Globalization;
using System.Text.Json;

namespace PredMaint.Cli.Alerts;

/// <summary>An alert message as far as a person asks: contracts.md, "Alert". Words that are not known yet are kept as they are.</summary>
internal sealed record AlertMessage(
    string AlertId, string Type, DateTimeOffset Time, string MachineId, string Kind, string Severity, bool Active,
    DateTimeOffset Onset, double? Score, double? RaiseAt, string Model, string Sensors, JsonElement Json)
{
    private const string TypePrefix = "predmaint.alert.";

    /// <summary>From mildest to worst.</summary>
    public static readonly string[] Severities = ["info", "warning", "critical"];

    /// <summary>Null where the record is not an alert.</summary>
    public static AlertMessage? Read(byte[]? value)
    {
        if (value is null) return null;
        try
        {
            var json = JsonSerializer.Deserialize<JsonElement>(value);
            var type = json.GetProperty("type").GetString() ?? "";
            if (!type.StartsWith(TypePrefix, StringComparison.Ordinal)) return null;
            var data = json.GetProperty("data");
            var model = data.GetProperty("model");
            return new AlertMessage(
                Text(data, "alertId"), type[TypePrefix.Length..], Moment(json, "time"), Text(data, "machineId"), Text(data, "kind"), Text(data, "severity"),
                Text(data, "state") == "active", Moment(data, "onset"), Number(data, "score"), Number(data, "raiseAt"),
                $"{Text(model, "name")}@{Text(model, "version")}", SensorsOf(data), json);
        }
        // InvalidOperationException: a field of another kind. KeyNotFoundException: a field that is not there.
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString() ?? throw new FormatException(name);

    private static double? Number(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetDouble() : null;

    private static DateTimeOffset Moment(JsonElement json, string name) =>
        DateTimeOffset.Parse(Text(json, name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    private static string SensorsOf(JsonElement data) => !data.TryGetProperty("contributions", out var list) ? "" : string.Join(
        ' ', list.EnumerateArray().Select(c => Number(c, "share") is { } share ? $"{Text(c, "sensor")} {share:0%}" : Text(c, "sensor")));
}
