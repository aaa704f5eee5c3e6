namespace PredMaint.Monitoring;

/// <summary>The files that are made here, by their paths in the repository.</summary>
public static class Generated
{
    public const string OperatorRulesPath = "k8s/components/monitoring/rules.yaml";
    public const string PlainRulesPath = "deploy/prometheus/rules.yaml";
    public const string DashboardsPath = "k8s/components/monitoring/dashboards";

    public static IReadOnlyList<(string Path, string Text)> Files { get; } =
    [
        (OperatorRulesPath, RuleFiles.Operator(OperatorRules.Groups)),
        (PlainRulesPath, RuleFiles.Plain(OperatorRules.Groups)),
        .. Dashboards.All.Select(d => ($"{DashboardsPath}/{d.Uid["predmaint-".Length..]}.json", GrafanaJson.Of(d))),
    ];
}
