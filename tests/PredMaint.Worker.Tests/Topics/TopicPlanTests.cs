using Confluent.Kafka.Admin;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Topics;

namespace PredMaint.Worker.Tests.Topics;

public sealed class TopicPlanTests
{
    private static readonly TopicNames Names = new()
    {
        Readings = "r", Alerts = "a", State = "s", Commands = "c", DeadLetters = "d", Health = "h",
    };

    [Fact]
    public void A_worker_needs_all_its_topics_and_is_told_how_to_make_them() => Assert.Equal(
    [
        "topics.readings: r does not exist; predmaint topics create --config FILE makes it",
        "topics.deadLetters: d does not exist; predmaint topics create --config FILE makes it",
        "topics.commands: c does not exist; predmaint topics create --config FILE makes it",
    ], TopicPlan.CheckForRun(Names, Existing(("a", 4), ("s", 4))));

    [Fact]
    public void State_and_commands_must_have_as_many_partitions_as_the_readings()
    {
        Assert.Empty(TopicPlan.CheckForRun(Names, Existing(("r", 4), ("a", 1), ("d", 2), ("s", 4), ("c", 4))));
        Assert.Equal(
        [
            "topics.state: s has 3 partitions, the readings topic r has 4; they must have as many: `predmaint state repartition` moves the state to as many",
            "topics.commands: c has 8 partitions, the readings topic r has 4; they must have as many: a topic cannot shrink: delete c, and `predmaint topics create` makes it anew; commands that nobody has carried out are to be sent again",
        ], TopicPlan.CheckForRun(Names, Existing(("r", 4), ("a", 1), ("d", 2), ("s", 3), ("c", 8))));
    }

    [Theory]
    [InlineData("delete")]
    [InlineData("compact,delete")]
    public void The_state_topic_is_compacted_and_nothing_else(string policy)
    {
        var existing = Existing(("r", 4), ("a", 1), ("d", 2), ("s", 4), ("c", 4));
        existing["s"] = existing["s"] with { CleanupPolicy = policy };
        var mistake = Assert.Single(TopicPlan.CheckForRun(Names, existing));
        Assert.StartsWith($"topics.state: s has cleanup.policy={policy}, which loses machines", mistake, StringComparison.Ordinal);
        Assert.EndsWith("--entity-name s --add-config cleanup.policy=compact", mistake, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_brokers_do_not_allow_is_a_mistake_and_where_they_do_not_say_there_is_none()
    {
        var existing = Existing(("r", 4), ("a", 1), ("d", 2), ("s", 4), ("c", 4));
        existing["a"] = existing["a"] with { Allowed = [AclOperation.Describe] };
        existing["s"] = existing["s"] with { Allowed = [AclOperation.Describe, AclOperation.Read, AclOperation.DescribeConfigs] };
        existing["d"] = existing["d"] with { Allowed = [AclOperation.Write] };
        existing["c"] = existing["c"] with { Allowed = [] };
        var mistakes = TopicPlan.CheckForRun(Names, existing);
        Assert.Equal(["topics.alerts: the broker's access rules refuse Write on a", "topics.state: the broker's access rules refuse Write on s"], mistakes.Select(m => m[..m.IndexOf(" to kafka.", StringComparison.Ordinal)]));
    }

    [Theory]
    [InlineData(null, null, 4, -1)]
    [InlineData(12, 3, 12, 3)]
    public void New_topics_are_as_wished_and_only_the_state_is_compacted(int? partitions, int? replicas, int made, int madeReplicas)
    {
        var (missing, mistakes) = TopicPlan.ToCreate(Names, Existing(), partitions, (short?)replicas);
        Assert.Empty(mistakes);
        Assert.Equal(["r", "a", "d", "s", "c"], missing.Select(t => t.Name));
        Assert.All(missing, t => Assert.Equal((made, madeReplicas), (t.NumPartitions, t.ReplicationFactor)));
        Assert.Equal("compact", Assert.Single(missing, t => t.Configs.Count > 0).Configs["cleanup.policy"]);
    }

    [Fact]
    public void New_topics_take_after_the_readings_topic_that_exists()
    {
        var (missing, mistakes) = TopicPlan.ToCreate(Names, Existing(("r", 6), ("a", 1)), null, null);
        Assert.Empty(mistakes);
        Assert.Equal(["d", "s", "c"], missing.Select(t => t.Name));
        Assert.All(missing, t => Assert.Equal((6, (short)2), (t.NumPartitions, t.ReplicationFactor)));
        Assert.Single(TopicPlan.ToCreate(Names, Existing(("r", 6)), 8, null).Mistakes);
    }

    private static Dictionary<string, TopicFacts> Existing(params (string Name, int Partitions)[] topics) =>
        topics.ToDictionary(t => t.Name, t => new TopicFacts(t.Name, t.Partitions, 2, t.Name == "s" ? "compact" : "delete"), StringComparer.Ordinal);
}
