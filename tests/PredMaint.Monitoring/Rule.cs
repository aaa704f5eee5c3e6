namespace PredMaint.Monitoring;

/// <summary>An alerting rule of Prometheus, for operators: about the workers, never about machines, whose alerts are in Kafka.</summary>
/// <param name="Name">Also the heading in docs/operations.md, as <c>runbook_url</c> points there.</param>
/// <param name="Expression">PromQL; <c>$value</c> is what it gives.</param>
/// <param name="For">How long it must hold; 0m at once.</param>
/// <param name="Severity">critical: somebody is woken; warning: somebody looks today; info: it is worth knowing.</param>
/// <param name="Summary">One line; may have <c>{{ $labels.NAME }}</c> and <c>{{ $value | FORMAT }}</c>.</param>
/// <param name="Description">What it means, with the same.</param>
public sealed record Rule(string Name, string Expression, string For, string Severity, string Summary, string Description)
{
    /// <summary>Relative to the repository, whose address nobody here knows; a kustomize patch or Alertmanager's template may put one before it.</summary>
    public string Runbook => $"docs/operations.md#{Name.ToLowerInvariant()}";
}

/// <summary>Rules that are evaluated together.</summary>
public sealed record RuleGroup(string Name, IReadOnlyList<Rule> Rules);
