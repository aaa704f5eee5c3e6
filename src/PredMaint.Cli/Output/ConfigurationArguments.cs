using System.CommandLine;
using PredMaint.Core.Models;
using PredMaint.Worker.Configuration;

namespace PredMaint.Cli.Output;

/// <summary>The arguments <c>--config FILE --set path=value</c> and what they load.</summary>
internal sealed class ConfigurationArguments
{
    public Option<string> File { get; } = new("--config") { Description = "The configuration, YAML or JSON.", HelpName = "FILE" };

    public Option<string[]> Sets { get; } = NewSets();

    public static Option<string[]> NewSets() => new("--set")
    {
        Description = "Sets a key, over the environment and the file; may be repeated. What follows kafka. is one key.",
        HelpName = "path=value",
        Arity = ArgumentArity.OneOrMore,
        DefaultValueFactory = _ => [],
    };

    public void AddTo(Command command, bool required)
    {
        File.Required = required;
        command.Add(File);
        command.Add(Sets);
    }

    /// <summary>Everything, and the models loaded.</summary>
    /// <param name="say">Told which device serves which model.</param>
    public (WorkerOptions Options, ModelEntry[] Models) WithModels(ParseResult parsed, Action<string> say)
    {
        var (options, models, mistakes) = ConfigurationLoader.LoadWithModels(
            parsed.GetRequiredValue(File), parsed.GetRequiredValue(Sets), ConfigurationLoader.ProcessEnvironment(), say);
        return options is null || models is null ? throw new WrongConfigurationException(mistakes) : (options, models);
    }

    /// <summary>Kafka and topics; what the configuration says of models does not matter.</summary>
    public WorkerOptions WithoutModels(ParseResult parsed)
    {
        var (options, mistakes) = ConfigurationLoader.LoadWithoutModels(
            parsed.GetRequiredValue(File), parsed.GetRequiredValue(Sets), ConfigurationLoader.ProcessEnvironment());
        return options ?? throw new WrongConfigurationException(mistakes);
    }
}
