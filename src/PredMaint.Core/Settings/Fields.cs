using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PredMaint.Core.Settings;

/// <summary>
/// Reads one object of settings (a manifest, a part of the configuration) key by key. Nothing throws: every mistake is
/// added to one list, with its path and what is allowed, so that a person mends them all at once. Keys that nobody
/// asked for are mistakes too; <see cref="Done"/> reports them with the nearest known key.
/// </summary>
/// <param name="node">The object; null when its key is absent.</param>
/// <param name="path">Where it stands, for messages: <c>models[0].alert</c>.</param>
/// <param name="mistakes">Collects one sentence a mistake.</param>
/// <param name="textual">True where scalars are written as text (YAML, environment): <c>"3"</c> is then the number 3.</param>
public sealed class Fields(JsonObject? node, string path, List<string> mistakes, bool textual)
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    private readonly HashSet<string> known = new(StringComparer.Ordinal);

    public List<string> Mistakes => mistakes;

    /// <summary>The keys that are present, known or not.</summary>
    public IEnumerable<string> Keys => node?.Select(p => p.Key) ?? [];

    public bool Has(string key) => Find(key) is not null;

    public string PathOf(string key) => path.Length == 0 ? key : $"{path}.{key}";

    public void Add(string key, string problem) => mistakes.Add($"{PathOf(key)}: {problem}");

    public string Text(string key, string? fallback = null)
    {
        var value = Find(key);
        if (value is null) return Missing(key, fallback, "a text") ?? "";
        if (value is JsonValue v && v.GetValueKind() == JsonValueKind.String) return v.GetValue<string>();
        if (value is JsonValue && textual) return value.ToString();
        Add(key, $"must be a text, not {Describe(value)}");
        return fallback ?? "";
    }

    public double Number(string key, double? fallback = null, double min = double.NegativeInfinity, double max = double.PositiveInfinity)
    {
        var value = Find(key);
        if (value is null) { if (fallback is null) Add(key, "is missing (a number)"); return fallback ?? 0; }
        if (!AsNumber(value, out var number) || !double.IsFinite(number)) { Add(key, $"must be a number, not {Describe(value)}"); return fallback ?? 0; }
        if (number < min || number > max) Add(key, $"is {number}, allowed is {Range(min, max)}");
        return number;
    }

    public int Integer(string key, int? fallback, int min, int max)
    {
        var number = Number(key, fallback, min, max);
        if (number != Math.Floor(number)) Add(key, $"must be a whole number, not {number}");
        return (int)Math.Clamp(number, min, max);
    }

    /// <summary>A length of time: a number and one of us, ms, s, m, h, d (<c>500ms</c>, <c>30d</c>).</summary>
    public TimeSpan Duration(string key, TimeSpan fallback, TimeSpan min, TimeSpan max)
    {
        var value = Find(key);
        if (value is null) return fallback;
        if (!TryDuration(value.ToString(), out var span))
        {
            Add(key, $"must be a length of time like 500ms, 10s, 5m, 1h or 30d, not {Describe(value)}");
            return fallback;
        }
        if (span < min || span > max) Add(key, $"is {value}, allowed is {Write(min)} to {Write(max)}");
        return span;
    }

    /// <summary>One of the names of an enumeration, written in lower camel case.</summary>
    public T OneOf<T>(string key, T? fallback) where T : struct, Enum
    {
        var value = Find(key);
        if (value is null) { if (fallback is null) Add(key, $"is missing ({Names<T>()})"); return fallback ?? default; }
        foreach (var candidate in Enum.GetValues<T>())
            if (string.Equals(NameOf(candidate), value.ToString(), StringComparison.Ordinal)) return candidate;
        Add(key, $"is {Describe(value)}, allowed is {Names<T>()}");
        return fallback ?? default;
    }

    public IReadOnlyList<string> Texts(string key, bool required = false)
    {
        var items = Items(key, required);
        var result = new List<string>(items.Count);
        foreach (var item in items)
        {
            if (item is JsonValue v && (textual || v.GetValueKind() == JsonValueKind.String)) result.Add(v.ToString());
            else Add(key, $"must hold texts, not {Describe(item)}");
        }
        return result;
    }

    public IReadOnlyList<double> Numbers(string key)
    {
        var result = new List<double>();
        foreach (var item in Items(key, required: false))
        {
            if (item is not null && AsNumber(item, out var number) && double.IsFinite(number)) result.Add(number);
            else Add(key, $"must hold numbers, not {Describe(item)}");
        }
        return result;
    }

    /// <summary>The object under a key; an empty reader (all keys absent) where there is none.</summary>
    public Fields Object(string key, bool required = false)
    {
        var value = Find(key);
        if (value is null && required) Add(key, "is missing (an object)");
        if (value is not null and not JsonObject) Add(key, $"must be an object, not {Describe(value)}");
        return new Fields(value as JsonObject, PathOf(key), mistakes, textual);
    }

    public IReadOnlyList<Fields> Objects(string key, bool required = false)
    {
        var items = Items(key, required);
        var result = new List<Fields>(items.Count);
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i] is JsonObject item) result.Add(new Fields(item, $"{PathOf(key)}[{i}]", mistakes, textual));
            else Add($"{key}[{i}]", $"must be an object, not {Describe(items[i])}");
        }
        return result;
    }

    /// <summary>Accepts a key whose content is not looked into.</summary>
    public JsonNode? Any(string key) => Find(key);

    /// <summary>Reports keys that were never asked for.</summary>
    public void Done()
    {
        foreach (var key in Keys)
            if (!known.Contains(key)) Add(key, $"unknown key; {Hint(key, known)}");
    }

    /// <summary>"did you mean ...?" for the nearest of the known words, else all of them.</summary>
    public static string Hint(string word, IReadOnlyCollection<string> known)
    {
        if (known.Count == 0) return "none is allowed here";
        var nearest = known.MinBy(k => Distance(word, k))!;
        return Distance(word, nearest) <= Math.Max(2, word.Length / 3) ? $"did you mean {nearest}?" : $"allowed: {string.Join(", ", known)}";
    }

    public static bool TryDuration(string text, out TimeSpan span)
    {
        span = default;
        var digits = text.AsSpan().IndexOfAnyExcept(NumberCharacters);
        if (digits <= 0) return text == "0";
        double? unitSeconds = text[digits..] switch
        {
            "us" => 1e-6, "ms" => 1e-3, "s" => 1, "m" => 60, "h" => 3600, "d" => 86400, _ => null,
        };
        if (unitSeconds is null || !double.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return false;
        var microseconds = number * unitSeconds.Value * 1e6;
        if (microseconds > TimeSpan.MaxValue.TotalMicroseconds / 2) return false;
        span = TimeSpan.FromMicroseconds((long)Math.Round(microseconds));
        return true;
    }

    public static string NameOf<T>(T value) where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    private static string Names<T>() where T : struct, Enum => string.Join(", ", Enum.GetValues<T>().Select(NameOf));

    /// <summary>As <see cref="TryDuration"/> reads it.</summary>
    public static string Write(TimeSpan span) =>
        span == TimeSpan.Zero ? "0s" : span.TotalDays >= 1 ? $"{span.TotalDays}d" : span.TotalHours >= 1 ? $"{span.TotalHours}h"
        : span.TotalMinutes >= 1 ? $"{span.TotalMinutes}m" : span.TotalSeconds >= 1 ? $"{span.TotalSeconds}s" : $"{span.TotalMilliseconds}ms";

    private static string Range(double min, double max) =>
        double.IsInfinity(max) ? $"{min} or more" : double.IsInfinity(min) ? $"{max} or less" : $"{min} to {max}";

    private static string Describe(JsonNode? node) => node switch
    {
        null => "null",
        JsonObject => "an object",
        JsonArray => "a list",
        _ => node.ToJsonString(),
    };

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                var same = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]);
                row[j] = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (same ? 0 : 1));
                diagonal = above;
            }
        }
        return row[b.Length];
    }

    private JsonNode? Find(string key)
    {
        known.Add(key);
        return node is not null && node.TryGetPropertyValue(key, out var value) ? value : null;
    }

    private string? Missing(string key, string? fallback, string what)
    {
        if (fallback is null) Add(key, $"is missing ({what})");
        return fallback;
    }

    private bool AsNumber(JsonNode value, out double number)
    {
        number = 0;
        if (value is not JsonValue v) return false;
        if (v.GetValueKind() == JsonValueKind.Number) { number = v.Deserialize<double>(); return true; }
        return textual && double.TryParse(v.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out number);
    }

    private JsonArray Items(string key, bool required)
    {
        var value = Find(key);
        if (value is JsonArray { Count: > 0 } array) return array;
        if (value is not null and not JsonArray) Add(key, $"must be a list, not {Describe(value)}");
        else if (required) Add(key, value is null ? "is missing (a list)" : "must not be empty");
        return [];
    }
}
