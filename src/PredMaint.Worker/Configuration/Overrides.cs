namespace PredMaint.Worker.Configuration;

/// <summary>
/// Keys given outside the file. Environment: <c>PREDMAINT__MODELS__0__FILE</c>, letters in any case, in <c>kafka</c> a dot
/// written <c>_</c>. Command line: <c>--set models.0.file=x</c> or <c>models[0].file=x</c>. In both, what follows
/// <c>kafka</c> is one key.
/// </summary>
internal static class Overrides
{
    public const string Prefix = "PREDMAINT__";

    public static void FromEnvironment(SettingsTree tree, IReadOnlyDictionary<string, string> environment, IEnumerable<string> keys)
    {
        var written = keys.ToDictionary(k => k, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in environment.OrderBy(v => v.Key, StringComparer.Ordinal))
        {
            if (!name.StartsWith(Prefix, StringComparison.Ordinal)) continue;
            var rest = name[Prefix.Length..];
            string[] path = rest.StartsWith("KAFKA__", StringComparison.OrdinalIgnoreCase)
                ? ["kafka", rest["KAFKA__".Length..].ToLowerInvariant().Replace('_', '.')]
                : [.. rest.Split("__").Select(segment => written.GetValueOrDefault(segment, segment.ToLowerInvariant()))];
            tree.Set(path, value, name);
        }
    }

    public static void FromArguments(SettingsTree tree, IEnumerable<string> sets)
    {
        foreach (var set in sets)
        {
            var equals = set.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                tree.Mistakes.Add($"--set {set}: must be path=value, like kafka.bootstrap.servers=localhost:9092");
                continue;
            }
            var path = set[..equals];
            const string kafka = "kafka.";
            string[] segments = path.StartsWith(kafka, StringComparison.Ordinal)
                ? ["kafka", path[kafka.Length..]]
                : path.Replace("[", ".", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal).Split('.');
            tree.Set(segments, set[(equals + 1)..], $"--set {path}");
        }
    }
}
