using System.Text;
using System.Text.Json.Nodes;
using PredMaint.Cli.Alerts;
using PredMaint.Core.Alerts;
using PredMaint.Core.Commands;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;
using PredMaint.Core.Settings;

namespace PredMaint.Cli.Tests.Schemas;

public sealed class SchemaTests
{
    public static TheoryData<string> Names => [.. Schema.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Each_schema_has_an_example_that_it_accepts(string name) => Assert.Empty(await Schema.ErrorsAsync(name, Schema.Example(name)));

    [Theory]
    [InlineData("reading", "timestamp", "\"yesterday\"")]
    [InlineData("reading", "values", "{\"s1\":\"hot\"}")]
    [InlineData("reading", "timestamp", null)]
    [InlineData("alert", "type", "\"predmaint.alert.risen\"")]
    [InlineData("alert", "id", "\"7\"")]
    [InlineData("alert", "data", null)]
    [InlineData("alert", "data.severity", "\"bad\"")]
    [InlineData("alert", "data.onset", "5")]
    [InlineData("alert", "data.position.offset", "-1")]
    [InlineData("command", "id", "\"7\"")]
    [InlineData("command", "command", "\"explode\"")]
    [InlineData("command", "machineId", null)]
    [InlineData("command", "time", "\"noon\"")]
    [InlineData("dead-letter", "headers", "{}")]
    [InlineData("dead-letter", "value", "{}")]
    [InlineData("manifest", "kind", "\"doom\"")]
    [InlineData("manifest", "features", "[]")]
    [InlineData("manifest", "input.layout", "\"XYZ\"")]
    [InlineData("manifest", "outputs.score2", "\"y\"")]
    [InlineData("manifest", "alert.raiseAfter", "\"three\"")]
    [InlineData("configuration", "threads", "65")]
    [InlineData("configuration", "threds", "1")]
    [InlineData("configuration", "startAt", "\"now\"")]
    [InlineData("configuration", "commitInterval", "\"1 hour\"")]
    [InlineData("configuration", "topics.readings", "\"no/slash\"")]
    [InlineData("configuration", "models", "[]")]
    [InlineData("configuration", "kafka", null)]
    public async Task Each_schema_refuses_what_is_wrong(string name, string path, string? value)
    {
        var document = JsonNode.Parse(Schema.Example(name))!;
        var keys = path.Split('.');
        var parent = keys[..^1].Aggregate(document, (node, key) => node[key]!).AsObject();
        if (value is null) parent.Remove(keys[^1]);
        else parent[keys[^1]] = JsonNode.Parse(value);
        Assert.NotEmpty(await Schema.ErrorsAsync(name, document.ToJsonString()));
    }

    [Fact]
    public void The_decoder_reads_the_example_of_a_reading()
    {
        var json = JsonNode.Parse(Schema.Example("reading"))!;
        var sensors = new SensorIndex(["s1", "s2", "s3"]);
        var reading = new Reading(sensors.Count);
        WideJsonDecoder.DecodeKey(Encoding.UTF8.GetBytes((string)json["machineId"]!), isNull: false, reading);
        new WideJsonDecoder(sensors, new ReadingSettings()).Decode(Encoding.UTF8.GetBytes(json.ToJsonString()), isNull: false, reading);
        Assert.Equal((Fault.None, ""), (reading.Fault, reading.FaultDetail));
        Assert.Equal([0.8351f, 0.8082f, float.NaN], reading.Values);
    }

    [Fact]
    public void The_product_reads_the_example_of_a_command()
    {
        var json = Encoding.UTF8.GetBytes(Schema.Example("command"));
        var command = Command.Read("machine-000001"u8.ToArray(), json, partition: 0, offset: 0);
        Assert.Equal((Fault.None, ""), (command.Fault, command.FaultDetail));
    }

    [Fact]
    public void The_program_reads_the_example_of_an_alert()
    {
        var alert = AlertMessage.Read(Encoding.UTF8.GetBytes(Schema.Example("alert")));
        Assert.NotNull(alert);
        Assert.Equal(("raised", "machine-000001", "failure", "warning", true, 23.0, "turbofan-failure@3", "s11 43%"),
            (alert.Type, alert.MachineId, alert.Kind, alert.Severity, alert.Active, alert.Score!.Value, alert.Model, alert.Sensors));
    }

    [Fact]
    public async Task What_the_product_writes_as_an_alert_is_one()
    {
        var alert = new AlertEvent
        {
            MachineId = "m \"1\"", Change = AlertChange.Changed, Model = new AlertModel("anomaly", "a", "1", new string('0', 64), RaiseAt: 0.8f, ClearAt: 0.7f), Severity = Severity.Critical, Reason = "score", Active = true,
            TimeUs = 1_700_000_000_123_456, OnsetUs = 1_700_000_000_000_000, Score = 0.9f,
            Topic = "r", Partition = 0, Offset = 0, Late = true,
            Contributions = [new Contribution("s1", 0.5f, 1, null)], Rul = new RemainingLife(1, 2, 3, null, "hours"),
        };
        var json = AlertJson.Write(alert, "/predmaint/g");
        Assert.Empty(await Schema.ErrorsAsync("alert", Encoding.UTF8.GetString(json)));
        Assert.Equal("changed", AlertMessage.Read(json)?.Type);
    }

    [Fact]
    public void The_product_reads_the_example_of_a_manifest()
    {
        var mistakes = new List<string>();
        Assert.NotNull(ModelManifest.Parse(Encoding.UTF8.GetBytes(Schema.Example("manifest")), "example", mistakes));
        Assert.Empty(mistakes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("input")]
    [InlineData("states[0]")]
    [InlineData("outputs")]
    [InlineData("alert")]
    [InlineData("alert.levels[0]")]
    public void The_manifest_s_schema_and_its_reader_know_the_same_keys(string path)
    {
        var manifest = JsonNode.Parse(Schema.Example("manifest"))!;
        manifest["alert"]!["levels"] = JsonNode.Parse("""[{"at":3,"severity":"critical"}]""");
        Known.At(manifest, path)[Known.NoKey] = "x";
        var mistakes = new List<string>();
        ModelManifest.Parse(Encoding.UTF8.GetBytes(manifest.ToJsonString()), "example", mistakes);
        Assert.Equal(Known.KeysOf(Schema.Read("manifest"), path), Known.KeysIn(Assert.Single(mistakes)));
    }

    [Fact]
    public void Words_of_the_schemas_are_those_of_the_code()
    {
        Assert.Equal(NamesOf<Fault>().Except(["none"]), Known.Words(Schema.Read("dead-letter"), "properties", "headers", "properties", "predmaint.reason"));
        Assert.Equal(NamesOf<ModelKind>(), Known.Words(Schema.Read("manifest"), "properties", "kind"));
        Assert.Equal(NamesOf<ModelMode>(), Known.Words(Schema.Read("manifest"), "properties", "mode"));
        Assert.Equal(NamesOf<Severity>(), Known.Words(Schema.Read("alert"), "properties", "data", "properties", "severity"));
        Assert.Equal(AlertMessage.Severities, NamesOf<Severity>());
    }

    private static IEnumerable<string> NamesOf<T>() where T : struct, Enum => Enum.GetValues<T>().Select(Fields.NameOf);
}
