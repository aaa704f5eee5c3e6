using PredMaint.Testing;

namespace PredMaint.Deploy.Tests.Manifests;

/// <summary>The overlay of one's own that deploy/README.md shows, made and rendered.</summary>
public sealed class OwnOverlayTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("predmaint-overlay-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task The_overlay_of_the_guide_holds_every_rule_and_brings_its_configuration()
    {
        var block = File.ReadAllText(Path.Combine(Repository.Root, "deploy", "README.md")).Split("```yaml\n").Single(b => b.Contains("kind: Kustomization", StringComparison.Ordinal)).Split("```")[0];
        await using (var copy = RunningProgram.StartFile("cp", folder.FullName, new Dictionary<string, string?>(StringComparer.Ordinal), "-R", Path.Combine(Repository.Root, "k8s"), folder.FullName))
            Assert.Equal(0, await copy.ExitAsync());
        var own = Directory.CreateDirectory(Path.Combine(folder.FullName, "k8s", "overlays", "own")).FullName;
        await File.WriteAllTextAsync(Path.Combine(own, "kustomization.yaml"), block);
        await File.WriteAllTextAsync(Path.Combine(own, "worker.yaml"), "group: mine\n");
        var rendered = Rendered.Of(own);
        Assert.Equal("group: mine\n", rendered.WorkerYaml);
        Assert.Empty(WorkerRules.Breaches(rendered));
        Assert.Single(rendered.All<ServiceMonitor>());
    }
}
