using System.Text.Json;
using System.Text.Json.Nodes;
using PredMaint.Core.Alerts;
using PredMaint.Core.Settings;

namespace PredMaint.Core.Models;

public enum ModelKind { Anomaly, Failure, Quality }

/// <summary>Window: the last T steps go in. Stateful: one step and the recurrent state go in, the new state comes out.</summary>
public enum ModelMode { Window, Stateful }

/// <summary>A tensor of the graph; <paramref name="Layout"/> has one letter a dimension: T time, B batch, F feature, L layer, H hidden.</summary>
public sealed record TensorSpec(string Name, string Layout);

/// <summary>A recurrent state: the graph's input takes what its output gave one step before. Begins as zeros.</summary>
public sealed record StateSpec(string Input, string Output, string Layout);

/// <summary>Names of the graph's outputs by what they mean; null where the model has none. Shapes: contracts.md, "Model manifest".</summary>
public sealed record OutputNames
{
    /// <summary>[B,1] anomaly score.</summary>
    public string? Score { get; init; }

    /// <summary>[B,1] probability of failure.</summary>
    public string? Probability { get; init; }

    /// <summary>[B,Q] remaining life at <see cref="ModelManifest.Quantiles"/>, in <see cref="ModelManifest.Unit"/>.</summary>
    public string? Rul { get; init; }

    /// <summary>[B,K] probability mass of remaining life at <see cref="ModelManifest.Bins"/>.</summary>
    public string? Histogram { get; init; }

    /// <summary>[B,F] the next reading.</summary>
    public string? Forecast { get; init; }

    /// <summary>[B,F] standard deviation of the forecast, in the sensor's unit.</summary>
    public string? Spread { get; init; }

    /// <summary>[B,1] expected remaining life, or [B,F] expected values of the sensors.</summary>
    public string? Expected { get; init; }

    /// <summary>[B,F] how much each sensor contributes to the score.</summary>
    public string? Contribution { get; init; }
}

/// <summary>An output [B,Width] that the model has.</summary>
/// <param name="Role">Its key in the manifest's <c>outputs</c>.</param>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Letter">What its numbers are by: Q quantiles, K bins, F features; 1 where a row has one number.</param>
public sealed record OutputTensor(string Role, string Name, char Letter, int Width);

/// <summary>Which output alerts: the first present in this order.</summary>
public enum AlertingOutput { Score, Probability, Rul, Histogram, Forecast }

/// <summary>
/// What a model's tensors mean; in the ONNX file's <c>metadata_props</c> under <see cref="MetadataKey"/>, or beside the file
/// as <c>NAME.json</c>. An instance is valid in itself; whether the graph agrees is checked when it is loaded.
/// </summary>
public sealed record ModelManifest
{
    public const string MetadataKey = "predmaint.manifest";

    public const int MaxSteps = 10_000;
    public const int MaxFeatures = 1024;

    /// <summary>Steps x features: a machine's window of 1 MB, of which a batch holds hundreds.</summary>
    public const int MaxWindow = 1 << 18;

    public required string Name { get; init; }
    public required string Version { get; init; }
    public required ModelKind Kind { get; init; }
    public required ModelMode Mode { get; init; }
    public required IReadOnlyList<string> Features { get; init; }

    /// <summary>Features that a machine may lack: the graph then gets NaN for them. Without any other a machine is not scored.</summary>
    public IReadOnlyList<string> Optional { get; init; } = [];

    public required TensorSpec Input { get; init; }
    public IReadOnlyList<StateSpec> States { get; init; } = [];
    public required OutputNames Outputs { get; init; }

    /// <summary>Ascending, 0.5 among them.</summary>
    public IReadOnlyList<double> Quantiles { get; init; } = [];

    /// <summary>Centres of the histogram's bins, ascending.</summary>
    public IReadOnlyList<double> Bins { get; init; } = [];

    /// <summary>Of remaining life: cycles, hours.</summary>
    public string Unit { get; init; } = "";

    /// <summary>T of a window model; 1 for a stateful one.</summary>
    public int Steps { get; init; } = 1;

    /// <summary>So many steps after a history began give no score.</summary>
    public int Warmup { get; init; }

    public AlertPolicyKeys Alert { get; init; } = new();

    /// <summary>Where the model comes from: data, seed, metrics. Not looked into.</summary>
    public JsonNode? Trained { get; init; }

    public string NameAndVersion => $"{Name}@{Version}";

    public AlertingOutput Alerting =>
        Outputs.Score is not null ? AlertingOutput.Score
        : Outputs.Probability is not null ? AlertingOutput.Probability
        : Outputs.Rul is not null ? AlertingOutput.Rul
        : Outputs.Histogram is not null ? AlertingOutput.Histogram
        : AlertingOutput.Forecast;

    public bool HasRul => Outputs.Rul is not null || Outputs.Histogram is not null;

    /// <summary>The outputs that the model has. <c>expected</c> is a life beside rul and histogram, else the sensors' values.</summary>
    public IEnumerable<OutputTensor> OutputTensors => new OutputTensor?[]
    {
        Tensor("score", Outputs.Score, '1'), Tensor("probability", Outputs.Probability, '1'),
        Tensor("rul", Outputs.Rul, 'Q'), Tensor("histogram", Outputs.Histogram, 'K'),
        Tensor("forecast", Outputs.Forecast, 'F'), Tensor("spread", Outputs.Spread, 'F'),
        Tensor("expected", Outputs.Expected, HasRul ? '1' : 'F'), Tensor("contribution", Outputs.Contribution, 'F'),
    }.OfType<OutputTensor>();

    /// <summary>Reads a manifest; null and one sentence a mistake where it is not one.</summary>
    /// <param name="where">The file, which begins each sentence.</param>
    public static ModelManifest? Parse(ReadOnlySpan<byte> json, string where, List<string> mistakes)
    {
        var found = new List<string>();
        ModelManifest? manifest = null;
        try
        {
            if (JsonNode.Parse(json) is JsonObject node) manifest = ManifestReader.Read(new Fields(node, "", found, textual: false));
            else found.Add("the manifest must be a JSON object");
        }
        // ArgumentException: a key is there twice. InvalidOperationException: a text with half a surrogate pair.
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            found.Clear();
            found.Add($"the manifest is not JSON: {e.Message}");
        }
        mistakes.AddRange(found.Select(mistake => $"{where}: {mistake}"));
        return manifest;
    }

    private OutputTensor? Tensor(string role, string? name, char letter) => name is null ? null : new OutputTensor(
        role, name, letter, letter switch { '1' => 1, 'Q' => Quantiles.Count, 'K' => Bins.Count, _ => Features.Count });
}
