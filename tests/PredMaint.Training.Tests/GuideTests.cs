using System.Text.RegularExpressions;
using PredMaint.Testing;

namespace PredMaint.Training.Tests;

/// <summary>What the guides say of the program, it has.</summary>
public sealed partial class GuideTests
{
    [Fact]
    public void Every_command_exists_with_its_options()
    {
        var said = new[] { "README.md", "docs/your-model.md", "docs/lecture.md" }
            .SelectMany(g => Command().Matches(File.ReadAllText(Path.Combine(Repository.Root, g)))).ToLookup(m => m.Groups["words"].Value, m => m.Groups["rest"].Value);
        Assert.True(said.Count >= 8, $"only {said.Count} commands are found");
        foreach (var command in said)
        {
            Assert.Equal((0, ""), TrainProgram.Run(out var help, [.. command.Key.Split(' '), "--help"]));
            // The help of what does not exist is that of what is above it.
            Assert.Contains($" {command.Key} ", help, StringComparison.Ordinal);
            Assert.All(command.SelectMany(rest => Option().Matches(rest)), o => Assert.Contains($"{o.Value} ", help, StringComparison.Ordinal));
        }
    }

    [GeneratedRegex("""predmaint-train (?<words>explain [a-z-]+|[a-z]+)(?<rest>[^`\n#]*)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Command();

    [GeneratedRegex("--[a-z-]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Option();
}
