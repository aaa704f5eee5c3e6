using System.Diagnostics;
using System.Text.Json.Nodes;
using PredMaint.Testing;

namespace PredMaint.Cli.Tests.Commands;

/// <summary>docs/your-model.md: its script for PyTorch, run as it stands, makes models that serve.</summary>
public sealed class YourModelTests : IDisposable
{
    private const string Python = "/usr/bin/python3";

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("predmaint-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task The_script_for_PyTorch_exports_models_that_serve_in_both_modes_and_agree()
    {
        Assert.SkipUnless(File.Exists(Python) && await PythonAsync("-c", "import torch") == 0, "needs PyTorch (Debian's python3-torch)");
        var document = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "your-model.md"), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "forecast.py"), document.Split("```python\n")[1].Split("```")[0], TestContext.Current.CancellationToken);
        var random = new Random(1);
        var sample = Path.Combine(folder.FullName, "normal.csv");
        await File.WriteAllLinesAsync(sample, Enumerable.Range(0, 300).Select(i => $"m{i % 3},{1_700_000_000_000 + 1000L * (i / 3)},{Math.Sin(i / 20.0) + random.NextDouble():F3},{500 + random.NextDouble():F3}").Prepend("machineId,timestamp,a,b"), TestContext.Current.CancellationToken);
        Assert.Equal(0, await PythonAsync("forecast.py", "normal.csv"));
        var stateful = await VerifyAsync("stateful.onnx", sample);
        var window = await VerifyAsync("window.onnx", sample);
        foreach (var report in new[] { stateful, window })
        {
            Assert.Empty(report["findings"]!.AsArray());
            // One spread off on average, if the forecast is honest.
            Assert.InRange((float)report["outputs"]!.AsArray().Single(o => (string)o!["name"]! == "score")!["mean"]!, 0.5f, 1.5f);
        }
        Assert.Equal((int)stateful["scores"]!, (int)window["scores"]!);
    }

    private async Task<int> PythonAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Python, arguments) { UseShellExecute = false, WorkingDirectory = folder.FullName, RedirectStandardOutput = true, RedirectStandardError = true })!;
        await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode;
    }

    private async Task<JsonNode> VerifyAsync(string model, string sample)
    {
        var (code, output, errors) = await CommandLineTests.RunAsync("models", "verify", Path.Combine(folder.FullName, model), "--input", sample, "--device", "cpu", "--json");
        Assert.True(code == 0, errors);
        return JsonNode.Parse(output)!;
    }
}
