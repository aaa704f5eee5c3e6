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

    /// <summary>What every manifest of ours begins with.</summary>
    /// <param name="mode">stateful or window.</param>
    public static JsonObject Manifest(ModelName name, string kind, string mode, IEnumerable<string> features) => new()
    {
        ["name"] = name.Name,
        ["version"] = name.Version,
        ["kind"] = kind,
        ["mode"] = mode,
        ["features"] = Names(features),
        ["input"] = new JsonObject { ["name"] = "x", ["layout"] = "TBF" },
    };

    public static JsonArray Names(IEnumerable<string> names) => new([.. names.Select(n => JsonValue.Create(n))]);

    /// <summary>As a manifest has them; a successor is NAME_next.</summary>
    public static JsonArray States(IEnumerable<(string Name, string Layout)> states) =>
        new([.. states.Select(s => new JsonObject { ["input"] = s.Name, ["output"] = $"{s.Name}_next", ["layout"] = s.Layout })]);

    /// <summary>The graph as a file with its manifest inside.</summary>
    /// <param name="alert">When it alerts; null where that is yet to be chosen.</param>
    /// <param name="trained">Where it comes from; null in a draft.</param>
    public static byte[] ToBytes(OnnxGraph graph, JsonObject manifest, JsonObject? alert, JsonObject? trained)
    {
        if (alert is not null) manifest["alert"] = alert;
        if (trained is not null) manifest["trained"] = trained;
        graph.Metadata(ModelManifest.MetadataKey, manifest.ToJsonString());
        return graph.ToBytes();
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
