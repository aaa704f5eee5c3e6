using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PredMaint.Monitoring;

/// <summary>The same groups for plain Prometheus and for the prometheus-operator.</summary>
public static class RuleFiles
{
    private const string Made = "# Made by `make dashboards` from tests/PredMaint.Monitoring/OperatorRules.cs; a test says when it is stale.\n";

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>For <c>rule_files</c> of a prometheus.yaml.</summary>
    public static string Plain(IEnumerable<RuleGroup> groups) => Made + Groups(groups, indent: "");

    /// <summary>A PrometheusRule; its labels are what the operator's ruleSelector commonly asks for.</summary>
    public static string Operator(IEnumerable<RuleGroup> groups) => Made + """
        apiVersion: monitoring.coreos.com/v1
        kind: PrometheusRule
        metadata:
          name: predmaint
          labels:
            app.kubernetes.io/name: predmaint
            app.kubernetes.io/component: monitoring
            role: alert-rules
        spec:

        """ + Groups(groups, indent: "  ");

    private static string Groups(IEnumerable<RuleGroup> groups, string indent)
    {
        var yaml = new StringBuilder();
        Line("groups:");
        foreach (var group in groups)
        {
            Line($"  - name: {group.Name}");
            Line("    rules:");
            foreach (var rule in group.Rules)
            {
                Line($"      - alert: {rule.Name}");
                Line($"        expr: {Text(rule.Expression)}");
                if (rule.For != "0m") Line($"        for: {rule.For}");
                Line($"        labels: {{ severity: {rule.Severity} }}");
                Line("        annotations:");
                foreach (var (name, text) in Annotations(rule)) Line($"          {name}: {Text(text)}");
            }
        }
        return yaml.ToString();

        void Line(string text) => yaml.Append(indent).Append(text).Append('\n');
    }

    public static IReadOnlyList<(string Name, string Text)> Annotations(Rule rule) => [("summary", rule.Summary), ("description", rule.Description), ("runbook_url", rule.Runbook)];

    /// <summary>A scalar of JSON is one of YAML.</summary>
    private static string Text(string text) => JsonSerializer.Serialize(text, Readable);
}
