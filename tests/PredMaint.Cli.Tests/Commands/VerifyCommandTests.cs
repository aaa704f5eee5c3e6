using System.Text.Json.Nodes;

namespace PredMaint.Cli.Tests.Commands;

/// <summary><c>models verify</c> tells an author what the model does with readings, and what is amiss.</summary>
public sealed class VerifyCommandTests : IDisposable
{
    private static readonly string[] Sensors = [.. Enumerable.Range(1, 14).Select(i => $"s{i}")];

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("predmaint-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task It_shows_inputs_states_outputs_and_speed()
    {
        var (code, report, _) = await VerifyAsync("stateful.onnx", Rows(machines: 3, steps: 40, Sensors));
        Assert.Equal((0, 120, 3), (code, (int)report["readings"]!, (int)report["machines"]!));
        Assert.Equal(Sensors, report["features"]!.AsArray().Select(f => (string)f!["name"]!));
        var first = report["features"]![0]!;
        Assert.Equal((120, 0, 0f, 39f), ((int)first["count"]!, (int)first["missing"]!, (float)first["min"]!, (float)first["max"]!));
        Assert.All(report["states"]!.AsArray(), s => Assert.True((float)s!["min"]! < (float)s["max"]!, $"{s}"));
        Assert.Contains("score", report["outputs"]!.AsArray().Select(o => (string)o!["name"]!));
        Assert.All(report["speed"]!.AsArray(), s => Assert.True((double)s!["cpuUs"]! > 0, $"{s}"));
        Assert.Empty(report["findings"]!.AsArray());
    }

    [Fact]
    public async Task It_names_features_that_no_reading_has()
    {
        var (code, report, _) = await VerifyAsync("stateful.onnx", Rows(machines: 1, steps: 40, Sensors[..13]));
        Assert.Equal(1, code);
        Assert.Contains("no reading has s14", Findings(report));
        Assert.Contains(Findings(report), f => f.StartsWith("nothing was scored", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_sample_too_short_to_score_is_told_apart_from_a_model_that_works()
    {
        var (code, report, _) = await VerifyAsync("win.onnx", Rows(machines: 2, steps: 3, Sensors));
        Assert.Equal((1, 0), (code, (int)report["scores"]!));
        Assert.Contains(Findings(report), f => f.StartsWith("nothing was scored: 6 readings of 2 machines", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_line_that_is_no_reading_is_named()
    {
        var (_, report, _) = await VerifyAsync("stateful.onnx", [.. Rows(machines: 1, steps: 40, Sensors), "m,never,1"]);
        Assert.Contains(Findings(report), f => f.Contains("sample.csv:42: timestamp", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_missing_sample_and_a_model_that_is_none_are_listed_together()
    {
        var (code, output, errors) = await CommandLineTests.RunAsync("models", "verify", "nowhere.onnx", "--input", "nothing.csv");
        Assert.Equal((2, ""), (code, output));
        Assert.Contains("predmaint: --input nothing.csv: no such file", errors, StringComparison.Ordinal);
        Assert.Contains("predmaint: nowhere.onnx: the model cannot be read", errors, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Findings(JsonNode report) => report["findings"]!.AsArray().Select(f => (string)f!);

    private async Task<(int Code, JsonNode Report, string Errors)> VerifyAsync(string model, IEnumerable<string> lines)
    {
        var sample = Path.Combine(folder.FullName, "sample.csv");
        await File.WriteAllLinesAsync(sample, lines, TestContext.Current.CancellationToken);
        var (code, output, errors) = await CommandLineTests.RunAsync("models", "verify", Path.Combine(AppContext.BaseDirectory, "Fixtures", model), "--input", sample, "--device", "cpu", "--json");
        return (code, JsonNode.Parse(output)!, errors);
    }

    /// <summary>Every sensor counts the steps.</summary>
    private static IEnumerable<string> Rows(int machines, int steps, string[] sensors) =>
        from step in Enumerable.Range(-1, steps + 1)
        from machine in Enumerable.Range(0, step < 0 ? 1 : machines)
        select step < 0 ? $"machineId,timestamp,{string.Join(',', sensors)}" : $"m{machine},{1_700_000_000_000 + 1000L * step},{string.Join(',', sensors.Select(_ => step))}";
}
