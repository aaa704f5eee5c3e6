using System.Text.RegularExpressions;
using PredMaint.Testing;

namespace PredMaint.Monitoring.Tests;

/// <summary>What the operators' guide says is there.</summary>
public sealed partial class GuideTests
{
    private static readonly string Guide = File.ReadAllText(Path.Combine(Repository.Root, "docs", "operations.md"));

    [Fact]
    public async Task Every_command_of_the_guide_exists_with_its_options()
    {
        var commands = Command().Matches(Guide).Select(m => (Words: m.Groups["words"].Value.Trim(), Options: Option().Matches(m.Groups["rest"].Value).Select(o => o.Value).ToList())).ToList();
        Assert.Contains(("state reset", "--partition"), commands.SelectMany(c => c.Options.Select(o => (c.Words, o))));
        Assert.True(commands.Select(c => c.Words).Distinct(StringComparer.Ordinal).Count() >= 10);
        foreach (var command in commands.GroupBy(c => c.Words, StringComparer.Ordinal))
        {
            await using var help = RunningProgram.Start("predmaint", [.. command.Key.Split(' '), "--help"]);
            Assert.True(await help.ExitAsync() == 0, $"{command.Key}: {help.Errors}");
            // The help of what does not exist is that of what is above it.
            Assert.Contains($"predmaint {command.Key} ", help.Output, StringComparison.Ordinal);
            Assert.All(command.SelectMany(c => c.Options), o => Assert.Contains($"{o} ", help.Output, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Every_link_of_the_guide_leads_somewhere()
    {
        var anchors = Heading().Matches(Guide).Select(m => Anchor(m.Groups["title"].Value.Trim())).ToHashSet(StringComparer.Ordinal);
        var readme = Heading().Matches(File.ReadAllText(Path.Combine(Repository.Root, "README.md"))).Select(m => Anchor(m.Groups["title"].Value.Trim())).ToHashSet(StringComparer.Ordinal);
        Assert.All(Link().Matches(Guide).Select(m => m.Groups["to"].Value), to =>
            Assert.True(to == "../README.md" || (to.StartsWith("../README.md#", StringComparison.Ordinal) ? readme.Contains(to["../README.md#".Length..]) : anchors.Contains(to.TrimStart('#'))), to));
    }

    /// <summary>As GitHub makes them.</summary>
    private static string Anchor(string heading) => new([.. heading.ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-').Select(c => c == ' ' ? '-' : c)]);

    [GeneratedRegex("""(^|`)predmaint (?<words>[a-z]+( (inspect|reset|repartition|create|list|follow|check|verify))?)(?<rest>[^`\n#>]*)""", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Command();

    [GeneratedRegex("--[a-z-]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Option();

    [GeneratedRegex("^#+ (?<title>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Heading();

    [GeneratedRegex("""\]\((?<to>[^)]+)\)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();
}
