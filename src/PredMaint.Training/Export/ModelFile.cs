using System.Text.Json.Nodes;
using PredMaint.Core.Alerts;
using PredMaint.Core.Models;
using PredMaint.Onnx;
using PredMaint.Training.Anomaly;
using PredMaint.Training.Data;
using PredMaint.Training.Failure;

namespace PredMaint.Training.Export;

/// <summary>ONNX files of the two networks with their manifests inside: contracts.md, "Model manifest".</summary>
internal static class ModelFile
{
    /// <summary>Steps before the first score: as many as the failure model was trained to doubt.</summary>
    public const int Warmup = LifeTraining.EarlySteps;

    /// <param name="trained">Where the weights come from.</param>
    public static void WriteFailure(string file, LifeNet net, JsonObject? trained)
    {
        var manifest = Manifest(LifeTraining.Name, "failure");
        manifest["outputs"] = new JsonObject { ["rul"] = "rul", ["expected"] = "expected" };
        // As written, not as stored: 0.05f is 0.0500000007.
        manifest["quantiles"] = new JsonArray([.. LifeNet.Quantiles.Select(q => JsonValue.Create((decimal)q))]);
        manifest["unit"] = "cycles";
        manifest["alert"] = LifeTraining.Policy();
        manifest["trained"] = trained;
        Write(file, LifeTraining.Name, net.Export, manifest);
    }

    /// <param name="policy">Null in a draft, from which the limits are yet to be chosen.</param>
    public static void WriteAnomaly(string file, ForecastNet net, AlertPolicy? policy, JsonObject? trained)
    {
        var manifest = Manifest(ForecastTraining.Name, "anomaly");
        manifest["outputs"] = new JsonObject { ["forecast"] = "forecast", ["spread"] = "spread" };
        if (policy is not null)
            manifest["alert"] = new JsonObject
            {
                ["raiseAt"] = (decimal)policy.RaiseAt,
                ["clearAt"] = (decimal)policy.ClearAt,
                ["raiseAfter"] = policy.RaiseAfter.ToString(),
                ["clearAfter"] = policy.ClearAfter.ToString(),
            };
        manifest["trained"] = trained;
        Write(file, ForecastTraining.Name, net.Export, manifest);
    }

    /// <summary>Throws, every mistake named, where the product would refuse the file.</summary>
    public static OnnxModel Load(string file)
    {
        var mistakes = new List<string>();
        return OnnxModel.Load(file, new DeviceOptions { Device = Device.Cpu }, sha256: null, mistakes)
            ?? throw new InvalidOperationException(string.Join(Environment.NewLine, mistakes));
    }

    private static JsonObject Manifest(string name, string kind) => new()
    {
        ["name"] = name,
        ["version"] = "1",
        ["kind"] = kind,
        ["mode"] = "stateful",
        ["features"] = new JsonArray([.. Cmapss.Features.Select(f => JsonValue.Create(f))]),
        ["input"] = new JsonObject { ["name"] = "x", ["layout"] = "TBF" },
        ["states"] = new JsonArray(
            new JsonObject { ["input"] = "h", ["output"] = "h_next", ["layout"] = "LBH" },
            new JsonObject { ["input"] = "c", ["output"] = "c_next", ["layout"] = "LBH" }),
        ["warmup"] = Warmup,
    };

    private static void Write(string file, string name, Action<OnnxGraph> export, JsonObject manifest)
    {
        var graph = new OnnxGraph(name);
        export(graph);
        graph.Metadata(ModelManifest.MetadataKey, manifest.ToJsonString());
        File.WriteAllBytes(file, graph.ToBytes());
    }
}
