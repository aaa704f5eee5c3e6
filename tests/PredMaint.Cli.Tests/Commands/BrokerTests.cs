using System.Text;
using System.Text.Json.Nodes;
using PredMaint.Core.Alerts;
using PredMaint.Core.Readings;
using PredMaint.Testing;

namespace PredMaint.Cli.Tests.Commands;

/// <summary>The commands that speak to a broker, against a real one.</summary>
[Trait("needs", "kafka")]
public sealed class BrokerTests(KafkaFixture kafka)
{
    [Fact]
    public async Task Topics_are_made_once_and_checked_afterwards()
    {
        var broker = await kafka.RequireAsync();
        var group = KafkaBroker.UniqueName("cli");
        using var configuration = new ConfigurationFile(broker.Bootstrap, $"{group}-r", $"{group}-a", group);
        string[] create = ["topics", "create", "--config", configuration.File, "--json"];

        var (code, output, _) = await CommandLineTests.RunAsync([.. create, "--partitions", "3", "--dry-run"]);
        Assert.Equal((0, 5), (code, Count(output, "created")));
        (code, output, _) = await CommandLineTests.RunAsync([.. create, "--partitions", "3"]);
        Assert.Equal((0, 5), (code, Count(output, "created")));
        (code, output, _) = await CommandLineTests.RunAsync(create);
        Assert.Equal((0, 0, 5), (code, Count(output, "created"), Count(output, "existing")));
        (code, _, var errors) = await CommandLineTests.RunAsync([.. create, "--partitions", "4"]);
        Assert.Equal(2, code);
        Assert.Contains($"--partitions: is 4, but the readings topic {group}-r has 3", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Simulated_readings_are_readings_in_the_partitions_of_Java_and_the_same_for_the_same_seed()
    {
        var broker = await kafka.RequireAsync();
        var values = new List<string[]>();
        for (var run = 0; run < 2; run++)
        {
            var topic = await broker.NewTopicAsync("simulated", partitions: 3);
            var (code, output, _) = await CommandLineTests.RunAsync(
                "simulate", "--bootstrap", broker.Bootstrap, "--topic", topic, "--machines", "7", "--count", "3000", "--rate", "0", "--fault-share", "1", "--sensors", "a,b", "--seed", "5");
            var summary = JsonNode.Parse(output.Split('\n')[^1])!;
            Assert.Equal((0, 3000, 3000, 7), (code, (int)summary["sent"]!, (int)summary["delivered"]!, (int)summary["faulty"]!));
            var records = await broker.ReadCommittedAsync(topic);
            Assert.Equal(3000, records.Count);
            Assert.All(records, r => Assert.Equal(Murmur2.Partition(Encoding.UTF8.GetBytes(r.Message.Key!), 3), r.Partition.Value));
            Assert.All(records, r => Assert.Equal(r.Message.Key, (string?)JsonNode.Parse(r.Message.Value)!["machineId"]));
            foreach (var machine in records.GroupBy(r => r.Message.Key))
                Assert.Distinct(machine.Select(r => (string?)JsonNode.Parse(r.Message.Value)!["timestamp"]));
            values.Add([.. records.Select(r => JsonNode.Parse(r.Message.Value)!["values"]!.ToJsonString())]);
        }
        Assert.Equal(values[0], values[1]);
    }

    [Fact]
    public async Task Active_alerts_are_those_that_were_not_cleared()
    {
        var broker = await kafka.RequireAsync();
        var topic = await broker.NewTopicAsync("alerts", partitions: 2);
        await broker.ProduceAsync(topic,
        [
            ("line1-1", Alert("line1-1", AlertChange.Raised, Severity.Warning)), ("line1-1", Alert("line1-1", AlertChange.Changed, Severity.Critical)),
            ("line1-2", Alert("line1-2", AlertChange.Raised, Severity.Warning)), ("line1-2", Alert("line1-2", AlertChange.Cleared, Severity.Warning)),
            ("line2-1", Alert("line2-1", AlertChange.Raised, Severity.Info)), ("x", "not an alert"),
        ]);
        async Task<string[]> List(params string[] filter)
        {
            var (code, output, errors) = await CommandLineTests.RunAsync(["alerts", "list", "--bootstrap", broker.Bootstrap, "--topic", topic, .. filter]);
            Assert.Equal((0, $"1 records of {topic} are not alerts"), (code, errors));
            return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => $"{JsonNode.Parse(l)!["subject"]} {JsonNode.Parse(l)!["type"]}").Order(StringComparer.Ordinal)];
        }
        Assert.Equal(2, (await List()).Length);
        Assert.Single(await List("--severity", "warning"));
        Assert.Single(await List("--machine", "line2-*"));
        Assert.Equal(5, (await List("--all")).Length);
        Assert.Empty(await List("--kind", "quality", "--all"));
        Assert.Empty(await List("--since", "1h"));
    }

    [Fact]
    public async Task A_topic_that_is_not_there_is_a_mistake()
    {
        var broker = await kafka.RequireAsync();
        foreach (var command in new[] { "simulate", "alerts list", "alerts follow" })
        {
            var (code, _, errors) = await CommandLineTests.RunAsync([.. command.Split(' '), "--bootstrap", broker.Bootstrap, "--topic", "nowhere-at-all"]);
            Assert.Equal((2, "predmaint: the topic nowhere-at-all does not exist; predmaint topics create --config FILE makes it"), (code, errors));
        }
    }

    [Fact]
    public async Task A_refusal_names_the_setting_and_ends_with_2()
    {
        var broker = await kafka.RequireAsync();
        using var configuration = new ConfigurationFile(broker.Bootstrap, "r", "a");
        var (code, _, errors) = await CommandLineTests.RunAsync("alerts", "list", "--config", configuration.File,
            "--set", "kafka.security.protocol=sasl_plaintext", "--set", "kafka.sasl.mechanism=PLAIN", "--set", "kafka.sasl.username=u", "--set", "kafka.sasl.password=secret");
        Assert.Equal(2, code);
        Assert.Contains("kafka.security.protocol", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", errors, StringComparison.Ordinal);
    }

    private static int Count(string json, string list) => JsonNode.Parse(json)![list]!.AsArray().Count;

    private static string Alert(string machine, AlertChange change, Severity severity) => Encoding.UTF8.GetString(AlertJson.Write(new AlertEvent
    {
        MachineId = machine, Change = change, Model = new AlertModel("anomaly", "a", "1", new string('0', 64), RaiseAt: 0.8f, ClearAt: 0.7f), Severity = severity, Reason = "score", Active = change != AlertChange.Cleared,
        TimeUs = 1_700_000_000_000_000, OnsetUs = 1_700_000_000_000_000, Score = 0.9f,
        Topic = "r", Partition = 0, Offset = 0,
    }, "/predmaint/g"));
}
