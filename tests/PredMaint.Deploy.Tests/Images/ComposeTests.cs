using PredMaint.Deploy.Tests.Manifests;
using PredMaint.Deploy.Tests.Workflows;
using PredMaint.Testing;

namespace PredMaint.Deploy.Tests.Images;

/// <summary><c>deploy/compose.yaml</c>, read and not run: what it names exists, and the worker runs as it does in a cluster.</summary>
public sealed class ComposeTests
{
    private static readonly string[] Ours = ["topics", "worker", "simulator"];

    /// <summary>Made by others of the repository, and where it is absent by Docker.</summary>
    private const string Dashboards = "../k8s/components/monitoring/dashboards";

    private readonly Dictionary<object, object?> compose = Yaml.Map(File.ReadAllText(Path.Combine(Repository.Root, "deploy", "compose.yaml")));

    [Fact]
    public void It_has_the_worker_and_what_an_operator_looks_at() => Assert.Equal(
        ["grafana", "kafka", "otel-collector", "prometheus", "simulator", "topics", "worker"], compose.Maps("services").Select(s => s.Key).Order(StringComparer.Ordinal));

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
        var scrape = Yaml.Map(File.ReadAllText(Path.Combine(Repository.Root, "deploy", "compose", "prometheus.yaml"))).List("scrape_configs").Single();
        Assert.Equal(["worker:9464"], scrape.List("static_configs").Single().Texts("targets"));
        Assert.Equal(["9464"], Dockerfile.Of("Dockerfile").All("EXPOSE"));
        Assert.Equal("*:9464", Yaml.Map(File.ReadAllText(Path.Combine(Repository.Root, "deploy", "compose", "worker.yaml"))).Map("telemetry").Text("listen"));
    }

    [Fact]
    public void The_broker_is_the_one_that_the_tests_use() =>
        Assert.Equal(
            Yaml.Map(File.ReadAllText(Path.Combine(Repository.Root, ".github", "workflows", "ci.yaml"))).Map("jobs").Map("test").Map("services").Map("kafka").Text("image"),
            compose.Map("services").Map("kafka").Text("image"));

    private string Condition(string service, string of) => compose.Map("services").Map(service).Map("depends_on").Map(of).Text("condition");
}
