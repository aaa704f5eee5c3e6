using PredMaint.Worker.Configuration;

namespace PredMaint.Worker.Tests.Configuration;

/// <summary>A folder with configuration files and whatever they refer to, gone after the test.</summary>
public sealed class ConfigurationFolder : IDisposable
{
    /// <summary>The four that must be given, and nothing else.</summary>
    public const string Minimal = """
        kafka:
          bootstrap.servers: localhost:9092
        topics:
          readings: readings
          alerts: alerts
        models:
          - file: m.onnx

        """;

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("predmaint-");

    public ConfigurationFolder() => Write("m.onnx", "");

    public string Path => folder.FullName;

    public void Dispose() => folder.Delete(recursive: true);

    public string Write(string name, string text)
    {
        var file = System.IO.Path.Combine(Path, name);
        File.WriteAllText(file, text);
        return file;
    }

    public WorkerOptions Load(string yaml, string[]? sets = null, Dictionary<string, string>? environment = null)
    {
        var (options, mistakes) = ConfigurationLoader.Load(Write("c.yaml", yaml), sets ?? [], environment ?? []);
        Assert.Empty(mistakes);
        return options!;
    }

    /// <summary>The mistakes, with the folder's own path taken out.</summary>
    public IReadOnlyList<string> Mistakes(string yaml, string[]? sets = null, Dictionary<string, string>? environment = null)
    {
        var (options, mistakes) = ConfigurationLoader.Load(Write("c.yaml", yaml), sets ?? [], environment ?? []);
        Assert.Null(options);
        return [.. mistakes.Select(m => m.Replace(Path + "/", "", StringComparison.Ordinal))];
    }
}
