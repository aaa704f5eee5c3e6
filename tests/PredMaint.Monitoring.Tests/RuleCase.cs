using System.Text.RegularExpressions;

namespace PredMaint.Monitoring.Tests;

/// <summary>What Prometheus sees minute by minute, and when a rule must be quiet, fire, and be quiet again.</summary>
/// <param name="Quiet">Minute before it fires: the trouble is there already where the rule waits.</param>
/// <param name="Fires">Null where it must not, from <paramref name="Quiet"/> to <paramref name="Resolved"/>.</param>
/// <param name="Labels">Of the alert beside its severity.</param>
/// <param name="Value">As the annotations show it.</param>
/// <param name="Input">Series and their values, a minute each, in promtool's notation.</param>
public sealed partial record RuleCase(string Rule, int Quiet, int? Fires, int Resolved, IReadOnlyDictionary<string, string> Labels, string Value, params (string Series, string Values)[] Input)
{
    /// <summary>Shown where a test fails.</summary>
    public override string ToString() => $"{Rule}, {Input[0].Series}";

    /// <summary>A file for <c>promtool test rules</c>; JSON is YAML.</summary>
    public object File(Rule rule, string rulesFile) => new
    {
        rule_files = new[] { rulesFile },
        evaluation_interval = "1m",
        tests = new[]
        {
            new
            {
                interval = "1m",
                input_series = Input.Select(i => new { series = i.Series, values = i.Values }),
                alert_rule_test = Fires is { } fires ? new[] { At(Quiet), At(fires, Expected(rule)), At(Resolved) } : Enumerable.Range(Quiet, Resolved - Quiet + 1).Select(m => At(m)).ToArray(),
            },
        },
    };

    private object At(int minute, params object[] expected) => new { eval_time = $"{minute}m", alertname = Rule, exp_alerts = expected };

    private object Expected(Rule rule) => new
    {
        exp_labels = Labels.Append(new("severity", rule.Severity)).ToDictionary(StringComparer.Ordinal),
        exp_annotations = RuleFiles.Annotations(rule).ToDictionary(a => a.Name, a => Rendered(a.Text), StringComparer.Ordinal),
    };

    private string Rendered(string text) => Template().Replace(text, m => m.Groups["label"].Success ? Labels[m.Groups["label"].Value] : Value);

    [GeneratedRegex("""\{\{ \$(labels\.(?<label>\w+)|value[^}]*) \}\}""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Template();
}
