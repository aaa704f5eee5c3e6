using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace PredMaint.Cli.Tests.Schemas;

/// <summary>Compares what a schema knows with what a reader says that it knows: its messages list the allowed keys and words.</summary>
internal static partial class Known
{
    /// <summary>So unlike any key that the reader lists them all instead of guessing one.</summary>
    public const string NoKey = "zzzzzzzzzzzzzzzzzzzzzzzz";

    /// <summary>The object at a path like <c>models[0].alert</c>.</summary>
    public static JsonNode At(JsonNode root, string path) => Segments(path).Aggregate(root, (node, s) => int.TryParse(s, out var i) ? node[i]! : node[s]!);

    /// <summary>The part of a schema that speaks of a path.</summary>
    public static JsonNode SchemaAt(JsonNode schema, string path) =>
        Segments(path).Aggregate(schema, (node, s) => int.TryParse(s, out _) ? node["items"]! : node["properties"]![s]!);

    public static IEnumerable<string> KeysOf(JsonNode schema, string path) => SchemaAt(schema, path)["properties"]!.AsObject().Select(p => p.Key).Order(StringComparer.Ordinal);

    public static IEnumerable<string> KeysIn(string mistake)
    {
        Assert.Contains(NoKey, mistake, StringComparison.Ordinal);
        return mistake[(mistake.IndexOf("allowed: ", StringComparison.Ordinal) + "allowed: ".Length)..].Split(", ").Order(StringComparer.Ordinal);
    }

    public static IEnumerable<string> Words(JsonNode schema, params string[] path) => path.Aggregate(schema, (node, s) => node[s]!)["enum"]!.AsArray().Select(v => (string)v!);

    private static IEnumerable<string> Segments(string path) => Segment().Matches(path).Select(m => m.Value);

    [GeneratedRegex(@"\w+", RegexOptions.NonBacktracking)]
    private static partial Regex Segment();
}
