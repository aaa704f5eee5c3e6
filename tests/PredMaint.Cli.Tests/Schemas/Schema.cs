using System.Text.Json.Nodes;
using NJsonSchema;
using PredMaint.Testing;

namespace PredMaint.Cli.Tests.Schemas;

/// <summary>The published schemas and their examples.</summary>
internal static class Schema
{
    private static readonly string Folder = Path.Combine(Repository.Root, "schemas");

    public static IEnumerable<string> Names => Directory.GetFiles(Folder, "*.schema.json").Select(f => Path.GetFileName(f)[..^".schema.json".Length]).Order(StringComparer.Ordinal);

    public static string ExampleFile(string name) => Path.Combine(Folder, "examples", $"{name}.json");

    public static string Example(string name) => File.ReadAllText(ExampleFile(name));

    public static JsonObject Read(string name) => JsonNode.Parse(File.ReadAllText(FileOf(name)))!.AsObject();

    /// <summary>What the schema says against a document; empty where it is valid.</summary>
    public static async Task<IReadOnlyList<string>> ErrorsAsync(string name, string json) =>
        [.. (await JsonSchema.FromFileAsync(FileOf(name))).Validate(json).Select(e => e.ToString())];

    private static string FileOf(string name) => Path.Combine(Folder, $"{name}.schema.json");
}
