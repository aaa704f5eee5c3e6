using PredMaint.Core.Models;
using PredMaint.Training.Export;

namespace PredMaint.Onnx.Tests;

/// <summary>Model files of the tests: fixtures, and small graphs written to a directory of the test's own.</summary>
internal static class Models
{
    public static readonly DeviceOptions Cpu = new() { Device = Device.Cpu };

    private static readonly string Root = Directory.CreateTempSubdirectory("predmaint-onnx-").FullName;

    static Models() => AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(Root, recursive: true);

    public static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "Fixtures", name);

    public static OnnxModel Load(string file)
    {
        var mistakes = new List<string>();
        var model = OnnxModel.Load(file, Cpu, sha256: null, mistakes);
        Assert.Empty(mistakes);
        return Assert.IsType<OnnxModel>(model);
    }

    /// <summary>The mistakes of a file that must not load.</summary>
    public static IReadOnlyList<string> Refused(string file, string? sha256 = null)
    {
        var mistakes = new List<string>();
        Assert.Null(OnnxModel.Load(file, Cpu, sha256, mistakes));
        Assert.NotEmpty(mistakes);
        return mistakes;
    }

    /// <summary>The graph with its manifest inside, as a file in a directory of its own.</summary>
    public static string Write(OnnxGraph graph, string? manifest)
    {
        if (manifest is not null) graph.Metadata(ModelManifest.MetadataKey, manifest);
        return Write(graph.ToBytes());
    }

    public static string Write(byte[] bytes)
    {
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(Root, Guid.NewGuid().ToString("N"))).FullName, "model.onnx");
        File.WriteAllBytes(file, bytes);
        return file;
    }
}
