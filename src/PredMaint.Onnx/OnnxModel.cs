using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.OnnxRuntime;
using PredMaint.Core.Models;

namespace PredMaint.Onnx;

/// <summary>A model of an ONNX file on the CPU or on a GPU. One session serves all threads; disposing it frees their buffers too.</summary>
public sealed class OnnxModel : IModel
{
    private readonly InferenceSession session;
    private readonly Lock gate = new();
    private readonly List<OnnxBuffers> created = [];

    private OnnxModel(InferenceSession session, string provider, string sha256, ModelManifest manifest, ModelShape shape)
    {
        this.session = session;
        Provider = provider;
        Sha256 = sha256;
        Manifest = manifest;
        Shape = shape;
    }

    public ModelManifest Manifest { get; }

    public string Sha256 { get; }

    public ModelShape Shape { get; }

    public string Provider { get; }

    /// <summary>Loads a model; null and one sentence a mistake where the file, its manifest or the device will not do.</summary>
    /// <param name="file">The ONNX file. A manifest beside it (NAME.json) overrides the one inside it.</param>
    /// <param name="sha256">What the file must have, hexadecimal; null or empty where any will do.</param>
    /// <param name="say">Told, once a process, that <see cref="Device.Auto"/> chose the CPU because CUDA cannot be used.</param>
    public static OnnxModel? Load(string file, DeviceOptions device, string? sha256, List<string> mistakes, Action<string>? say = null)
    {
        var model = Open(file, device, sha256, say, out var description);
        mistakes.AddRange(description.Mistakes);
        return model;
    }

    /// <summary>What the file holds and whether it would load.</summary>
    public static ModelDescription Inspect(string file, DeviceOptions device, Action<string>? say = null)
    {
        using var model = Open(file, device, sha256: null, say, out var description);
        return description;
    }

    public ModelBuffers CreateBuffers(int maxRows)
    {
        var buffers = new OnnxBuffers(this, session, maxRows);
        lock (gate) created.Add(buffers);
        return buffers;
    }

    public void Run(ModelBuffers buffers, int size)
    {
        if (buffers is not OnnxBuffers own || own.Model != this) throw new ArgumentException("the buffers are of another model", nameof(buffers));
        own.Run(size);
    }

    public void Dispose()
    {
        lock (gate)
        {
            foreach (var buffers in created) buffers.Dispose();
            created.Clear();
        }
        session.Dispose();
    }

    private static OnnxModel? Open(string file, DeviceOptions device, string? sha256, Action<string>? say, out ModelDescription description)
    {
        var mistakes = new List<string>();
        description = new ModelDescription(file, null, null, null, [], [], mistakes);
        if (ReadFile(file, "the model", mistakes) is not { } bytes) return null;
        var digest = Convert.ToHexStringLower(SHA256.HashData(bytes));
        description = description with { Sha256 = digest };
        if (!string.IsNullOrEmpty(sha256) && !digest.Equals(sha256, StringComparison.OrdinalIgnoreCase))
        {
            mistakes.Add($"{file}: has the sha256 {digest}, the configuration wants {sha256}");
            return null;
        }
        if (Sessions.Open(bytes, file, device, mistakes, say) is not var (session, provider)) return null;
        var manifest = ReadManifest(session, file, mistakes);
        description = description with
        {
            Provider = provider,
            Manifest = manifest,
            Inputs = TensorDescription.Of(session.InputMetadata),
            Outputs = TensorDescription.Of(session.OutputMetadata),
        };
        if (manifest is null || new GraphCheck(session, manifest, file, mistakes).Check() is not { } shape)
        {
            session.Dispose();
            return null;
        }
        var model = new OnnxModel(session, provider, digest, manifest, shape);
        if (model.TryRun(file, mistakes)) return model;
        model.Dispose();
        return null;
    }

    private static ModelManifest? ReadManifest(InferenceSession session, string file, List<string> mistakes)
    {
        var beside = Path.ChangeExtension(file, ".json");
        if (File.Exists(beside))
            return ReadFile(beside, "the manifest", mistakes) is { } json ? ModelManifest.Parse(json, beside, mistakes) : null;
        if (session.ModelMetadata.CustomMetadataMap.TryGetValue(ModelManifest.MetadataKey, out var embedded))
            return ModelManifest.Parse(Encoding.UTF8.GetBytes(embedded), file, mistakes);
        mistakes.Add($"{file}: has no manifest, neither inside it (metadata_props, key {ModelManifest.MetadataKey}) nor beside it ({beside})");
        return null;
    }

    /// <summary>Runs the smallest batch, of zeros: finds dimensions that the graph leaves free and that come out as another size.</summary>
    private bool TryRun(string file, List<string> mistakes)
    {
        var buffers = CreateBuffers(1);
        try
        {
            Run(buffers, buffers.Sizes[0]);
            return true;
        }
        catch (OnnxRuntimeException e)
        {
            mistakes.Add($"{file}: a trial run of {buffers.Sizes[0]} rows fails: {e.Message.ReplaceLineEndings(" ")}");
            return false;
        }
    }

    private static byte[]? ReadFile(string file, string what, List<string> mistakes)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            mistakes.Add($"{file}: {what} cannot be read: {e.Message}");
            return null;
        }
    }
}
