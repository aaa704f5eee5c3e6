using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using PredMaint.Core.Alerts;

namespace PredMaint.Core.Tests.Alerts;

public class AlertJsonTests
{
    internal static readonly AlertEvent Example = new()
    {
        MachineId = "machine-000001", Change = AlertChange.Raised, Model = new AlertModel("anomaly", "pumps", "2", "ab12", RaiseAt: 0.8f, ClearAt: 0.7f), Severity = Severity.Warning, Reason = "score", Active = true,
        TimeUs = 1_768_678_401_125_000, OnsetUs = 1_768_678_400_125_000, Score = 0.91f,
        Topic = "readings", Partition = 3, Offset = 123,
        Contributions = [new Contribution("s11", 0.43f, 47.9f, 47.4f)],
        Rul = new RemainingLife(15, 23, 34, 23.6f, "cycles"),
    };

    [Fact]
    public void Every_field_of_the_contracts_example_is_there()
    {
        var expected = $$"""
            {"specversion":"1.0","id":"{{Example.Id}}","source":"/predmaint/GROUP","type":"predmaint.alert.raised",
             "subject":"machine-000001","time":"2026-01-17T19:33:21.125Z","datacontenttype":"application/json","dataschema":"urn:predmaint:alert:1",
             "data":{"alertId":"{{Example.AlertId}}","machineId":"machine-000001","kind":"anomaly","severity":"warning","state":"active","acknowledged":false,"reason":"score",
              "onset":"2026-01-17T19:33:20.125Z","score":0.91,"raiseAt":0.8,"clearAt":0.7,"model":{"name":"pumps","version":"2","sha256":"ab12"},
              "contributions":[{"sensor":"s11","share":0.43,"value":47.9,"expected":47.4}],
              "rul":{"low":15,"median":23,"high":34,"expected":23.6,"unit":"cycles"},"position":{"topic":"readings","partition":3,"offset":123} } }
            """;
        AssertJson(expected, Example);
    }

    [Theory]
    [InlineData(AlertChange.Raised, true, "raised", "active")]
    [InlineData(AlertChange.Changed, true, "changed", "active")]
    [InlineData(AlertChange.Cleared, false, "cleared", "inactive")]
    public void Type_and_state_say_the_change(AlertChange change, bool active, string type, string state)
    {
        var json = Write(Example with { Change = change, Active = active });
        Assert.Equal(("predmaint.alert." + type, state), (json["type"]!.GetValue<string>(), json["data"]!["state"]!.GetValue<string>()));
    }

    [Fact]
    public void What_an_alert_does_not_have_is_left_out()
    {
        var data = Write(Example with { Score = null, Contributions = [], Rul = null })["data"]!.AsObject();
        Assert.Empty(data.Select(p => p.Key).Intersect(["score", "contributions", "rul", "late"]));
        Assert.True(Write(Example with { Late = true })["data"]!["late"]!.GetValue<bool>());
    }

    [Fact]
    public void What_no_number_can_say_is_left_out()
    {
        var alert = Example with { Contributions = [new("s", float.NaN, float.PositiveInfinity, null)], Rul = new RemainingLife(float.NaN, 1, float.NegativeInfinity, null, "h") };
        var data = Write(alert)["data"]!;
        AssertSame("""{"sensor":"s"}""", data["contributions"]![0]!);
        AssertSame("""{"median":1,"unit":"h"}""", data["rul"]!);
    }

    [Theory]
    [InlineData(0, "1970-01-01T00:00:00Z")]
    [InlineData(-1, "1969-12-31T23:59:59.999999Z")]
    [InlineData(1_768_678_400_000_001, "2026-01-17T19:33:20.000001Z")]
    public void Times_are_UTC_to_the_microsecond(long timeUs, string text)
    {
        var json = Write(Example with { TimeUs = timeUs, OnsetUs = timeUs });
        Assert.Equal((text, text), (json["time"]!.GetValue<string>(), json["data"]!["onset"]!.GetValue<string>()));
    }

    [Fact]
    public void Any_machine_id_and_sensor_comes_through_as_it_is() =>
        Gen.Select(Gen.Frequency((5, Gen.String), (1, Gen.OneOf("\"", "\\", "😀", "a\nb\0c", "</script>", "\u2028", "{\"a\":1}", "é|ü"))), Gen.String).Sample((id, sensor) =>
        {
            // Ids come from UTF-8: half a surrogate pair does not.
            (id, sensor) = (Utf8(id), Utf8(sensor));
            var json = Write(Example with { MachineId = id, Contributions = [new(sensor, 1, 1, 1)] });
            Assert.Equal(id, json["subject"]!.GetValue<string>());
            Assert.Equal(id, json["data"]!["machineId"]!.GetValue<string>());
            Assert.Equal(sensor, json["data"]!["contributions"]![0]!["sensor"]!.GetValue<string>());
        });

    [Fact]
    public void The_same_alert_is_the_same_bytes() => Assert.Equal(AlertJson.Write(Example, "/x"), AlertJson.Write(Example with { }, "/x"));

    private static JsonObject Write(AlertEvent alert) => JsonNode.Parse(AlertJson.Write(alert, "/predmaint/GROUP"))!.AsObject();

    /// <summary>The same fields in the same order: people read alerts too.</summary>
    private static void AssertJson(string expected, AlertEvent alert) =>
        Assert.Equal(JsonNode.Parse(expected)!.ToJsonString(), JsonNode.Parse(AlertJson.Write(alert, "/predmaint/GROUP"))!.ToJsonString());

    private static void AssertSame(string expected, JsonNode actual) => Assert.Equal(JsonNode.Parse(expected)!.ToJsonString(), actual.ToJsonString());

    private static string Utf8(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
