using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace PredMaint.Worker.Configuration;

/// <summary>A YAML file (and JSON, which is YAML) as a <see cref="SettingsTree"/>: scalars stay the text that they are.</summary>
internal static class YamlReader
{
    /// <summary>Anchors may nest and repeat; a file that unfolds beyond this was not written by a person in good faith.</summary>
    private const int MaxDepth = 16;
    private const int MaxNodes = 100_000;

    public static SettingsTree Read(string file)
    {
        var tree = new SettingsTree(file);
        Parser? parser = null;
        try
        {
            using var text = File.OpenText(file);
            parser = new Parser(text);
            var stream = new YamlStream();
            stream.Load(parser);
            if (stream.Documents.Count > 1) tree.Mistakes.Add($"{file}: holds {stream.Documents.Count} YAML documents, allowed is one");
            if (stream.Documents.Count == 0 || IsNull(stream.Documents[0].RootNode)) return tree;
            var nodes = 0;
            if (Convert(stream.Documents[0].RootNode, "", 0, tree, file, ref nodes) is JsonObject root) tree.Root = root;
            else tree.Mistakes.Add($"{file}: must hold keys and values at its top");
        }
        catch (YamlException e)
        {
            tree.Mistakes.Add($"{file}:{e.Start.Line}:{e.Start.Column}: {(e.InnerException ?? e).Message}");
        }
        // So the parser ends inside a list or map that is never closed, and at some other breaks.
        catch (Exception e) when (parser is not null && (e is InvalidOperationException or ArgumentException))
        {
            var end = parser!.Current?.End ?? Mark.Empty;
            tree.Mistakes.Add($"{file}:{end.Line}:{end.Column}: what follows is not YAML; is a bracket, brace or quote before it not closed?");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            tree.Mistakes.Add($"{file}: cannot be read: {e.Message}");
        }
        return tree;
    }

    private static JsonNode? Convert(YamlNode node, string path, int depth, SettingsTree tree, string file, ref int nodes)
    {
        if (depth > MaxDepth || ++nodes > MaxNodes) throw new YamlException(node.Start, node.End, "is nested too deep or unfolds too far");
        if (path.Length > 0) tree.From(path, $"{file}:{node.Start.Line}:{node.Start.Column}");
        switch (node)
        {
            case YamlScalarNode scalar:
                return IsNull(scalar) ? null : JsonValue.Create(scalar.Value);
            case YamlSequenceNode sequence:
                var list = new JsonArray();
                foreach (var item in sequence) list.Add(Convert(item, $"{path}[{list.Count}]", depth + 1, tree, file, ref nodes));
                return list;
            case YamlMappingNode mapping:
                var map = new JsonObject();
                foreach (var (key, value) in mapping)
                {
                    if (key is not YamlScalarNode { Value: { } name }) throw new YamlException(key.Start, key.End, "a key must be a plain text");
                    var inner = SettingsTree.Join(path, name);
                    tree.KeyFrom(inner, $"{file}:{key.Start.Line}:{key.Start.Column}");
                    if (map.TryAdd(name, Convert(value, inner, depth + 1, tree, file, ref nodes))) continue;
                    throw new YamlException(key.Start, key.End, $"Duplicate key {name}");
                }
                return map;
            default:
                throw new YamlException(node.Start, node.End, "is neither a text, a list nor keys and values");
        }
    }

    private static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" or "Null" or "NULL" };
}
