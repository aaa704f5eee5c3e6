using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PredMaint.Monitoring;

/// <summary>A dashboard as Grafana imports it (schema 39, Grafana 10.4 and later).</summary>
public static class GrafanaJson
{
    private const int SchemaVersion = 39;
    private const int Columns = 24;
    private const int PanelHeight = 8;
    private const int StatHeight = 4;

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    public static string Of(Dashboard dashboard)
    {
        var json = new JsonObject
        {
            ["uid"] = dashboard.Uid,
            ["title"] = dashboard.Title,
            ["description"] = dashboard.Description,
            ["tags"] = new JsonArray("predmaint"),
            ["schemaVersion"] = SchemaVersion,
            ["version"] = 1,
            ["editable"] = true,
            ["graphTooltip"] = 1,
            ["refresh"] = "30s",
            ["time"] = new JsonObject { ["from"] = "now-3h", ["to"] = "now" },
            ["links"] = new JsonArray(new JsonObject
            {
                ["type"] = "dashboards", ["title"] = "PredMaint", ["tags"] = new JsonArray("predmaint"), ["asDropdown"] = true, ["includeVars"] = true, ["keepTime"] = true,
            }),
            ["templating"] = new JsonObject { ["list"] = Variables() },
            ["annotations"] = new JsonObject { ["list"] = new JsonArray() },
            ["panels"] = Panels(dashboard),
        };
        return json.ToJsonString(Readable) + "\n";
    }

    private static JsonArray Variables() =>
    [
        new JsonObject { ["name"] = "datasource", ["label"] = "Prometheus", ["type"] = "datasource", ["query"] = "prometheus", ["refresh"] = 1 },
        Variable("namespace", ""), Variable("job", "namespace=~\"$namespace\""), Variable("instance", "namespace=~\"$namespace\",job=~\"$job\""),
    ];

    /// <summary>All that there are: an expression that a label which is absent matches too, outside Kubernetes there is no namespace.</summary>
    private static JsonObject Variable(string label, string where)
    {
        var query = $"label_values({PromQl.Series(Worker.Telemetry.Semantics.Ready, where)}, {label})";
        return new JsonObject
        {
            ["name"] = label, ["type"] = "query", ["datasource"] = DataSource(), ["definition"] = query,
            ["query"] = new JsonObject { ["query"] = query, ["refId"] = label },
            ["refresh"] = 2, ["sort"] = 1, ["multi"] = true, ["includeAll"] = true, ["allValue"] = ".*",
            ["current"] = new JsonObject { ["text"] = "All", ["value"] = "$__all" },
        };
    }

    private static JsonArray Panels(Dashboard dashboard)
    {
        var panels = new JsonArray();
        var (id, y) = (1, 0);
        foreach (var row in dashboard.Rows)
        {
            panels.Add(new JsonObject { ["id"] = id++, ["type"] = "row", ["title"] = row.Title, ["collapsed"] = false, ["panels"] = new JsonArray(), ["gridPos"] = At(0, y++, Columns, 1) });
            var x = 0;
            var height = row.Panels.All(p => p.Kind == PanelKind.Stat) ? StatHeight : PanelHeight;
            foreach (var panel in row.Panels)
            {
                if (x + panel.Width > Columns) (x, y) = (0, y + height);
                panels.Add(One(panel, id++, At(x, y, panel.Width, height)));
                x += panel.Width;
            }
            y += height;
        }
        return panels;
    }

    private static JsonObject One(Panel panel, int id, JsonObject gridPos) => new()
    {
        ["id"] = id,
        ["type"] = panel.Kind switch { PanelKind.Stat => "stat", PanelKind.Table => "table", _ => "timeseries" },
        ["title"] = panel.Title,
        ["description"] = panel.Description,
        ["datasource"] = DataSource(),
        ["gridPos"] = gridPos,
        ["fieldConfig"] = new JsonObject { ["defaults"] = Defaults(panel), ["overrides"] = new JsonArray() },
        ["options"] = Options(panel.Kind),
        ["targets"] = new JsonArray([.. panel.Queries.Select((q, i) => (JsonNode)Target(q, i, panel.Kind))]),
        ["transformations"] = panel.Kind == PanelKind.Table
            ? new JsonArray(new JsonObject { ["id"] = "organize", ["options"] = new JsonObject { ["excludeByName"] = new JsonObject { ["Time"] = true } } })
            : [],
    };

    private static JsonObject Defaults(Panel panel)
    {
        var defaults = new JsonObject { ["unit"] = panel.Unit, ["min"] = 0 };
        if (panel.Unit == "percentunit") defaults["max"] = 1;
        if (panel.Kind is PanelKind.Lines or PanelKind.Bars)
            defaults["custom"] = new JsonObject
            {
                ["drawStyle"] = panel.Kind == PanelKind.Bars ? "bars" : "line", ["fillOpacity"] = panel.Kind == PanelKind.Bars ? 60 : 8, ["lineWidth"] = 1, ["showPoints"] = "never",
                ["stacking"] = new JsonObject { ["mode"] = panel.Kind == PanelKind.Bars ? "normal" : "none" },
            };
        return defaults;
    }

    private static JsonObject Options(PanelKind kind) => kind switch
    {
        PanelKind.Stat => new JsonObject { ["reduceOptions"] = new JsonObject { ["calcs"] = new JsonArray("lastNotNull"), ["values"] = false }, ["graphMode"] = "area", ["colorMode"] = "value" },
        PanelKind.Table => new JsonObject { ["showHeader"] = true },
        _ => new JsonObject { ["legend"] = new JsonObject { ["displayMode"] = "list", ["placement"] = "bottom", ["showLegend"] = true }, ["tooltip"] = new JsonObject { ["mode"] = "multi", ["sort"] = "desc" } },
    };

    private static JsonObject Target(Query query, int index, PanelKind kind)
    {
        var target = new JsonObject
        {
            ["refId"] = ((char)('A' + index)).ToString(), ["datasource"] = DataSource(), ["editorMode"] = "code", ["expr"] = query.Expression,
            ["legendFormat"] = query.Legend.Length > 0 ? query.Legend : "__auto", ["range"] = !query.IsInstant, ["instant"] = query.IsInstant,
        };
        if (kind == PanelKind.Table) target["format"] = "table";
        if (query.HasExemplars) target["exemplar"] = true;
        return target;
    }

    private static JsonObject DataSource() => new() { ["type"] = "prometheus", ["uid"] = "${datasource}" };

    private static JsonObject At(int x, int y, int width, int height) => new() { ["h"] = height, ["w"] = width, ["x"] = x, ["y"] = y };
}
