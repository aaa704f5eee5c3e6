using System.Text.Json.Nodes;
using PredMaint.Testing;

namespace PredMaint.Cli.Tests.Commands;

/// <summary>The program as a user and a script meet it, without a broker.</summary>
public sealed class CommandLineTests
{
    private const string Nobody = "127.0.0.1:1";

    [Theory]
    [InlineData("", "Required command was not provided.")]
    [InlineData("topic", "Unrecognized command or argument 'topic'.")]
    [InlineData("topics create", "Option '--config' is required.")]
    [InlineData("topics create --config x --partitions 0", "--partitions: is 0, must be 1 or more")]
    [InlineData("config check", "Required argument 'FILE' missing")]
    [InlineData("config check nowhere.yaml", "nowhere.yaml: cannot be read")]
    [InlineData("models inspect nowhere.onnx", "nowhere.onnx: the model cannot be read")]
    [InlineData("alerts list", "one of --config and --bootstrap is needed")]
    [InlineData("alerts list --bootstrap h:1", "--bootstrap needs --topic")]
    [InlineData("alerts follow --bootstrap h:1 --topic t --since soon", "--since: is soon")]
    [InlineData("simulate --bootstrap h:1 --topic t --fault-share 2", "--fault-share: is 2, must be 0 to 1")]
    [InlineData("simulate --bootstrap h:1 --topic t --sensors a,a", "--sensors: must be")]
    public async Task Wrong_usage_ends_with_2_and_says_what_is_wrong(string arguments, string mistake)
    {
        var (code, output, errors) = await RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((2, ""), (code, output));
        Assert.Contains($"predmaint: {mistake}", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("config check --help")]
    [InlineData("models inspect --help")]
    [InlineData("models verify --help")]
    [InlineData("topics create --help")]
    [InlineData("alerts list --help")]
    [InlineData("alerts follow --help")]
    [InlineData("simulate --help")]
    public async Task Help_is_everywhere(string arguments)
    {
        var (code, output, _) = await RunAsync(arguments.Split(' '));
        Assert.Equal(0, code);
        Assert.Contains("Usage:", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_configuration_is_checked_with_its_models()
    {
        using var folder = new ConfigurationFile(Nobody, "r", "a");
        var (code, output, errors) = await RunAsync("config", "check", folder.File);
        Assert.Equal((0, ""), (code, errors));
        Assert.Contains("window@1 for * on cpu: warning above 0.05 after 1/1", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mistakes_of_keys_properties_and_models_come_together()
    {
        using var folder = new ConfigurationFile(Nobody, "r", "a");
        var (code, output, errors) = await RunAsync("config", "check", folder.File, "--json", "--set", "threads=0", "--set", "kafka.foo=1", "--set", "models.0.alert.clearAt=9");
        var mistakes = JsonNode.Parse(output)!["mistakes"]!.AsArray();
        Assert.Equal((2, 3, 3), (code, mistakes.Count, errors.Split('\n').Length));
        foreach (var key in new[] { "threads", "kafka.foo", "models[0].alert.clearAt" }) Assert.Contains(mistakes, m => ((string)m!).Contains($"{key}: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_model_is_described_as_JSON()
    {
        var (code, output, _) = await RunAsync("models", "inspect", ConfigurationFile.Model, "--device", "cpu", "--json");
        var model = JsonNode.Parse(output)!;
        Assert.Equal((0, "window", "cpu", "[-1,-1,14]"), (code, (string)model["manifest"]!["name"]!, (string)model["provider"]!, model["inputs"]![0]!["shape"]!.ToJsonString()));
    }

    [Fact]
    public async Task A_broker_that_is_not_there_ends_with_1_within_bounds()
    {
        var (code, output, errors) = await RunAsync("alerts", "list", "--bootstrap", Nobody, "--topic", "t");
        Assert.Equal((1, ""), (code, output));
        Assert.StartsWith($"predmaint: kafka.bootstrap.servers: no broker of {Nobody} answers within 15 s", errors, StringComparison.Ordinal);
    }

    internal static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        await using var program = RunningProgram.Start("predmaint", arguments);
        var code = await program.ExitAsync();
        return (code, program.Output, program.Errors);
    }
}
