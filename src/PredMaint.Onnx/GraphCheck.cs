using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using PredMaint.Core.Models;

namespace PredMaint.Onnx;

/// <summary>Holds a manifest against the graph's real names, types and shapes; one sentence a mismatch.</summary>
internal sealed class GraphCheck(InferenceSession session, ModelManifest manifest, string file, List<string> mistakes)
{
    private readonly Dictionary<string, string> outputRoles = new(StringComparer.Ordinal);
    private int fixedBatch;

    /// <summary>What the graph fixes and the manifest does not say; null where they disagree.</summary>
    public ModelShape? Check()
    {
        var before = mistakes.Count;
        CheckInput();
        var states = manifest.States.Select(CheckState).ToArray();
        foreach (var output in manifest.OutputTensors) CheckOutput(output);
        foreach (var name in session.InputNames)
            if (name != manifest.Input.Name && manifest.States.All(s => s.Input != name))
                Add($"the graph's input \"{name}\" is neither the manifest's input nor one of its states");
        return mistakes.Count == before ? new ModelShape(states, fixedBatch) : null;
    }

    private void CheckInput()
    {
        var (name, layout) = manifest.Input;
        if (Find(session.InputMetadata, "input", "input", name, layout) is not { } dims) return;
        for (var i = 0; i < dims.Length; i++)
        {
            if (layout[i] == 'T') CheckSize("input", name, dims[i], manifest.Steps, 'T', "steps");
            if (layout[i] == 'F') CheckSize("input", name, dims[i], manifest.Features.Count, 'F', "features");
        }
    }

    private StateShape CheckState(StateSpec state, int index)
    {
        var input = Find(session.InputMetadata, "input", $"states[{index}]", state.Input, state.Layout);
        var output = Find(session.OutputMetadata, "output", $"states[{index}]", state.Output, state.Layout);
        Claim(state.Output, $"states[{index}]");
        if (input is null) return default;
        var batch = state.Layout.IndexOf('B', StringComparison.Ordinal);
        for (var i = 0; i < input.Length; i++)
        {
            if (i == batch) continue;
            if (input[i] <= 0) Add($"state input \"{state.Input}\" {Write(input)} leaves dimension {state.Layout[i]} free, only B may be");
            // An exporter may leave the output's dimension free; the trial run then sees what it is.
            else if (output is not null && output[i] > 0 && output[i] != input[i])
                Add($"state input \"{state.Input}\" {Write(input)} and its output \"{state.Output}\" {Write(output)} differ in dimension {state.Layout[i]}");
        }
        return new StateShape(Product(input.AsSpan(0, batch)), Product(input.AsSpan(batch + 1)));
    }

    private void CheckOutput(OutputTensor output)
    {
        var (role, name, letter, width) = output;
        Claim(name, $"outputs.{role}");
        if (Find(session.OutputMetadata, "output", $"outputs.{role}", name, $"B{letter}") is not { } dims) return;
        if (letter != '1') CheckSize("output", name, dims[1], width, letter, letter switch { 'Q' => "quantiles", 'K' => "bins", _ => "features" });
        else if (dims[1] > 1) Add($"output \"{name}\" {Write(dims)}: {role} is one number a row, [B,1]");
    }

    /// <summary>One buffer is bound to a graph output, so an output that means two things would fill only one of them.</summary>
    private void Claim(string output, string role)
    {
        if (!outputRoles.TryAdd(output, role)) Add($"the manifest names output \"{output}\" twice, in {outputRoles[output]} and in {role}");
    }

    private void CheckSize(string side, string name, int size, int expected, char letter, string what)
    {
        if (size > 0 && size != expected) Add($"{side} \"{name}\" has {size} in dimension {letter}, the manifest has {expected} {what}");
    }

    /// <summary>The tensor's dimensions, -1 where free; null where it is missing, no float tensor or of another rank.</summary>
    private int[]? Find(IReadOnlyDictionary<string, NodeMetadata> tensors, string side, string role, string name, string layout)
    {
        if (!tensors.TryGetValue(name, out var tensor))
            return Add($"the graph has no {side} \"{name}\" ({role}), its {side}s are {string.Join(", ", tensors.Keys)}");
        if (!tensor.IsTensor) return Add($"{side} \"{name}\" ({role}) is no tensor but a {tensor.OnnxValueType}");
        if (tensor.ElementDataType != TensorElementType.Float)
            return Add($"{side} \"{name}\" ({role}) is {tensor.ElementDataType}, only Float (32 bit) is served");
        var dims = tensor.Dimensions;
        if (dims.Length != layout.Length)
            return Add($"{side} \"{name}\" ({role}) has {dims.Length} dimensions {Write(dims)}, its layout {layout} has {layout.Length}");
        FixBatch(side, name, dims[layout.IndexOf('B', StringComparison.Ordinal)]);
        return dims;
    }

    private void FixBatch(string side, string name, int batch)
    {
        if (batch <= 0) return;
        if (fixedBatch > 0 && fixedBatch != batch) Add($"{side} \"{name}\" fixes the batch at {batch}, another tensor at {fixedBatch}");
        fixedBatch = batch;
    }

    private int[]? Add(string mistake)
    {
        mistakes.Add($"{file}: {mistake}");
        return null;
    }

    private static int Product(ReadOnlySpan<int> dims)
    {
        var product = 1;
        foreach (var dim in dims) product *= dim;
        return product;
    }

    private static string Write(int[] dims) => $"[{string.Join(',', dims.Select(d => d > 0 ? d.ToString() : "?"))}]";
}
