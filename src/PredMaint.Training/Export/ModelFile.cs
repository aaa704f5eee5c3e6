using System.Text.Json.Nodes;
using PredMaint.Core.Alerts;
using PredMaint.Core.Models;
using PredMaint.Onnx;

namespace PredMaint.Training.Export;

/// <summary>Exported files, as the product takes them.</summary>
internal static class ModelFile
{
    /// <summary>Throws, every mistake named, where the product would refuse the file.</summary>
    public static OnnxModel Load(string file)
    {
        var mistakes = new List<string>();
        return OnnxModel.Load(file, new DeviceOptions { Device = Device.Cpu }, sha256: null, mistakes)
            ?? throw new DataException(string.Join(Environment.NewLine, mistakes));
    }

    /// <summary>What comes of a file that is written, loaded as the product would, and gone afterwards.</summary>
    public static T OfDraft<T>(Action<string> write, Func<OnnxModel, T> use)
    {
        var folder = Directory.CreateTempSubdirectory("predmaint-train-");
        try
        {
            var file = Path.Combine(folder.FullName, "draft.onnx");
            write(file);
            using var model = Load(file);
            return use(model);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The manifest that counts: the one beside the file, else the one inside it.</summary>
    public static string ManifestText(string file)
    {
        var beside = ModelFiles.ManifestOf(file);
        return File.Exists(beside) ? File.ReadAllText(beside) : Proto.Model.Parser.ParseFrom(File.ReadAllBytes(file)).MetadataProps.Single(m => m.Key == ModelManifest.MetadataKey).Value;
    }

    /// <summary>When the product would alert.</summary>
    public static AlertPolicy PolicyOf(ModelManifest manifest)
    {
        var mistakes = new List<string>();
        return manifest.Alert.Build(raiseBelow: manifest.HasRul, "alert", mistakes) ?? throw new InvalidOperationException(string.Join(Environment.NewLine, mistakes));
    }

    /// <summary>A policy as a manifest has it.</summary>
    public static JsonObject ToManifest(AlertPolicy policy) => new()
    {
        ["raiseAt"] = (decimal)policy.RaiseAt,
        ["clearAt"] = (decimal)policy.ClearAt,
        ["raiseAfter"] = policy.RaiseAfter.ToString(),
        ["clearAfter"] = policy.ClearAfter.ToString(),
    };
}
