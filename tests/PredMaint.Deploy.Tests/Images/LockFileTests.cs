using System.Text.Json;
using PredMaint.Testing;

namespace PredMaint.Deploy.Tests.Images;

public sealed class LockFileTests
{
    /// <summary>ONNX Runtime, whose CUDA package has a version of its own, and what it depends on.</summary>
    private static readonly string[] OfOnnxRuntime = ["Microsoft.ML.OnnxRuntime", "System.Numerics.Tensors"];

    public static TheoryData<string> Projects => ["PredMaint.Core", "PredMaint.Onnx", "PredMaint.Worker", "PredMaint.Cli"];

    /// <summary>The image on GPUs is built from lock files of its own, which no other build refreshes.</summary>
    [Theory]
    [MemberData(nameof(Projects))]
    public void Both_images_have_the_same_packages_but_for_onnx_runtime(string project)
    {
        var (cpu, gpu) = (Packages(project, "packages.lock.json"), Packages(project, "packages.gpu.lock.json"));
        Assert.True(cpu.SequenceEqual(gpu, StringComparer.Ordinal),
            $"packages.gpu.lock.json of {project} differs in {string.Join(", ", cpu.Except(gpu).Concat(gpu.Except(cpu)))}; dotnet restore src/PredMaint.Cli -p:OnnxRuntime=Gpu --force-evaluate mends it");
    }

    private static List<string> Packages(string project, string file)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "src", project, file)));
        return [.. from target in json.RootElement.GetProperty("dependencies").EnumerateObject()
                   from package in target.Value.EnumerateObject()
                   where !OfOnnxRuntime.Any(o => package.Name.StartsWith(o, StringComparison.Ordinal))
                   let version = package.Value.TryGetProperty("resolved", out var resolved) ? resolved.GetString() : "project"
                   orderby target.Name, package.Name
                   select $"{target.Name} {package.Name} {version}"];
    }
}
