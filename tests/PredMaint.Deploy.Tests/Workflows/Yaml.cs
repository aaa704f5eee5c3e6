using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace PredMaint.Deploy.Tests.Workflows;

/// <summary>A YAML file as maps, lists and texts; anchors and merge keys are resolved.</summary>
internal static class Yaml
{
    private static readonly IDeserializer Deserializer = new DeserializerBuilder().Build();

    public static Dictionary<object, object?> Map(string text) =>
        Deserializer.Deserialize<Dictionary<object, object?>>(new MergingParser(new Parser(new StringReader(text))));

    public static Dictionary<object, object?> Map(this Dictionary<object, object?> map, string key) => map.TryGetValue(key, out var value) && value is Dictionary<object, object?> inner ? inner : [];

    public static IEnumerable<(string Key, Dictionary<object, object?> Value)> Maps(this Dictionary<object, object?> map, string key) =>
        map.Map(key).Select(e => ($"{e.Key}", e.Value as Dictionary<object, object?> ?? []));

    public static IEnumerable<Dictionary<object, object?>> List(this Dictionary<object, object?> map, string key) =>
        map.TryGetValue(key, out var value) && value is List<object?> list ? list.OfType<Dictionary<object, object?>>() : [];

    public static IEnumerable<string> Texts(this Dictionary<object, object?> map, string key) =>
        map.TryGetValue(key, out var value) && value is List<object?> list ? list.OfType<string>() : [];

    public static string Text(this Dictionary<object, object?> map, string key) => map.TryGetValue(key, out var value) ? $"{value}" : "";
}
