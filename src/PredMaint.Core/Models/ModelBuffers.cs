using System.Numerics;

namespace PredMaint.Core.Models;

/// <summary>
/// One thread's inputs and outputs of one model, in the graph's own layouts, kept between calls. A batch is padded to one
/// of a few <see cref="Sizes"/>; a batch of size b occupies the first b rows of each array, so offsets depend on b.
/// </summary>
public class ModelBuffers : IDisposable
{
    /// <summary>
    /// Sizes are multiples of a vector (4 floats in ONNX Runtime's element-wise kernels; 8 for a build with AVX): what is
    /// left over after whole vectors goes through other code, whose logarithm and the like round differently.
    /// </summary>
    private const int VectorLength = 8;

    private readonly ModelManifest manifest;
    private readonly ModelShape shape;
    private readonly int features;

    public ModelBuffers(ModelManifest manifest, ModelShape shape, int maxRows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRows, 1);
        this.manifest = manifest;
        this.shape = shape;
        features = manifest.Features.Count;
        Sizes = shape.FixedBatch > 0 ? [shape.FixedBatch] : SizesUpTo(maxRows);
        Input = Allocate(MaxRows * manifest.Steps * features);
        StatesIn = [.. shape.States.Select(s => Allocate(MaxRows * s.Length))];
        StatesOut = [.. shape.States.Select(s => Allocate(MaxRows * s.Length))];
        Outputs = [.. manifest.OutputTensors.Select(t => (t, Allocate(MaxRows * t.Width)))];
        Score = Output("score");
        Probability = Output("probability");
        Rul = Output("rul");
        Histogram = Output("histogram");
        Forecast = Output("forecast");
        Spread = Output("spread");
        Expected = Output("expected");
        Contribution = Output("contribution");
    }

    /// <summary>The sizes a batch is padded to, ascending: multiples of a vector, an eighth apart from one another where they are large.</summary>
    public IReadOnlyList<int> Sizes { get; }

    public int MaxRows => Sizes[^1];

    public float[] Input { get; }
    public IReadOnlyList<float[]> StatesIn { get; }
    public IReadOnlyList<float[]> StatesOut { get; }

    /// <summary>Outputs are batch first: row i of [B,K] starts at i*K.</summary>
    public IReadOnlyList<(OutputTensor Tensor, float[] Values)> Outputs { get; }

    /// <summary>The same by what they mean; empty where the model has none.</summary>
    public float[] Score { get; }
    public float[] Probability { get; }
    public float[] Rul { get; }
    public float[] Histogram { get; }
    public float[] Forecast { get; }
    public float[] Spread { get; }
    public float[] Expected { get; }
    public float[] Contribution { get; }

    /// <summary>Frees what a device holds of them; a model that is disposed of does so too.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>The smallest size that holds so many rows.</summary>
    public int SizeFor(int rows)
    {
        // By index: an enumerator of the interface would be allocated at every call.
        for (var i = 0; i < Sizes.Count; i++)
            if (Sizes[i] >= rows) return Sizes[i];
        throw new ArgumentOutOfRangeException(nameof(rows), rows, $"a batch holds at most {MaxRows} rows");
    }

    /// <summary>Writes step <paramref name="t"/> of a row: the features in the manifest's order.</summary>
    public void SetStep(int size, int row, int t, ReadOnlySpan<float> values)
    {
        var offset = 0;
        var stride = 1;
        var featureStride = 1;
        // From the innermost dimension outwards: each letter's stride is the product of the dimensions inside it.
        for (var i = manifest.Input.Layout.Length - 1; i >= 0; i--)
        {
            switch (manifest.Input.Layout[i])
            {
                case 'F': featureStride = stride; stride *= features; break;
                case 'B': offset += row * stride; stride *= size; break;
                default: offset += t * stride; stride *= manifest.Steps; break;
            }
        }
        if (featureStride == 1) values.CopyTo(Input.AsSpan(offset, features));
        else
            for (var f = 0; f < features; f++) Input[offset + f * featureStride] = values[f];
    }

    /// <summary>Writes a row's recurrent state, all tensors one after the other.</summary>
    public void SetState(int size, int row, ReadOnlySpan<float> state)
    {
        for (var k = 0; k < StatesIn.Count; k++)
        {
            var (outer, inner) = shape.States[k];
            for (var o = 0; o < outer; o++, state = state[inner..])
                state[..inner].CopyTo(StatesIn[k].AsSpan((o * size + row) * inner));
        }
    }

    /// <summary>Reads the row's new state, as <see cref="SetState"/> takes it.</summary>
    public void GetState(int size, int row, Span<float> state)
    {
        for (var k = 0; k < StatesOut.Count; k++)
        {
            var (outer, inner) = shape.States[k];
            for (var o = 0; o < outer; o++, state = state[inner..])
                StatesOut[k].AsSpan((o * size + row) * inner, inner).CopyTo(state);
        }
    }

    private static int[] SizesUpTo(int maxRows)
    {
        var sizes = new List<int>();
        for (var size = VectorLength; size < maxRows; size += Math.Max(VectorLength, (int)BitOperations.RoundUpToPowerOf2((uint)size + 1) / 16)) sizes.Add(size);
        sizes.Add((maxRows + VectorLength - 1) / VectorLength * VectorLength);
        return [.. sizes];
    }

    // Pinned: a device reads and writes them while the collector runs.
    private static float[] Allocate(int length) => GC.AllocateArray<float>(length, pinned: true);

    private float[] Output(string role) => Outputs.FirstOrDefault(o => o.Tensor.Role == role).Values ?? [];
}
