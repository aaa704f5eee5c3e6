using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using PredMaint.Testing;
using PredMaint.Worker.Telemetry;

namespace PredMaint.Monitoring.Tests;

/// <summary>A real Prometheus reads a real worker on a real broker.</summary>
public sealed class ScrapeTests(KafkaFixture kafka)
{
    private const string Watched = "PredMaintDeadLetters";

    [Fact]
    [Trait("needs", "kafka")]
    public async Task A_rule_fires_and_resolves_and_every_panel_shows_something()
    {
        Tool.Require("prometheus");
        using var job = await Job.WithTopicsAsync(await kafka.RequireAsync());
        // Spans are made where somebody wants them, who need not be there.
        job.Environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = "http://127.0.0.1:1";
        await using var worker = job.Run("telemetry.listen=127.0.0.1:0");
        await using var prometheus = new RunningPrometheus(job, await Job.EndpointAsync(worker), Hasty(Watched));
        await prometheus.SeesAsync($"{PromQl.Series(Semantics.Ready)} == 1");
        Assert.Empty(await prometheus.AlertsAsync());

        await job.Broker.ProduceAsync(job.Readings, Fleet.Readings(machines: 50, steps: 60));
        await job.Broker.ProduceAsync(job.Readings, [(Fleet.Machine(1), "no reading")]);
        await prometheus.SeesAlertsAsync(["predmaint json firing"]);
        await job.CaughtUpAsync(worker);
        await prometheus.SeesAsync($"sum({PromQl.Series(Semantics.Readings)}) == 3000");
        var alerts = await job.Broker.ReadCommittedAsync(job.Alerts);
        await prometheus.SeesAsync($"sum({PromQl.Series(Semantics.Alerts)}) == {alerts.Count}");
        await prometheus.SeesExemplarAsync($"{Semantics.AlertDelay.PrometheusName}_bucket", id => alerts.Any(a => a.Header("traceparent")?.Split('-')[1] == id));
        // A rate needs two scrapes of its series, and this is the last to begin.
        await prometheus.SeesAsync(PromQl.CountRate(Semantics.AlertDelay, "1m"));
        List<string> empty = [];
        foreach (var (panel, expression) in GeneratedTests.PanelExpressions())
            if (await prometheus.CountAsync(GeneratedTests.Filled(expression)) == 0) empty.Add($"{panel}: {expression}");
        Assert.Empty(empty);

        await prometheus.SeesAlertsAsync([]);
        await Job.StopAsync(worker);
    }

    /// <summary>The rule as it is, but for windows that a test can wait for.</summary>
    private static string Hasty(string name)
    {
        var rule = OperatorRules.Groups.SelectMany(g => g.Rules).Single(r => r.Name == name);
        Assert.Contains("[10m]", rule.Expression, StringComparison.Ordinal);
        return RuleFiles.Plain([new RuleGroup("hasty", [rule with { Expression = rule.Expression.Replace("[10m]", "[15s]", StringComparison.Ordinal) }])]);
    }

    private sealed class RunningPrometheus : IAsyncDisposable
    {
        private readonly RunningProgram program;
        private readonly HttpClient http;

        public RunningPrometheus(Job job, Uri worker, string rules)
        {
            File.WriteAllText(job.PathOf("rules.yaml"), rules);
            File.WriteAllText(job.PathOf("prometheus.yaml"), $$"""
                global: { scrape_interval: 1s, evaluation_interval: 1s }
                rule_files: [rules.yaml]
                scrape_configs: [{ job_name: predmaint, static_configs: [{ targets: ["{{worker.Authority}}"] }] }]
                """);
            var port = FreePort.Next();
            http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            program = RunningProgram.StartFile(Tool.Require("prometheus"), Repository.Root, new Dictionary<string, string?>(StringComparer.Ordinal),
                "--enable-feature=exemplar-storage", $"--config.file={job.PathOf("prometheus.yaml")}", $"--storage.tsdb.path={job.PathOf("tsdb")}", $"--web.listen-address=127.0.0.1:{port}");
        }

        public Task SeesAsync(string expression) => Eventually.TrueAsync(async () => await CountAsync(expression) > 0, expression, state: () => program.Errors);

        /// <summary>Series that an expression gives now.</summary>
        public async Task<int> CountAsync(string expression) => (await GetAsync($"/api/v1/query?query={Uri.EscapeDataString(expression)}"))?["data"]?["result"]?.AsArray().Count ?? 0;

        /// <summary>A measurement that names its trace, by the label that Grafana is told in deploy/compose/grafana.yaml.</summary>
        public Task SeesExemplarAsync(string metric, Func<string, bool> isTrace) => Eventually.TrueAsync(
            async () => (await GetAsync($"/api/v1/query_exemplars?query={metric}&start=0&end=4e9"))?["data"]?.AsArray()
                .SelectMany(s => s!["exemplars"]!.AsArray()).Select(e => (string?)e!["labels"]!["trace_id"]).Any(id => id is not null && isTrace(id)) == true,
            $"an exemplar of {metric}", state: () => program.Errors);

        public async Task SeesAlertsAsync(IReadOnlyList<string> wanted)
        {
            IReadOnlyList<string> seen = [];
            await Eventually.TrueAsync(async () => (seen = await AlertsAsync()).SequenceEqual(wanted, StringComparer.Ordinal), $"alerts [{string.Join(", ", wanted)}]", state: () => string.Join(", ", seen));
        }

        public async Task<IReadOnlyList<string>> AlertsAsync()
        {
            var alerts = (await GetAsync("/api/v1/alerts"))?["data"]?["alerts"]?.AsArray() ?? [];
            return [.. alerts.Select(a => $"{a!["labels"]!["job"]} {a["labels"]!["reason"]} {a["state"]}")];
        }

        public async ValueTask DisposeAsync()
        {
            http.Dispose();
            program.Terminate();
            await program.ExitAsync();
            await program.DisposeAsync();
        }

        /// <summary>Null while it starts.</summary>
        private async Task<JsonNode?> GetAsync(string path)
        {
            try
            {
                using var response = await http.GetAsync(new Uri(path, UriKind.Relative));
                return response.StatusCode == HttpStatusCode.OK ? JsonNode.Parse(await response.Content.ReadAsStringAsync()) : null;
            }
            catch (HttpRequestException)
            {
                return null;
            }
        }
    }
}
