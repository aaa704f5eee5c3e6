using System.CommandLine;
using PredMaint.Worker.Brokers;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Topics;

namespace PredMaint.Cli.Output;

/// <summary>How to reach one topic: from the configuration, or by <c>--bootstrap</c> and <c>--topic</c>.</summary>
internal sealed class TopicArguments
{
    private readonly ConfigurationArguments configuration = new();
    private readonly Option<string> bootstrap = new("--bootstrap") { Description = "Instead of --config: brokers without security.", HelpName = "host:port" };
    private readonly Option<string> topic;
    private readonly Func<TopicNames, string> fromConfiguration;

    public TopicArguments(string description, Func<TopicNames, string> fromConfiguration)
    {
        topic = new Option<string>("--topic") { Description = description, HelpName = "TOPIC" };
        this.fromConfiguration = fromConfiguration;
    }

    public void AddTo(Command command)
    {
        configuration.AddTo(command, required: false);
        command.Add(bootstrap);
        command.Add(topic);
        command.Validators.Add(result =>
        {
            var (file, servers) = (result.GetValue(configuration.File), result.GetValue(bootstrap));
            if (file is null == servers is null) result.AddError(file is null ? "one of --config and --bootstrap is needed" : "--config and --bootstrap: one of them, not both");
            else if (servers is not null && result.GetValue(topic) is null) result.AddError("--bootstrap needs --topic");
        });
    }

    public (IReadOnlyDictionary<string, string> Kafka, string Topic) Read(ParseResult parsed)
    {
        if (parsed.GetValue(bootstrap) is { } servers)
            return (new Dictionary<string, string>(StringComparer.Ordinal) { ["bootstrap.servers"] = servers }, parsed.GetRequiredValue(topic));
        var options = configuration.WithoutModels(parsed);
        return (options.Kafka, parsed.GetValue(topic) ?? fromConfiguration(options.Topics));
    }

    /// <summary>How many partitions the topic has.</summary>
    /// <exception cref="WrongConfigurationException">It does not exist.</exception>
    public static async Task<int> PartitionsAsync(IReadOnlyDictionary<string, string> kafka, string topic)
    {
        using var admin = BrokerConnection.Connect(kafka, TimeProvider.System, BrokerConnection.Limit);
        var found = await TopicAdmin.DescribeAsync(admin, ("topic", topic));
        return found.TryGetValue(topic, out var facts) ? facts.Partitions
            : throw new WrongConfigurationException([$"the topic {topic} does not exist; {TopicPlan.CreateCommand} makes it"]);
    }
}
