using System.CommandLine;
using PredMaint.Cli.Output;
using PredMaint.Core.Alerts;
using PredMaint.Core.Models;
using PredMaint.Core.Settings;
using PredMaint.Worker.Configuration;

namespace PredMaint.Cli.Commands;

/// <summary><c>config check FILE</c>: everything that can be known without a broker.</summary>
internal static class ConfigCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "The configuration, YAML or JSON." };
        var sets = ConfigurationArguments.NewSets();
        var json = new Option<bool>("--json") { Description = "The summary as JSON." };
        var check = new Command("check", "Checks a configuration, its models and the Kafka client's properties, without a broker.") { file, sets, json };
        check.SetAction(parsed => Check(parsed.GetRequiredValue(file), parsed.GetRequiredValue(sets), parsed.GetValue(json)));
        return new Command("config", "Looks into configurations.") { check };
    }

    private static int Check(string file, string[] sets, bool json)
    {
        var (options, models, mistakes) = ConfigurationLoader.LoadWithModels(file, sets, ConfigurationLoader.ProcessEnvironment(), Say);
        if (json) Terminal.WriteJson(new { file, valid = options is not null, mistakes, configuration = Summary(options, models) });
        if (options is null || models is null) return Terminal.Mistakes(mistakes);
        if (!json) Print(file, options, models);
        foreach (var entry in models) entry.Model.Dispose();
        return ExitCodes.Done;
    }

    /// <summary>The summary names each model's device itself.</summary>
    private static void Say(string message)
    {
        if (!message.StartsWith("models[", StringComparison.Ordinal)) Terminal.Note(message);
    }

    private static object? Summary(WorkerOptions? options, ModelEntry[]? models) => options is null || models is null ? null : new
    {
        options.Group,
        options.Instance,
        options.Topics,
        options.Threads,
        kafka = options.Kafka.Keys.Order(StringComparer.Ordinal),
        models = models.Select(m => new
        {
            m.Manifest.Name,
            m.Manifest.Version,
            m.Machines,
            m.Model.Provider,
            m.Model.Sha256,
            m.Replaces,
            alert = Policy(m.Policy),
        }),
    };

    private static void Print(string file, WorkerOptions options, ModelEntry[] models)
    {
        var topics = options.Topics;
        Terminal.Rows(
        [
            ("group", options.Group),
            ("instance", options.Instance),
            ("kafka", string.Join(", ", options.Kafka.Keys.Order(StringComparer.Ordinal))),
            ("topics", $"{topics.Readings} -> {topics.Alerts}; {topics.State}, {topics.Commands}, {topics.DeadLetters}"),
            ("threads", $"{options.Threads}, batches of {options.BatchMax}"),
            .. models.Select(m => ("model", $"{m.Manifest.NameAndVersion} for {m.Machines} on {m.Model.Provider}{(m.Replaces.Length > 0 ? $", replaces {m.Replaces}" : "")}: {Policy(m.Policy)}")),
        ]);
        Console.Out.WriteLine($"{Terminal.Plain(file)} is valid");
    }

    private static string Policy(AlertPolicy p)
    {
        var beyond = p.RaiseBelow ? "below" : "above";
        var levels = string.Concat(p.Levels.Select(l => $", {Fields.NameOf(l.Severity)} {beyond} {l.At}"));
        return $"{Fields.NameOf(p.Severity)} {beyond} {p.RaiseAt}{levels} after {p.RaiseAfter}, clears at {p.ClearAt} after {p.ClearAfter}";
    }
}
