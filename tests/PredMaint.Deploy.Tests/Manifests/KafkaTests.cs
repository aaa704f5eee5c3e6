using System.Text.Json;
using PredMaint.Testing;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Topics;

namespace PredMaint.Deploy.Tests.Manifests;

/// <summary>What the overlays say to Kafka's operator is what the product's own code says.</summary>
public sealed class KafkaTests
{
    private static readonly TopicNames Topics = new()
    {
        Readings = "readings", Alerts = "alerts", State = "predmaint-state", Commands = "predmaint-commands",
        DeadLetters = "predmaint-dead-letters", Health = "predmaint-health",
    };

    /// <summary>docs/acls.json, with the configuration's keys in braces.</summary>
    private static readonly IReadOnlyList<KafkaAcl> Rules =
        JsonSerializer.Deserialize<List<KafkaAcl>>(File.ReadAllText(Path.Combine(Repository.Root, "docs", "acls.json")), JsonSerializerOptions.Web)!;

    private static readonly IReadOnlyList<KafkaAcl> Least =
    [
        .. from rule in Rules
           let name = TopicPlan.Used(Topics).Aggregate(rule.Resource.Name, (n, t) => n.Replace($"{{topics.{t.Key}}}", t.Name, StringComparison.Ordinal)).Replace("{group}", "predmaint", StringComparison.Ordinal)
           select rule with { Resource = rule.Resource with { Name = name } },
    ];

    private readonly Rendered rendered = Rendered.Of("k8s/overlays/production");

    [Fact]
    public void The_topics_are_those_that_topics_create_makes()
    {
        var topics = rendered.All<KafkaTopic>().ToList();
        var (plan, mistakes) = TopicPlan.ToCreate(Topics, new Dictionary<string, TopicFacts>(StringComparer.Ordinal), partitions: 12, replicationFactor: null);
        Assert.Empty(mistakes);
        Assert.Equal(
            plan.Select(t => Line(t.Name, t.NumPartitions, t.Configs)).Order(StringComparer.Ordinal),
            topics.Select(t => Line(t.Metadata.Name, t.Spec.Partitions, t.Spec.Config)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_worker_has_the_rights_that_it_needs_and_no_other()
    {
        var user = rendered.One<KafkaUser>();
        Assert.Equal(("tls", "simple"), (user.Spec.Authentication.Type, user.Spec.Authorization.Type));
        Assert.Equal(Least.SelectMany(a => a.Rights).Order(StringComparer.Ordinal), user.Spec.Authorization.Acls.SelectMany(a => a.Rights).Order(StringComparer.Ordinal));
    }

    /// <summary>What <c>run</c> asks the brokers for at its start.</summary>
    [Fact]
    public void The_worker_asks_for_the_rights_on_topics_that_it_needs() => Assert.Equal(
        Least.Where(a => a.Resource.Type == "topic").SelectMany(a => a.Rights).Order(StringComparer.Ordinal),
        TopicPlan.Used(Topics).SelectMany(t => TopicPlan.RightsOn($"topics.{t.Key}").Select(r => $"topic {t.Name} {r}")).Order(StringComparer.Ordinal));

    [Fact]
    public void Users_and_topics_are_of_the_cluster_whose_address_and_certificate_the_worker_has()
    {
        var pod = rendered.Worker.Spec;
        var cluster = Assert.Single(rendered.All<KafkaTopic>().Select(t => t.Metadata).Concat(rendered.All<KafkaUser>().Select(u => u.Metadata)).Select(m => m.Labels["strimzi.io/cluster"]).Distinct());
        Assert.Equal($"{cluster}-kafka-bootstrap:9093", pod.Containers[0].Env.Single(e => e.Name == "PREDMAINT__KAFKA__BOOTSTRAP_SERVERS").Value);
        Assert.Equal([$"{cluster}-cluster-ca-cert", rendered.One<KafkaUser>().Metadata.Name], pod.Volumes.Where(v => v.Secret is not null).Select(v => v.Secret.SecretName).Order(StringComparer.Ordinal));
    }

    private static string Line(string name, int partitions, IEnumerable<KeyValuePair<string, string>> config) =>
        $"{name} {partitions} {string.Join(' ', config.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"{c.Key}={c.Value}"))}";
}
