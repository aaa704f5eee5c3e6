using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Confluent.Kafka;
using PredMaint.Testing;

namespace PredMaint.Monitoring.Tests;

/// <summary>What a user may write into a configuration, by its schema and by the Kafka client.</summary>
internal static partial class ConfigurationKeys
{
    private static readonly JsonNode Schema = Read(Path.Combine(Repository.Root, "schemas", "configuration.schema.json"));

    /// <summary>Every property and every word that a schema allows.</summary>
    public static IReadOnlySet<string> Words { get; } =
        Directory.GetFiles(Path.Combine(Repository.Root, "schemas"), "*.json").SelectMany(f => Named(Read(f))).ToHashSet(StringComparer.Ordinal);

    /// <summary>A path with dots, lists left out: <c>models.sha256</c>, <c>kafka.bootstrap.servers</c>.</summary>
    public static bool Has(string path)
    {
        if (path.StartsWith("kafka.", StringComparison.Ordinal)) return IsKafkas(path["kafka.".Length..]);
        JsonNode? node = Schema;
        foreach (var key in path.Split('.')) node = (node?["items"] ?? node)?["properties"]?[key];
        return node is not null;
    }

    /// <summary>The client knows the property, whatever it says of the value.</summary>
    public static bool IsKafkas(string property)
    {
        try
        {
            using var client = new ConsumerBuilder<Ignore, Ignore>([new("group.id", "g"), new(property, "1")]).SetLogHandler((_, _) => { }).Build();
            return true;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            return !e.Message.Contains("No such configuration property", StringComparison.Ordinal);
        }
    }

    /// <summary>The paths that a piece of YAML sets, if it is one of a configuration.</summary>
    public static IReadOnlyList<string> In(string yaml)
    {
        var paths = new List<string>();
        var above = new Stack<(int Indent, string Key)>();
        foreach (var line in Line().Matches(yaml).Select(m => (Indent: m.Groups["indent"].Length, Key: m.Groups["key"].Value)))
        {
            while (above.TryPeek(out var last) && last.Indent >= line.Indent) above.Pop();
            above.Push(line);
            paths.Add(string.Join('.', above.Reverse().Select(a => a.Key)));
        }
        return paths.Count > 0 && Has(paths[0]) ? paths : [];
    }

    private static JsonNode Read(string file) => JsonNode.Parse(File.ReadAllText(file))!;

    private static IEnumerable<string> Named(JsonNode? node) => node switch
    {
        JsonObject o => o.SelectMany(p => Named(p.Value).Append(p.Key)),
        JsonArray a => a.SelectMany(Named),
        JsonValue v when v.TryGetValue<string>(out var text) => [text],
        _ => [],
    };

    [GeneratedRegex("""^(?<indent> *(- )?)(?<key>[A-Za-z][\w.]*):""", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Line();
}
