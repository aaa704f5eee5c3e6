using PredMaint.Testing;

namespace PredMaint.Cli.Tests.Security;

/// <summary>The tables of SECURITY.md.</summary>
internal static class SecurityGuide
{
    /// <summary>The rows of the one table under a heading, its head left out: the text of each cell.</summary>
    public static IEnumerable<string[]> Rows(string heading) =>
        File.ReadLines(Path.Combine(Repository.Root, "SECURITY.md"))
            .SkipWhile(line => line != $"## {heading}").Skip(1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Where(line => line.StartsWith('|')).Skip(2)
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries));
}
