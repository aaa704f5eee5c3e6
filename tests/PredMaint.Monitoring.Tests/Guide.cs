using System.Text.RegularExpressions;
using PredMaint.Testing;

namespace PredMaint.Monitoring.Tests;

/// <summary>A document for users, and what of it can be checked.</summary>
/// <param name="Path">In the repository.</param>
internal sealed partial record Guide(string Path, string Text)
{
    public static IReadOnlyList<string> Paths { get; } = ["README.md", "SECURITY.md", "deploy/README.md", "docs/operations.md"];

    public static Guide Of(string path) => new(path, File.ReadAllText(System.IO.Path.Combine(Repository.Root, path)));

    /// <summary>Lines between fences, of one language.</summary>
    public IEnumerable<string> Blocks(string language) => Fence().Matches(Text).Where(m => m.Groups["language"].Value == language).Select(m => m.Groups["code"].Value);

    /// <summary>What stands between backticks in a line.</summary>
    public IEnumerable<string> Words => Inline().Matches(Fence().Replace(Text, "")).Select(m => m.Groups["word"].Value);

    /// <summary>Commands of the program predmaint, however it is started, and their options.</summary>
    public IEnumerable<(string Words, IReadOnlyList<string> Options)> Commands => Command().Matches(Text)
        .Select(m => (m.Groups["words"].Value.Trim(), (IReadOnlyList<string>)[.. Option().Matches(m.Groups["rest"].Value).Select(o => o.Value)]));

    public IEnumerable<string> Targets => Target().Matches(Text).Select(m => m.Groups["target"].Value).Distinct(StringComparer.Ordinal);

    public IEnumerable<string> Files => FileName().Matches(Text).Select(m => m.Value.TrimEnd('.', '/')).Distinct(StringComparer.Ordinal);

    public IEnumerable<string> Metrics => Metric().Matches(Text).Select(m => m.Value).Distinct(StringComparer.Ordinal);

    public IEnumerable<string> Links => Link().Matches(Text).Select(m => m.Groups["to"].Value).Where(to => !to.StartsWith("https://", StringComparison.Ordinal));

    /// <summary>As GitHub makes them.</summary>
    public IEnumerable<string> Anchors => Heading().Matches(Text).Select(m => m.Groups["title"].Value.Trim().ToLowerInvariant())
        .Select(t => new string([.. t.Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-').Select(c => c == ' ' ? '-' : c)]));

    [GeneratedRegex("""^ *```(?<language>\w*)\n(?<code>.*?)^ *```""", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Fence();

    [GeneratedRegex("`(?<word>[^`\n]+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Inline();

    // By its name, in its image, or between backticks without it.
    [GeneratedRegex("""((^|`|/app/)predmaint |/predmaint:\d[\d.]* |`(?=(config|topics|alerts|state|models|backtest|run|simulate|demo)[ `]))(?<words>[a-z]+( (inspect|reset|repartition|create|list|follow|check|verify))?)(?<rest>[^`\n#>]*)""", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Command();

    [GeneratedRegex("--[a-z-]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Option();

    [GeneratedRegex("""(^|`)make (?<target>[a-z-]+)""", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Target();

    [GeneratedRegex("""(?<![\w/.@-])(docs|deploy|k8s|src|tests|schemas|\.github|models/(turbofan|msl))(/[\w.-]+)+""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FileName();

    [GeneratedRegex("""\b(predmaint|messaging|dotnet|kube)_[a-z_]+\b""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Metric();

    [GeneratedRegex("""\]\((?<to>[^)]+)\)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();

    [GeneratedRegex("^#+ (?<title>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Heading();
}
