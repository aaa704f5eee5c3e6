using System.Text.RegularExpressions;
using PredMaint.Deploy.Tests.Manifests;
using PredMaint.Deploy.Tests.Workflows;
using PredMaint.Testing;

namespace PredMaint.Deploy.Tests.Images;

/// <summary><c>deploy/compose.yaml</c>, read and not run: what it names exists, and the worker runs as it does in a cluster.</summary>
public sealed partial class ComposeTests
{
    private static readonly string[] Ours = ["topics", "worker", "simulator"];

    /// <summary>Made by others of the repository, and where it is absent by Docker.</summary>
    private const string Dashboards = "../k8s/components/monitoring/dashboards";

    private readonly Dictionary<object, object?> compose = Yaml.Map(File.ReadAllText(Path.Combine(Repository.Root, "deploy", "compose.yaml")));

    [Fact]
    public void It_has_the_worker_and_what_an_operator_looks_at() => Assert.Equal(
        ["grafana", "jaeger", "kafka", "otel-collector", "prometheus", "simulator", "topics", "worker"], compose.Maps("services").Select(s => s.Key).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_image_is_pinned() => Assert.All(compose.Maps("services"), s => Assert.True(PodRules.IsPinned(s.Value.Text("image")), s.Value.Text("image")));

    [Fact]
    public void The_worker_writes_nowhere_and_has_no_capabilities() => Assert.All(Ours, name =>
    {
        var service = compose.Map("services").Map(name);
        Assert.Equal("true", service.Text("read_only"));
        Assert.Equal(["ALL"], service.Texts("cap_drop"));
        Assert.Equal(["/tmp"], service.Texts("tmpfs"));
        Assert.Equal(["no-new-privileges:true"], service.Texts("security_opt"));
        Assert.Equal("deploy/Dockerfile", service.Map("build").Text("dockerfile"));
    });

    [Fact]
    public void Nothing_reads_or_writes_before_the_topics_are_made()
    {
        Assert.Equal("service_healthy", Condition("topics", "kafka"));
        Assert.Equal("service_completed_successfully", Condition("worker", "topics"));
        Assert.Equal("service_completed_successfully", Condition("simulator", "topics"));
    }

    [Fact]
    public void Every_mounted_file_exists()
    {
        var sources = compose.Maps("services").SelectMany(s => s.Value.Texts("volumes")).Select(v => v.Split(':')[0]).Where(v => v != Dashboards).Distinct().ToList();
        Assert.All(sources, s => Assert.True(File.Exists(Path.Combine(Repository.Root, "deploy", s)), s));
        Assert.Equal(6, sources.Count);
    }

    [Fact]
    public void Prometheus_scrapes_the_port_that_the_worker_and_its_image_name()
    {
        var scrape = Settings("prometheus.yaml").List("scrape_configs").Single();
        Assert.Equal(["worker:9464"], scrape.List("static_configs").Single().Texts("targets"));
        Assert.Equal(["9464"], Dockerfile.Of("Dockerfile").All("EXPOSE"));
        Assert.Equal("*:9464", Settings("worker.yaml").Map("telemetry").Text("listen"));
    }

    [Fact]
    public void A_span_goes_by_the_collector_to_the_store_that_grafana_asks()
    {
        Assert.Equal("http://otel-collector:4317", compose.Map("services").Map("worker").Map("environment").Text("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"));
        var collector = Settings("otel-collector.yaml");
        Assert.Equal("0.0.0.0:4317", collector.Map("receivers").Map("otlp").Map("protocols").Map("grpc").Text("endpoint"));
        Assert.Equal("jaeger:4317", collector.Map("exporters").Map("otlp_grpc").Text("endpoint"));
        var traces = collector.Map("service").Map("pipelines").Map("traces");
        Assert.Equal(["otlp"], traces.Texts("receivers"));
        Assert.Equal(["otlp_grpc"], traces.Texts("exporters"));
    }

    [Fact]
    public void A_dot_on_a_panel_leads_to_its_trace()
    {
        Assert.Contains("--enable-feature=exemplar-storage", compose.Map("services").Map("prometheus").Texts("command"));
        var sources = Settings("grafana.yaml").List("datasources").ToDictionary(s => s.Text("uid"), StringComparer.Ordinal);
        Assert.Equal(("http://prometheus:9090", "http://jaeger:16686"), (sources["prometheus"].Text("url"), sources["jaeger"].Text("url")));
        var destination = sources["prometheus"].Map("jsonData").List("exemplarTraceIdDestinations").Single();
        // As OpenTelemetry's exporter for Prometheus names it.
        Assert.Equal(("trace_id", "jaeger"), (destination.Text("name"), destination.Text("datasourceUid")));
    }

    [Fact]
    public void Every_address_is_that_of_a_service()
    {
        var services = compose.Maps("services").Select(s => s.Key).ToHashSet(StringComparer.Ordinal);
        var files = Directory.GetFiles(Path.Combine(Repository.Root, "deploy", "compose")).Append(Path.Combine(Repository.Root, "deploy", "compose.yaml"));
        var hosts = files.SelectMany(f => Address().Matches(string.Join('\n', File.ReadAllLines(f).Where(l => !l.TrimStart().StartsWith('#'))))).Select(m => m.Groups["host"].Value).Distinct().ToList();
        Assert.All(hosts.Where(h => h is not ("0.0.0.0" or "127.0.0.1" or "localhost")), h => Assert.Contains(h, services));
        Assert.True(hosts.Count > 5);
    }

    [Fact]
    public void The_broker_is_the_one_that_the_tests_use()
    {
        var ci = Yaml.Map(File.ReadAllText(Path.Combine(Repository.Root, ".github", "workflows", "ci.yaml")));
        Assert.Equal(KafkaFixture.Image, compose.Map("services").Map("kafka").Text("image"));
        Assert.Equal(KafkaFixture.Image, ci.Map("jobs").Map("test").Map("services").Map("kafka").Text("image"));
    }

    [Fact]
    public void The_worker_is_given_the_time_that_it_may_take_to_stop() =>
        Assert.True(double.Parse(compose.Map("services").Map("worker").Text("stop_grace_period").TrimEnd('s'), System.Globalization.CultureInfo.InvariantCulture) > WorkerRules.ShutdownSeconds);

    private static Dictionary<object, object?> Settings(string name) => Yaml.Map(File.ReadAllText(Path.Combine(Repository.Root, "deploy", "compose", name)));

    private string Condition(string service, string of) => compose.Map("services").Map(service).Map("depends_on").Map(of).Text("condition");

    [GeneratedRegex("""(?<![\w/.-])(http://|PLAINTEXT://|\d@)?(?<host>[a-z][a-z-]+|\d+\.\d+\.\d+\.\d+):\d{4,5}""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Address();
}
