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

    private OnnxModel(InferenceSession session, string provider, ModelFiles files, ModelManifest manifest, ModelShape shape)
    {
        this.session = session;
        Provider = provider;
        (Sha256, Digest) = (files.Sha256, files.Digest);
        Manifest = manifest;
        Shape = shape;
    }

    public ModelManifest Manifest { get; }

    public string Sha256 { get; }

    /// <summary>Of the files that it was loaded from.</summary>
    public string Digest { get; }

    public ModelShape Shape { get; }

    public string Provider { get; }

    /// <summary>Loads a model; null and one sentence a mistake where the file, its manifest or the device will not do.</summary>
    /// <param name="file">The ONNX file. A manifest beside it (NAME.json) overrides the one inside it.</param>
    /// <param name="sha256">What the file must have, hexadecimal; null or empty where any will do.</param>
    /// <param name="say">Told, once a process, that <see cref="Device.Auto"/> chose the CPU because CUDA cannot be used.</param>
    public static OnnxModel? Load(string file, DeviceOptions device, string? sha256, List<string> mistakes, Action<string>? say = null) =>
        ModelFiles.Read(file, mistakes) is { } files ? Load(files, device, sha256, mistakes, say) : null;

    public static OnnxModel? Load(ModelFiles files, DeviceOptions device, string? sha256, List<string> mistakes, Action<string>? say = null)
    {
        var model = Open(files, device, sha256, say, out var description);
        mistakes.AddRange(description.Mistakes);
        return model;
    }

    /// <summary>What the file holds and whether it would load.</summary>
    public static ModelDescription Inspect(string file, DeviceOptions device, Action<string>? say = null)
    {
        var mistakes = new List<string>();
        if (ModelFiles.Read(file, mistakes) is not { } files) return new ModelDescription(file, null, null, null, [], [], mistakes);
        using var model = Open(files, device, sha256: null, say, out var description);
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
        OnnxBuffers[] left;
        lock (gate) left = [.. created];
        foreach (var buffers in left) buffers.Dispose();
        session.Dispose();
    }

    /// <summary>The buffers are disposed of.</summary>
    internal void Forget(OnnxBuffers buffers)
    {
        lock (gate) created.Remove(buffers);
    }

    private static OnnxModel? Open(ModelFiles files, DeviceOptions device, string? sha256, Action<string>? say, out ModelDescription description)
    {
        var (file, mistakes) = (files.File, new List<string>());
        description = new ModelDescription(file, files.Sha256, null, null, [], [], mistakes);
        if (!string.IsNullOrEmpty(sha256) && !files.Sha256.Equals(sha256, StringComparison.OrdinalIgnoreCase))
        {
            mistakes.Add($"{file}: has the sha256 {files.Sha256}, the configuration wants {sha256}");
            return null;
        }
        if (ExternalData.Refusal(files.Model) is { } refusal)
        {
            mistakes.Add($"{file}: {refusal}");
            return null;
        }
        if (Sessions.Open(files.Model, file, device, mistakes, say) is not var (session, provider)) return null;
        var manifest = ReadManifest(session, files, mistakes);
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
        var model = new OnnxModel(session, provider, files, manifest, shape);
        if (model.TryRun(file, mistakes)) return model;
        model.Dispose();
        return null;
    }

    private static ModelManifest? ReadManifest(InferenceSession session, ModelFiles files, List<string> mistakes)
    {
        if (files.Manifest is { } json) return ModelManifest.Parse(json, files.ManifestFile, mistakes);
        if (session.ModelMetadata.CustomMetadataMap.TryGetValue(ModelManifest.MetadataKey, out var embedded))
            return ModelManifest.Parse(Encoding.UTF8.GetBytes(embedded), files.File, mistakes);
        mistakes.Add($"{files.File}: has no manifest, neither inside it (metadata_props, key {ModelManifest.MetadataKey}) nor beside it ({files.ManifestFile})");
        return null;
    }

    /// <summary>Runs the smallest batch, of zeros: finds dimensions that the graph leaves free and that come out as another size.</summary>
    private bool TryRun(string file, List<string> mistakes)
    {
        using var buffers = CreateBuffers(1);
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
}
