using System.CommandLine;
using PredMaint.Cli.Output;
using PredMaint.Core.Alerts;
using PredMaint.Core.Models;
using PredMaint.Core.Settings;
using PredMaint.Worker.Configuration;
using Spectre.Console;

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
            alert = Policy(m.Policy),
        }),
    };

    private static void Print(string file, WorkerOptions options, ModelEntry[] models)
    {
        var grid = new Grid().AddColumn().AddColumn();
        void Row(string key, string value) => grid.AddRow(new Text(key), Terminal.Cell(value));
        Row("group", options.Group);
        Row("instance", options.Instance);
        Row("kafka", string.Join(", ", options.Kafka.Keys.Order(StringComparer.Ordinal)));
        Row("topics", $"{options.Topics.Readings} -> {options.Topics.Alerts}; {options.Topics.State}, {options.Topics.Commands}, {options.Topics.DeadLetters}");
        Row("threads", $"{options.Threads}, batches of {options.BatchMax}");
        foreach (var m in models)
            Row("model", $"{m.Manifest.NameAndVersion} for {m.Machines} on {m.Model.Provider}: {Policy(m.Policy)}");
        Terminal.Out.Write(grid);
        Terminal.Out.Write(Terminal.Cell($"{file} is valid"));
        Terminal.Out.WriteLine();
    }

    private static string Policy(AlertPolicy p) =>
        $"{Fields.NameOf(p.Severity)} {(p.RaiseBelow ? "below" : "above")} {p.RaiseAt} after {p.RaiseAfter}, clears at {p.ClearAt} after {p.ClearAfter}";
}
