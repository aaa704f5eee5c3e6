using System.Text.Json;
using PredMaint.Testing;
using PredMaint.Worker.Telemetry;

namespace PredMaint.Monitoring.Tests;

/// <summary>Every rule fires when it should, stays quiet before and after, and says what is so.</summary>
public sealed class RulesTests
{
    private static readonly IReadOnlyList<Rule> All = [.. OperatorRules.Groups.SelectMany(g => g.Rules)];

    [Fact]
    public async Task Prometheus_takes_the_committed_rules()
    {
        var (code, said) = await Tool.RunAsync("promtool", "check", "rules", Generated.PlainRulesPath);
        Assert.True(code == 0 && said.Contains($"{All.Count} rules found", StringComparison.Ordinal), said);
    }

    [Fact]
    public async Task Every_rule_fires_and_resolves()
    {
        Assert.Equal(All.Select(r => r.Name).Order(StringComparer.Ordinal), RuleCases.All.Select(c => c.Rule).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        var (code, said) = await TestAsync(RuleCases.All);
        Assert.True(code == 0, said);
    }

    /// <summary>Otherwise the test above would say nothing.</summary>
    [Fact]
    public async Task A_rule_that_fires_too_early_never_or_for_ever_is_found()
    {
        var some = RuleCases.All.First(c => c.Rule == "PredMaintNotReady");
        foreach (var wrong in new[] { some with { Quiet = some.Fires!.Value }, some with { Fires = some.Quiet }, some with { Resolved = some.Fires.Value + 1 }, some with { Rule = "PredMaintLagHigh" } })
        {
            var (code, said) = await TestAsync([wrong]);
            Assert.True(code != 0 && said.Contains("FAILED", StringComparison.Ordinal), said);
        }
    }

    /// <summary>So the cases see whether a rule waits, whether it asks for anything, and whether it can fire.</summary>
    [Theory]
    [InlineData("does not wait")]
    [InlineData("always fires")]
    [InlineData("never fires")]
    public async Task A_rule_that_is_another_does_not_pass(string other)
    {
        Func<Rule, Rule> change = other switch
        {
            "does not wait" => r => r with { For = "0m" },
            "always fires" => r => r with { Expression = $"({r.Expression}) or vector(1)", For = "0m" },
            _ => r => r with { Expression = $"({r.Expression}) and vector(0) > 1" },
        };
        var cases = RuleCases.All.Where(c => other != "does not wait" || All.Single(r => r.Name == c.Rule).For != "0m").ToList();
        var (_, said) = await TestAsync(cases, RuleFiles.Plain(OperatorRules.Groups.Select(g => g with { Rules = [.. g.Rules.Select(change)] })));
        Assert.Equal(cases.Count, Count("Unit Testing:"));
        Assert.True(Count("SUCCESS") == 0, said);

        int Count(string word) => said.Split(word).Length - 1;
    }

    [Fact]
    public async Task Partitions_count_once_while_they_change_hands()
    {
        Assert.Equal(All.Where(r => r.Expression.Contains($"{Semantics.Partition}) ({Semantics.RestoreProgress.PrometheusName}", StringComparison.Ordinal) && r.Expression.TrimStart('(').StartsWith("count", StringComparison.Ordinal)).Select(r => r.Name), RuleCases.Quiet.Select(c => c.Rule));
        var (code, said) = await TestAsync(RuleCases.Quiet);
        Assert.True(code == 0, said);
        // One that counted series would fire.
        var counting = OperatorRules.Groups.Select(g => g with { Rules = [.. g.Rules.Select(r => r with { Expression = r.Expression.Replace(", partition) (predmaint", ", partition, thread, pod) (predmaint", StringComparison.Ordinal) })] });
        (code, said) = await TestAsync(RuleCases.Quiet, RuleFiles.Plain(counting));
        Assert.True(code != 0 && said.Contains("FAILED", StringComparison.Ordinal), said);
    }

    [Fact]
    public void Every_rule_has_a_severity_that_is_known_and_a_section_in_the_operators_guide()
    {
        var guide = File.ReadAllText(Path.Combine(Repository.Root, "docs", "operations.md"));
        var headings = guide.Split('\n').Where(l => l.StartsWith("### PredMaint", StringComparison.Ordinal)).Select(l => l[4..].Trim()).ToList();
        Assert.Equal(All.Select(r => r.Name), headings);
        Assert.Distinct(headings);
        Assert.All(All, r =>
        {
            Assert.Contains(r.Severity, new[] { "critical", "warning", "info" });
            Assert.Equal($"docs/operations.md#{r.Name.ToLowerInvariant()}", r.Runbook);
        });
    }

    [Fact]
    public void The_rules_of_both_files_are_the_same()
    {
        Assert.Equal(Groups(RuleFiles.Plain(OperatorRules.Groups)), Groups(RuleFiles.Operator(OperatorRules.Groups)));

        static IEnumerable<string> Groups(string yaml) => yaml.Split('\n').SkipWhile(l => l.Trim() != "groups:").Select(l => l.Trim());
    }

    /// <summary>All at once: a start of promtool costs more than what it computes.</summary>
    /// <param name="changed">Other rules than the committed ones.</param>
    private static async Task<(int Code, string Said)> TestAsync(IReadOnlyList<RuleCase> cases, string? changed = null)
    {
        Tool.Require("promtool");
        var folder = Directory.CreateTempSubdirectory("predmaint-");
        try
        {
            var rules = Path.Combine(changed is null ? Repository.Root : folder.FullName, changed is null ? Generated.PlainRulesPath : "rules.yaml");
            if (changed is not null) await File.WriteAllTextAsync(rules, changed);
            var files = cases.Select((c, i) => (Path: Path.Combine(folder.FullName, $"{i:00}-{c.Rule}.yaml"), Case: c)).ToList();
            foreach (var (path, c) in files) await File.WriteAllTextAsync(path, JsonSerializer.Serialize(c.File(All.Single(r => r.Name == c.Rule), rules)));
            return await Tool.RunAsync("promtool", ["test", "rules", .. files.Select(f => f.Path)]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
