using System.Text;
using System.Text.Json.Nodes;
using PredMaint.Worker.Tests.Configuration;
using PredMaint.Worker.Tests.Line;

namespace PredMaint.Worker.Tests.Models;

/// <summary>Model files of a test's own, made of the fixture and put in place as a deployment does it: at once.</summary>
internal sealed class ModelFolder : IDisposable
{
    private readonly ConfigurationFolder folder = new();

    public string PathOf(string name) => Path.Combine(folder.Path, name);

    /// <summary>The fixture under another version, or with other notes on its training, which change nothing but the file.</summary>
    /// <param name="weights">Files of another number are another model to a worker: their digests differ.</param>
    /// <returns>The path of the ONNX file.</returns>
    public string Put(string name, string version = "1", int notes = 0, int weights = 0)
    {
        var manifest = JsonNode.Parse(File.ReadAllText(Path.ChangeExtension(WorkerJob.Model, ".json")))!;
        manifest["version"] = version;
        manifest["trained"] = new JsonObject { ["seed"] = notes };
        // The files of one model are two: the one that decides is put last, and is the only one that changes with the weights.
        Put($"{name}.json", Encoding.UTF8.GetBytes(manifest.ToJsonString()));
        return Put($"{name}.onnx", Weights(weights));
    }

    /// <summary>Puts a file in the place of one that may be open: by its name, not by its bytes.</summary>
    public string Put(string name, byte[] content)
    {
        File.WriteAllBytes(PathOf($"{name}.new"), content);
        File.Move(PathOf($"{name}.new"), PathOf(name), overwrite: true);
        return PathOf(name);
    }

    public void Dispose() => folder.Dispose();

    /// <summary>The same graph in other bytes: the field doc_string (6) of the file's outermost message, which may stand anywhere.</summary>
    private static byte[] Weights(int number)
    {
        var note = Encoding.UTF8.GetBytes($"{number:000000}");
        return number == 0 ? File.ReadAllBytes(WorkerJob.Model) : [.. File.ReadAllBytes(WorkerJob.Model), 6 << 3 | 2, (byte)note.Length, .. note];
    }
}
