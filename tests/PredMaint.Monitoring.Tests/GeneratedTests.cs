using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PredMaint.Testing;
using PredMaint.Worker.Telemetry;

namespace PredMaint.Monitoring.Tests;

/// <summary>Rules and dashboards as they are committed.</summary>
public sealed partial class GeneratedTests
{
    /// <summary>What an expression may name.</summary>
    internal static readonly HashSet<string> Known =
    [
        .. Semantics.Metrics.Concat(ForeignMetrics.Runtime).SelectMany(m => m.Kind == MetricKind.Histogram ? new[] { "_bucket", "_sum", "_count" }.Select(s => m.PrometheusName + s) : [m.PrometheusName]),
        .. ForeignMetrics.Others,
    ];

    public static IEnumerable<TheoryDataRow<string>> Files => Generated.Files.Select(f => new TheoryDataRow<string>(f.Path));

    public static IEnumerable<TheoryDataRow<string>> DashboardFiles => Files.Where(f => f.Data.EndsWith(".json", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Files))]
    public void What_is_committed_is_what_the_definitions_give(string path)
    {
        var committed = Path.Combine(Repository.Root, path);
        Assert.True(File.Exists(committed) && File.ReadAllText(committed) == Generated.Files.Single(f => f.Path == path).Text, $"{path} is stale: make dashboards");
    }

    [Fact]
    public void Every_metric_that_is_named_is_defined()
    {
        Assert.All(Expressions(), e => Assert.Empty(Unknown(e)));
        Assert.Equal(["predmaint_no_such_total"], Unknown("sum(rate(predmaint_no_such_total[5m])) / sum(rate(predmaint_readings_total[5m]))"));
        Assert.Equal(["predmaint_batch_size"], Unknown("predmaint_batch_size > 1"));
    }

    [Fact]
    public void Every_metric_that_is_defined_is_on_a_dashboard()
    {
        var shown = Dashboards.All.SelectMany(d => d.Rows).SelectMany(r => r.Panels).SelectMany(p => p.Queries).SelectMany(q => Names().Matches(q.Expression)).Select(m => m.Value).ToHashSet(StringComparer.Ordinal);
        Assert.All(Semantics.Metrics, m => Assert.True(shown.Any(n => n.StartsWith(m.PrometheusName, StringComparison.Ordinal)), m.PrometheusName));
    }

    /// <summary>Promtool knows no dashboards, but rules that have the same expressions.</summary>
    [Fact]
    public async Task Prometheus_understands_every_panel()
    {
        var rules = Expressions().Select((e, i) => new Rule($"Panel{i}", Filled(e), "0m", "info", "", "")).ToList();
        Assert.True(rules.Count > 50);
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, RuleFiles.Plain([new RuleGroup("panels", rules)]));
        var (code, said) = await Tool.RunAsync("promtool", "check", "rules", file);
        File.Delete(file);
        Assert.True(code == 0 && said.Contains($"{rules.Count} rules found", StringComparison.Ordinal), said);
    }

    [Theory]
    [MemberData(nameof(DashboardFiles))]
    public void A_dashboard_is_one_that_Grafana_shows(string path)
    {
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, path)))!;
        Assert.Empty(Mistakes(json));
        Assert.InRange((int)json["schemaVersion"]!, 39, 41);
        Assert.Equal(["datasource", "namespace", "job", "instance"], json["templating"]!["list"]!.AsArray().Select(v => (string)v!["name"]!));
    }

    [Fact]
    public void What_Grafana_would_not_show_is_found()
    {
        JsonNode json = JsonNode.Parse(GrafanaJson.Of(Dashboards.Fleet))!;
        json["panels"]![2]!["id"] = 1;
        json["panels"]![3]!["gridPos"]!["x"] = 24;
        json["panels"]![4]!["gridPos"]!["x"] = 5;
        json["panels"]![8]!["targets"]!.AsArray().Clear();
        json["panels"]![9]!["datasource"]!["uid"] = "other";
        Assert.Equal(5, Mistakes(json).Count());
    }

    /// <summary>Variables as a person who has chosen all sees them.</summary>
    internal static string Filled(string expression) =>
        expression.Replace("$namespace", ".*", StringComparison.Ordinal).Replace("$job", ".*", StringComparison.Ordinal).Replace("$instance", ".*", StringComparison.Ordinal)
            .Replace("$__rate_interval", "1m", StringComparison.Ordinal).Replace("$__range", "10m", StringComparison.Ordinal);

    internal static IEnumerable<(string Panel, string Expression)> PanelExpressions() =>
        Dashboards.All.SelectMany(d => d.Rows).SelectMany(r => r.Panels).SelectMany(p => p.Queries.Select(q => (p.Title, q.Expression)));

    private static IEnumerable<string> Expressions() => PanelExpressions().Select(p => p.Expression).Concat(OperatorRules.Groups.SelectMany(g => g.Rules).Select(r => r.Expression));

    private static IEnumerable<string> Unknown(string expression) => Names().Matches(expression).Select(m => m.Value).Where(n => !Known.Contains(n));

    private static IEnumerable<string> Mistakes(JsonNode json)
    {
        var panels = json["panels"]!.AsArray().Select(p => p!).ToList();
        foreach (var twice in panels.GroupBy(p => (int)p["id"]!).Where(g => g.Count() > 1)) yield return $"id {twice.Key} twice";
        var cells = new HashSet<(int, int)>();
        foreach (var panel in panels)
        {
            var at = panel["gridPos"]!;
            var (x, y, w, h) = ((int)at["x"]!, (int)at["y"]!, (int)at["w"]!, (int)at["h"]!);
            if (x < 0 || x + w > 24 || h < 1) yield return $"{panel["title"]}: outside the 24 columns";
            var overlaps = false;
            for (var i = x; i < x + w; i++)
                for (var j = y; j < y + h; j++) overlaps |= !cells.Add((i, j));
            if (overlaps) yield return $"{panel["title"]}: over another";
            if ((string)panel["type"]! == "row") continue;
            if (panel["targets"]!.AsArray().Count == 0) yield return $"{panel["title"]}: no query";
            var sources = panel["targets"]!.AsArray().Select(t => t!["datasource"]!).Append(panel["datasource"]!);
            if (sources.Any(s => (string)s["uid"]! != "${datasource}")) yield return $"{panel["title"]}: not from the chosen data source";
        }
    }

    /// <summary>Words that are metrics, not functions, labels or what is between quotes or in an aggregation's list.</summary>
    [GeneratedRegex("""(?<![\w"$])(predmaint_\w+|messaging_\w+_(bucket|sum|count)|messaging_\w+_duration\w*|dotnet_\w+|kube_\w+|process_\w+|up)(?=[\s\[{)]|$)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Names();
}
