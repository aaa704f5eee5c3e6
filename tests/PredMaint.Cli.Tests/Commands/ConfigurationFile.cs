namespace PredMaint.Cli.Tests.Commands;

/// <summary>A small configuration with a model that serves, in a folder of its own.</summary>
internal sealed class ConfigurationFile : IDisposable
{
    public static readonly string Model = Path.Combine(AppContext.BaseDirectory, "Fixtures", "win.onnx");

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("predmaint-");

    public ConfigurationFile(string bootstrap, string readings, string alerts, string group = "g") => System.IO.File.WriteAllText(File, $$"""
        group: {{group}}
        kafka: { bootstrap.servers: "{{bootstrap}}" }
        topics: { readings: {{readings}}, alerts: {{alerts}} }
        models: [{ file: {{Model}}, device: cpu }]
        """);

    public string File => Path.Combine(folder.FullName, "c.yaml");

    public void Dispose() => folder.Delete(recursive: true);
}
