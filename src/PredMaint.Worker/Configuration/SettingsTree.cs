using System.Text.Json.Nodes;

namespace PredMaint.Worker.Configuration;

/// <summary>
/// The configuration before it is read: a tree of text scalars, where each came from, and what is wrong so far. File,
/// environment and command line write into one tree, so every rule about keys and values exists once, in the reader.
/// </summary>
internal sealed class SettingsTree(string file)
{
    /// <summary>An index of a list beyond this is a slip, not a configuration.</summary>
    private const int MaxIndex = 999;

    private readonly Dictionary<string, string> origins = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> keyOrigins = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> spoilt = new(StringComparer.Ordinal);

    public JsonObject Root { get; set; } = [];

    /// <summary>One sentence each, with its origin.</summary>
    public List<string> Mistakes { get; } = [];

    /// <summary>By path, what a value that came from files would be now; null while they cannot be read.</summary>
    public Dictionary<string, Func<string?>> Refills { get; } = new(StringComparer.Ordinal);

    public bool IsSpoilt => spoilt.Count > 0;

    public static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    /// <summary>Remembers where the value under a path was written.</summary>
    public void From(string path, string origin) => origins[path] = origin;

    /// <summary>Remembers where the key itself was written, which matters where nothing is known of it.</summary>
    public void KeyFrom(string path, string origin) => keyOrigins[path] = origin;

    /// <summary>A value that is known to be wrong already; what its reader says of it adds nothing.</summary>
    public void Spoil(string path, string problem) => spoilt.TryAdd(path, $"{path}: {problem}");

    /// <summary>Writes one text under a path of keys and list indexes, making what is missing on the way.</summary>
    public void Set(IReadOnlyList<string> path, string text, string origin)
    {
        JsonNode current = Root;
        var written = "";
        for (var i = 0; i < path.Count; i++)
        {
            var last = i == path.Count - 1;
            written = current is JsonArray ? $"{written}[{path[i]}]" : Join(written, path[i]);
            var next = last ? null : Get(current, path[i]);
            next ??= last ? JsonValue.Create(text) : IsIndex(path[i + 1]) ? new JsonArray() : new JsonObject();
            var isNew = next.Parent is null;
            if (isNew && !Put(current, path[i], next))
            {
                Mistakes.Add($"{origin}: {written}: {(current is JsonArray ? $"a list takes an index from 0 to {MaxIndex} here" : "stands under a text, which has no keys")}");
                return;
            }
            if (isNew) From(written, origin);
            current = next;
        }
    }

    /// <summary>These mistakes and those of the reader that matter, which get their nearest known origin (file and line, variable, argument) in front.</summary>
    public IReadOnlyList<string> With(IEnumerable<string> mistakes, Func<string, bool> matters) =>
        [.. Mistakes, .. spoilt.Values.Concat(mistakes.Where(m => !spoilt.ContainsKey(PathOf(m)))).Where(matters).Select(Locate).Distinct(StringComparer.Ordinal)];

    private static bool IsIndex(string segment) => segment.Length > 0 && segment.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0;

    private static JsonNode? Get(JsonNode node, string segment) => node switch
    {
        JsonObject map => map[segment],
        JsonArray list when int.TryParse(segment, out var index) && index < list.Count => list[index],
        _ => null,
    };

    private static bool Put(JsonNode node, string segment, JsonNode value)
    {
        if (node is JsonObject map) { map[segment] = value; return true; }
        if (node is not JsonArray list || !int.TryParse(segment, out var index) || index > MaxIndex) return false;
        while (list.Count <= index) list.Add(null);
        list[index] = value;
        return true;
    }

    private static bool IsUnknownKey(string mistake) => mistake.AsSpan(PathOf(mistake).Length).StartsWith(": unknown key");

    private static string PathOf(string mistake)
    {
        var end = mistake.IndexOf(": ", StringComparison.Ordinal);
        return end < 0 ? "" : mistake[..end];
    }

    private string Locate(string mistake)
    {
        var of = PathOf(mistake);
        if (IsUnknownKey(mistake) && keyOrigins.TryGetValue(of, out var key)) return $"{key}: {mistake}";
        for (var path = of; path.Length > 0; path = path[..Math.Max(0, path.LastIndexOfAny(['.', '[']))])
            if (origins.TryGetValue(path, out var origin)) return origin.EndsWith($" {of}", StringComparison.Ordinal) ? origin + mistake[of.Length..] : $"{origin}: {mistake}";
        return $"{file}: {mistake}";
    }
}
