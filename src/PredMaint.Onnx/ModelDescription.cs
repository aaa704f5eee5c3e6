using Microsoft.ML.OnnxRuntime;
using PredMaint.Core.Models;

namespace PredMaint.Onnx;

/// <summary>A tensor as the graph declares it.</summary>
/// <param name="Shape">-1 where a dimension is free.</param>
public sealed record TensorDescription(string Name, string Type, IReadOnlyList<int> Shape)
{
    internal static TensorDescription[] Of(IReadOnlyDictionary<string, NodeMetadata> tensors) =>
        [.. tensors.Select(t => new TensorDescription(
            t.Key,
            t.Value.IsTensor ? t.Value.ElementDataType.ToString() : t.Value.OnnxValueType.ToString(),
            t.Value.IsTensor ? t.Value.Dimensions : []))];
}

/// <summary>What a person asks of a model file, as far as it could be read.</summary>
/// <param name="Sha256">Null where the file cannot be read.</param>
/// <param name="Provider">Null where ONNX Runtime does not load the file.</param>
/// <param name="Manifest">With the mode; null where it is missing or wrong.</param>
/// <param name="Mistakes">Why <see cref="OnnxModel.Load"/> would refuse; empty where it would not.</param>
public sealed record ModelDescription(
    string File,
    string? Sha256,
    string? Provider,
    ModelManifest? Manifest,
    IReadOnlyList<TensorDescription> Inputs,
    IReadOnlyList<TensorDescription> Outputs,
    IReadOnlyList<string> Mistakes);
