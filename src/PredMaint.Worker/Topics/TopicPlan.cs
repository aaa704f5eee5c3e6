using Confluent.Kafka.Admin;
using PredMaint.Worker.Configuration;

namespace PredMaint.Worker.Topics;

/// <summary>
/// What the topics of a configuration must be (contracts.md, "Topics"), against what they are. Pure: <see cref="TopicAdmin"/>
/// asks the brokers.
/// </summary>
public static class TopicPlan
{
    public const string CreateCommand = "predmaint topics create --config FILE";

    private const int DefaultPartitions = 4;

    /// <summary>"The brokers' own".</summary>
    private const short DefaultReplicationFactor = -1;

    /// <summary>Without these the active segment, up to a gigabyte, is never compacted, and a restore reads all of it.</summary>
    private static readonly Dictionary<string, string> StateConfig = new(StringComparer.Ordinal)
    {
        ["cleanup.policy"] = "compact",
        ["segment.bytes"] = "67108864",
        ["min.cleanable.dirty.ratio"] = "0.1",
        ["max.compaction.lag.ms"] = "300000",
    };

    /// <summary>The topics that a worker uses, by their key. Health is reserved and not made.</summary>
    public static IReadOnlyList<(string Key, string Name)> Used(TopicNames topics) =>
    [
        ("readings", topics.Readings), ("alerts", topics.Alerts), ("deadLetters", topics.DeadLetters),
        ("state", topics.State), ("commands", topics.Commands),
    ];

    /// <summary>What a worker does with each (docs/acls.json has the rest); Kafka adds the right to describe it.</summary>
    private static readonly Dictionary<string, AclOperation[]> Rights = new(StringComparer.Ordinal)
    {
        ["topics.readings"] = [AclOperation.Read],
        ["topics.alerts"] = [AclOperation.Write],
        ["topics.deadLetters"] = [AclOperation.Write],
        ["topics.state"] = [AclOperation.Read, AclOperation.Write, AclOperation.DescribeConfigs],
        ["topics.commands"] = [AclOperation.Read],
    };

    /// <summary>Of the topic that a setting names.</summary>
    public static IReadOnlyList<AclOperation> RightsOn(string setting) => Rights.GetValueOrDefault(setting) ?? [AclOperation.Describe];

    /// <summary>That the brokers do not allow it.</summary>
    public static string Refusal(string setting, string topic, params IEnumerable<AclOperation> operations) =>
        $"{setting}: the broker's access rules refuse {string.Join(", ", operations)} on {topic} to kafka.sasl.username, or to whom kafka.ssl.certificate.location names";

    /// <summary>Why <c>run</c> must not start; empty where it may.</summary>
    public static IReadOnlyList<string> CheckForRun(TopicNames topics, IReadOnlyDictionary<string, TopicFacts> existing)
    {
        return
        [
            .. Used(topics).Where(t => !existing.ContainsKey(t.Name)).Select(t => $"topics.{t.Key}: {t.Name} does not exist; {CreateCommand} makes it"),
            .. CheckExisting(topics, existing),
            .. from topic in Used(topics)
               where existing.ContainsKey(topic.Name)
               let missing = RightsOn($"topics.{topic.Key}").Where(r => !existing[topic.Name].Allows(r)).ToList()
               where missing.Count > 0
               select Refusal($"topics.{topic.Key}", topic.Name, missing),
        ];
    }

    /// <summary>What is missing, as it is to be made, and what is wrong with what exists or with the wishes.</summary>
    /// <param name="partitions">Of the new topics; null: those of the readings topic, else 4.</param>
    /// <param name="replicationFactor">Null: that of the readings topic, else the brokers' default.</param>
    public static (IReadOnlyList<TopicSpecification> Missing, IReadOnlyList<string> Mistakes) ToCreate(
        TopicNames topics, IReadOnlyDictionary<string, TopicFacts> existing, int? partitions, short? replicationFactor)
    {
        var mistakes = CheckExisting(topics, existing);
        var readings = existing.GetValueOrDefault(topics.Readings);
        if (readings is not null && partitions is { } wish && wish != readings.Partitions)
            mistakes.Add($"--partitions: is {wish}, but the readings topic {readings.Name} has {readings.Partitions}, and state and commands must have as many");
        var missing = Used(topics).Where(t => !existing.ContainsKey(t.Name)).Select(t => new TopicSpecification
        {
            Name = t.Name,
            NumPartitions = partitions ?? readings?.Partitions ?? DefaultPartitions,
            ReplicationFactor = replicationFactor ?? readings?.ReplicationFactor ?? DefaultReplicationFactor,
            Configs = t.Key == "state" ? StateConfig : [],
        });
        return ([.. missing], mistakes);
    }

    private static List<string> CheckExisting(TopicNames topics, IReadOnlyDictionary<string, TopicFacts> existing)
    {
        var mistakes = new List<string>();
        if (existing.GetValueOrDefault(topics.Readings) is { } readings)
            foreach (var (key, name) in new[] { ("state", topics.State), ("commands", topics.Commands) })
                if (existing.GetValueOrDefault(name) is { } other && other.Partitions != readings.Partitions)
                    mistakes.Add($"topics.{key}: {name} has {other.Partitions} partitions, the readings topic {readings.Name} has {readings.Partitions}; they must have as many: {Cure(topics, name, other.Partitions, readings.Partitions)}");
        if (existing.GetValueOrDefault(topics.State) is { CleanupPolicy: not (null or "compact") } state)
            mistakes.Add($"topics.state: {state.Name} has cleanup.policy={state.CleanupPolicy}, which loses machines; it must be compact alone: " +
                $"kafka-configs.sh --bootstrap-server HOST:PORT --alter --entity-type topics --entity-name {state.Name} --add-config cleanup.policy=compact");
        return mistakes;
    }

    /// <summary>What to do where a topic has not as many partitions as the readings.</summary>
    public static string Cure(TopicNames topics, string name, int partitions, int ofReadings)
    {
        if (partitions < ofReadings) return "`predmaint state repartition` moves the state to as many";
        return name == topics.Commands
            ? $"a topic cannot shrink: delete {name}, and `predmaint topics create` makes it anew; commands that nobody has carried out are to be sent again"
            : $"a topic cannot shrink: give {topics.Readings} as many, then `predmaint state repartition`";
    }
}

/// <summary>A topic as the brokers have it.</summary>
/// <param name="CleanupPolicy">delete, compact, or both with a comma; null where it was not asked for.</param>
public sealed record TopicFacts(string Name, int Partitions, short ReplicationFactor, string? CleanupPolicy = null)
{
    /// <summary>What the brokers let us do with it; null or nothing where they do not say.</summary>
    public IReadOnlyCollection<AclOperation>? Allowed { get; init; }

    public bool Allows(AclOperation operation) => Allowed is null or { Count: 0 } || Allowed.Contains(operation);
}
