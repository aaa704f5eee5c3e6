using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace PredMaint.Worker.Configuration;

/// <summary>
/// <c>${NAME}</c> is the environment, <c>${file:PATH}</c> a file's trimmed content, <c>$${</c> a plain <c>${</c>. What
/// comes in is not looked through again: a password may hold anything.
/// </summary>
internal static partial class Placeholders
{
    private const string FilePrefix = "file:";
    private const string OfFile = "${" + FilePrefix;

    /// <summary>Certificates and keys are a few kilobytes.</summary>
    private const int MaxFileBytes = 1 << 20;

    /// <param name="directory">What relative paths are relative to.</param>
    public static void Fill(SettingsTree tree, IReadOnlyDictionary<string, string> environment, string directory) =>
        Fill(tree.Root, "", tree, environment, directory);

    private static void Fill(JsonNode node, string path, SettingsTree tree, IReadOnlyDictionary<string, string> environment, string directory)
    {
        switch (node)
        {
            case JsonObject map:
                foreach (var (key, value) in map.ToList())
                    if (value is not null) Fill(value, SettingsTree.Join(path, key), tree, environment, directory);
                break;
            case JsonArray list:
                for (var i = 0; i < list.Count; i++)
                    if (list[i] is { } item) Fill(item, $"{path}[{i}]", tree, environment, directory);
                break;
            default:
                var text = node.ToString();
                if (!text.Contains("${", StringComparison.Ordinal)) break;
                node.ReplaceWith(Filled(text, path, tree, environment, directory));
                if (text.Contains(OfFile, StringComparison.Ordinal)) tree.Refills[path] = () =>
                {
                    var again = new SettingsTree("");
                    var filled = Filled(text, path, again, environment, directory);
                    return again.IsSpoilt ? null : filled;
                };
                break;
        }
    }

    private static string Filled(string text, string path, SettingsTree tree, IReadOnlyDictionary<string, string> environment, string directory) =>
        Placeholder().Replace(text, match => match.Groups["what"] is { Success: true } what ? Content(what.Value, path, tree, environment, directory) : "${");

    private static string Content(string what, string path, SettingsTree tree, IReadOnlyDictionary<string, string> environment, string directory)
    {
        if (!what.StartsWith(FilePrefix, StringComparison.Ordinal))
        {
            if (environment.TryGetValue(what, out var value)) return value;
            tree.Spoil(path, $"${{{what}}} is not set in the environment (a plain ${{ is written $${{)");
            return "";
        }
        try
        {
            var file = new FileInfo(Path.Combine(directory, what[FilePrefix.Length..]));
            if (!file.Exists) tree.Spoil(path, $"${{{what}}}: {file.FullName} does not exist");
            else if (file.Length > MaxFileBytes) tree.Spoil(path, $"${{{what}}}: {file.FullName} is longer than {MaxFileBytes} bytes");
            else return File.ReadAllText(file.FullName).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            tree.Spoil(path, $"${{{what}}} cannot be read: {e.Message}");
        }
        return "";
    }

    [GeneratedRegex(@"\$\$\{|\$\{(?<what>[^}]*)\}", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Placeholder();
}
