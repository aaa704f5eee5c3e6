using System.Text.Json.Nodes;
using PredMaint.Worker.Configuration;

namespace PredMaint.Cli.Tests.Schemas;

public sealed class ConfigurationSchemaTests : IDisposable
{
    private static readonly string[] ObjectPaths = ["", "topics", "readings", "models[0]", "models[0].cuda", "models[0].alert", "models[0].alert.levels[0]"];

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("predmaint-");

    public ConfigurationSchemaTests() => File.WriteAllText(Path.Combine(folder.FullName, "failure.onnx"), "");

    public static TheoryData<string> Objects => [.. ObjectPaths];

    /// <summary>Scalars of the schema that allow certain words, or numbers within limits.</summary>
    public static TheoryData<string> Limited =>
        [.. Scalars().Where(s => s.Rule["enum"] is not null || s.Rule["maximum"] is not null).Select(s => s.Path)];

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void The_example_loads()
    {
        var (options, mistakes) = Load(JsonNode.Parse(Schema.Example("configuration"))!);
        Assert.Empty(mistakes);
        Assert.Equal(("plant7", "w1", 2), (options!.Group, options.Instance, options.Threads));
    }

    [Theory]
    [MemberData(nameof(Objects))]
    public void The_schema_and_the_loader_know_the_same_keys(string path)
    {
        var configuration = JsonNode.Parse(Schema.Example("configuration"))!;
        Known.At(configuration, path)[Known.NoKey] = "x";
        var (_, mistakes) = Load(configuration);
        Assert.Equal(Known.KeysOf(Schema.Read("configuration"), path), Known.KeysIn(Assert.Single(mistakes)));
    }

    [Theory]
    [MemberData(nameof(Limited))]
    public void The_schema_and_the_loader_have_the_same_words_and_limits(string path)
    {
        var rule = Scalars().Single(s => s.Path == path).Rule;
        var (_, mistakes) = Load(JsonNode.Parse(Schema.Example("configuration"))!, $"{path}={(rule["enum"] is null ? "1e18" : "nonsense")}");
        var allowed = rule["enum"] is { } words ? string.Join(", ", words.AsArray()) : $"{rule["minimum"]} to {rule["maximum"]}";
        Assert.EndsWith($"allowed is {allowed}", Assert.Single(mistakes), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_key_of_the_schema_may_come_from_the_environment_in_capitals()
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["HOSTNAME"] = "w1" };
        foreach (var (path, _) in Scalars())
            environment["PREDMAINT__" + path.Replace("[", "__", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal).Replace(".", "__", StringComparison.Ordinal).ToUpperInvariant()] = "?";
        var (_, mistakes) = ConfigurationLoader.Load(Write(JsonNode.Parse(Schema.Example("configuration"))!), [], environment);
        Assert.DoesNotContain(mistakes, m => m.Contains("unknown key", StringComparison.Ordinal));
    }

    private (WorkerOptions?, IReadOnlyList<string>) Load(JsonNode configuration, params string[] sets) =>
        ConfigurationLoader.Load(Write(configuration), sets, new Dictionary<string, string> { ["HOSTNAME"] = "w1" });

    private string Write(JsonNode configuration)
    {
        var file = Path.Combine(folder.FullName, "c.json");
        File.WriteAllText(file, configuration.ToJsonString());
        return file;
    }

    /// <summary>Every scalar of the schema outside of kafka, with the rule that a value without placeholders has to keep.</summary>
    private static IEnumerable<(string Path, JsonNode Rule)> Scalars()
    {
        var schema = Schema.Read("configuration");
        foreach (var path in ObjectPaths)
            foreach (var (key, rule) in Known.SchemaAt(schema, path)["properties"]!.AsObject())
            {
                var plain = rule!["anyOf"]?[0] ?? rule;
                if ((string?)plain["type"] is "string" or "number" or "integer") yield return (path.Length == 0 ? key : $"{path}.{key}", plain);
            }
    }
}
