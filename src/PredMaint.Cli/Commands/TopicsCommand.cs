using System.CommandLine;
using PredMaint.Cli.Output;
using PredMaint.Worker.Brokers;
using PredMaint.Worker.Topics;

namespace PredMaint.Cli.Commands;

/// <summary><c>topics create</c>: makes what is missing, checks what exists.</summary>
internal static class TopicsCommand
{
    public static Command Create()
    {
        var configuration = new ConfigurationArguments();
        var partitions = new Option<int?>("--partitions") { Description = "Of new topics. Default: those of the readings topic, else 4." };
        var replication = new Option<short?>("--replication-factor") { Description = "Of new topics. Default: that of the readings topic, else the brokers'." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Makes nothing, says what it would make." };
        var json = new Option<bool>("--json") { Description = "The result as JSON." };
        partitions.Validators.Add(AtLeastOne);
        replication.Validators.Add(AtLeastOne);
        var create = new Command("create", "Makes the topics of a configuration that are missing, and checks those that exist.") { partitions, replication, dryRun, json };
        configuration.AddTo(create, required: true);
        create.SetAction((parsed, _) => CreateAsync(
            configuration, parsed, parsed.GetValue(partitions), parsed.GetValue(replication), parsed.GetValue(dryRun), parsed.GetValue(json)));
        return new Command("topics", "Makes and checks the Kafka topics.") { create };
    }

    private static void AtLeastOne(System.CommandLine.Parsing.OptionResult result)
    {
        if (result.Number<int>() is < 1 and var value) result.AddError($"{result.Option.Name}: is {value}, must be 1 or more");
    }

    private static async Task<int> CreateAsync(
        ConfigurationArguments configuration, ParseResult parsed, int? partitions, short? replication, bool dryRun, bool json)
    {
        var options = configuration.WithoutModels(parsed);
        using var admin = BrokerConnection.Connect(options.Kafka, TimeProvider.System, BrokerConnection.Limit);
        var used = TopicPlan.Used(options.Topics);
        var existing = await TopicAdmin.DescribeAsync(admin, options.Topics);
        var (missing, mistakes) = TopicPlan.ToCreate(options.Topics, existing, partitions, replication);
        // Half of the topics made beside wrong ones would only be more to take back.
        if (mistakes.Count == 0) mistakes = await TopicAdmin.CreateAsync(admin, missing, dryRun);
        if (json) Terminal.WriteJson(new { dryRun, created = mistakes.Count == 0 ? missing.Select(t => t.Name) : [], existing = existing.Keys, mistakes });
        if (mistakes.Count > 0) return Terminal.Mistakes(mistakes);
        if (json) return ExitCodes.Done;
        foreach (var (_, name) in used)
        {
            if (missing.FirstOrDefault(t => t.Name == name) is not { } topic) Console.Out.WriteLine($"{name} exists, {existing[name].Partitions} partitions");
            else Console.Out.WriteLine($"{name} {(dryRun ? "would be created" : "created")}, {topic.NumPartitions} partitions{(topic.Configs.Count > 0 ? $", {string.Join(' ', topic.Configs.Select(c => $"{c.Key}={c.Value}"))}" : "")}");
        }
        return ExitCodes.Done;
    }
}
