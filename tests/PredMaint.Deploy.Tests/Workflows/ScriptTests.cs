using PredMaint.Deploy.Tests.Manifests;
using PredMaint.Testing;

namespace PredMaint.Deploy.Tests.Workflows;

/// <summary>What the workflows run, run here.</summary>
public sealed class ScriptTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("predmaint-scripts-");

    private string Production => PathOf("k8s/overlays/production/kustomization.yaml");

    public void Dispose() => folder.Delete(recursive: true);

    /// <summary>Twice, as releases do.</summary>
    [Theory]
    [InlineData(false, "predmaint")]
    [InlineData(true, "predmaint-cuda")]
    public async Task A_release_deploys_its_images_by_digest(bool isGpu, string image)
    {
        await CopyAsync("k8s", ".github");
        foreach (var version in (string[])["7.0.0", "7.0.1"])
            foreach (var name in (string[])["predmaint", "predmaint-cuda"])
                Assert.Equal((0, ""), await RunAsync(PathOf(".github/bump"), name, version, Digest(name, version)));
        if (isGpu) File.WriteAllText(Production, File.ReadAllText(Production).Replace("components:\n", "components:\n  - ../../components/gpu\n", StringComparison.Ordinal));
        var rendered = Rendered.Of(Path.GetDirectoryName(Production)!);
        Assert.Equal($"ghcr.io/predmaint/{image}:7.0.1@{Digest(image, "7.0.1")}", rendered.Worker.Spec.Containers[0].Image);
        Assert.Empty(WorkerRules.Breaches(rendered));
    }

    [Fact]
    public async Task An_image_that_nothing_deploys_is_told_and_nothing_changes()
    {
        await CopyAsync("k8s", ".github");
        var before = File.ReadAllText(Production);
        var (code, said) = await RunAsync(PathOf(".github/bump"), "maint", "7.0.0", "sha256:0");
        Assert.Equal((1, "bump: no image /maint"), (code, said));
        Assert.Equal(before, File.ReadAllText(Production));
    }

    [Theory]
    [InlineData("""{"window": [1.02], "stateful": [1.5, 1.1, 1.12]}""", 0, "")]
    [InlineData("""{"window": [1.02], "stateful": [1.16, 1.17, 1]}""", 5, "more than 1.05 times the base's")]
    [InlineData("""{"window": [1.02]}""", 5, "not measured in both")]
    [InlineData("""{"window": [1.02], "stateful": [1.1], "other": [1]}""", 5, "not measured in both")]
    public async Task Ratios_are_compared_by_name_whatever_their_order(string change, int code, string complaint)
    {
        Tool.Require("jq", "jq");
        const string Base = """{"stateful": [1.1, 9, 1], "window": [1]}""";
        foreach (var (file, modes) in new[] { ("base", Base), ("change", change) })
            File.WriteAllText(PathOf(file), System.Text.Json.JsonSerializer.Serialize(new
            {
                modes = System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, double[]>>(modes)!
                    .Select(m => new { mode = new { name = m.Key }, pairs = m.Value.Select(v => new { toFloor = v }) }),
            }));
        var (ended, said) = await RunAsync(Path.Combine(Repository.Root, ".github", "compare-ratios"), PathOf("base"), PathOf("change"));
        Assert.Equal(code, ended);
        Assert.Contains("| window | 1 | 1.02 | 1.02 |", said, StringComparison.Ordinal);
        Assert.Contains(complaint, said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SKAB is not here: it is GPL", 0, "1 SKAB is not here: it is GPL")]
    [InlineData("needs kubectl 1.27 or later", 1, "1 needs kubectl 1.27 or later\nsomething is missing here")]
    public async Task What_was_skipped_is_told_and_what_should_not_have_been_fails(string reason, int code, string said)
    {
        // As the tests' own runner writes them.
        File.WriteAllText(PathOf("a.trx"), $"""<UnitTestResult testName="a" outcome="NotExecuted" duration="0"><Output><StdOut>{reason}</StdOut></Output></UnitTestResult><UnitTestResult testName="b" outcome="Passed" />""");
        var (ended, output) = await RunAsync(Path.Combine(Repository.Root, ".github", "skipped"), folder.FullName);
        Assert.Equal((code, said), (ended, output.Trim()));
    }

    private static string Digest(string image, string version) => $"sha256:{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(image + version)))}";

    private string PathOf(string name) => Path.Combine(folder.FullName, name);

    private async Task CopyAsync(params string[] folders) =>
        Assert.Equal((0, ""), await RunAsync("cp", ["-R", .. folders.Select(f => Path.Combine(Repository.Root, f)), folder.FullName]));

    private async Task<(int Code, string Said)> RunAsync(string file, params string[] arguments)
    {
        await using var program = RunningProgram.StartFile(file, folder.FullName, new Dictionary<string, string?>(StringComparer.Ordinal), arguments);
        var code = await program.ExitAsync();
        return (code, program.Output + program.Errors);
    }
}
