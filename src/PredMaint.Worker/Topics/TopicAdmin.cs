using Confluent.Kafka.Admin;
using PredMaint.Worker.Brokers;
using PredMaint.Worker.Configuration;

namespace PredMaint.Worker.Topics;

/// <summary>Asks the brokers for topics and has them made.</summary>
public static class TopicAdmin
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    /// <summary>Why <c>run</c> must not start; empty where it may.</summary>
    /// <exception cref="BrokerRefusedException">The brokers' access rules forbid to ask.</exception>
    /// <exception cref="KafkaException">The brokers do not answer; to be tried again.</exception>
    public static async Task<IReadOnlyList<string>> CheckAsync(IAdminClient admin, TopicNames topics) =>
        TopicPlan.CheckForRun(topics, await DescribeAsync(admin, topics));

    /// <summary>Those of the configuration's topics that exist, by name, the state topic with its cleanup policy.</summary>
    public static async Task<IReadOnlyDictionary<string, TopicFacts>> DescribeAsync(IAdminClient admin, TopicNames topics)
    {
        var existing = await DescribeAsync(admin, [.. TopicPlan.Used(topics).Select(t => ($"topics.{t.Key}", t.Name))]);
        if (existing.TryGetValue(topics.State, out var state) && state.Allows(AclOperation.DescribeConfigs))
            existing[state.Name] = state with { CleanupPolicy = await PolicyAsync(admin, state.Name) };
        return existing;
    }

    /// <summary>Those of the topics that exist, by name.</summary>
    /// <param name="topics">With the setting that names each.</param>
    public static async Task<Dictionary<string, TopicFacts>> DescribeAsync(IAdminClient admin, params IReadOnlyList<(string Setting, string Name)> topics)
    {
        var described = await DescribeTopicsAsync(admin, topics.Select(t => t.Name));
        var hidden = topics.Where(t => described.Exists(d => d.Name == t.Name && d.Error.Code == ErrorCode.TopicAuthorizationFailed)).Select(t => TopicPlan.Refusal(t.Setting, t.Name, TopicPlan.RightsOn(t.Setting))).ToList();
        if (hidden.Count > 0) throw new BrokerRefusedException(string.Join("; ", hidden));
        foreach (var topic in described)
            if (topic.Error.IsError && topic.Error.Code != ErrorCode.UnknownTopicOrPart) throw new KafkaException(topic.Error);
        return described.Where(t => !t.Error.IsError).ToDictionary(
            t => t.Name, t => new TopicFacts(t.Name, t.Partitions.Count, (short)t.Partitions[0].Replicas.Count) { Allowed = t.AuthorizedOperations }, StringComparer.Ordinal);
    }

    /// <summary>Makes the topics; one sentence for each that the brokers refuse.</summary>
    /// <param name="dryRun">Only asks whether they could be made.</param>
    public static async Task<IReadOnlyList<string>> CreateAsync(IAdminClient admin, IReadOnlyList<TopicSpecification> topics, bool dryRun)
    {
        if (topics.Count == 0) return [];
        try
        {
            await admin.CreateTopicsAsync(topics, new CreateTopicsOptions { OperationTimeout = Timeout, RequestTimeout = Timeout, ValidateOnly = dryRun });
            return [];
        }
        catch (CreateTopicsException e)
        {
            // Another one made it in the meantime: it is there, as wanted.
            return [.. e.Results.Where(r => r.Error.IsError && r.Error.Code != ErrorCode.TopicAlreadyExists)
                .Select(r => $"{r.Topic}: {BrokerErrors.Refused(r.Error) ?? r.Error.Reason}")];
        }
    }

    /// <summary>Gives a topic as many partitions, where it has fewer, and waits until each has a leader.</summary>
    /// <exception cref="KafkaException">The brokers refuse.</exception>
    public static async Task GrowAsync(IAdminClient admin, TopicFacts topic, int partitions)
    {
        if (topic.Partitions >= partitions) return;
        try
        {
            await admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = topic.Name, IncreaseTo = partitions }], new CreatePartitionsOptions { OperationTimeout = Timeout, RequestTimeout = Timeout });
        }
        catch (CreatePartitionsException e)
        {
            throw new KafkaException(e.Results[0].Error, e);
        }
        for (var begun = TimeProvider.System.GetTimestamp(); admin.GetMetadata(topic.Name, Timeout).Topics[0].Partitions.Count(p => p.Leader >= 0) < partitions;)
        {
            if (TimeProvider.System.GetElapsedTime(begun) > Timeout) throw new KafkaException(new Error(ErrorCode.Local_TimedOut, $"the new partitions of {topic.Name} have no leaders"));
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }
    }

    private static async Task<List<TopicDescription>> DescribeTopicsAsync(IAdminClient admin, IEnumerable<string> names)
    {
        try
        {
            var result = await admin.DescribeTopicsAsync(TopicCollection.OfTopicNames(names), new DescribeTopicsOptions { RequestTimeout = Timeout, IncludeAuthorizedOperations = true });
            return result.TopicDescriptions;
        }
        catch (DescribeTopicsException e)
        {
            return e.Results.TopicDescriptions;
        }
    }

    private static async Task<string> PolicyAsync(IAdminClient admin, string topic)
    {
        try
        {
            var configs = await admin.DescribeConfigsAsync([new ConfigResource { Type = ResourceType.Topic, Name = topic }], new DescribeConfigsOptions { RequestTimeout = Timeout });
            return configs[0].Entries["cleanup.policy"].Value;
        }
        catch (DescribeConfigsException e)
        {
            var error = e.Results[0].Error;
            throw BrokerErrors.Refused(error) is { } refusal ? new BrokerRefusedException(refusal) : new KafkaException(error);
        }
    }
}
