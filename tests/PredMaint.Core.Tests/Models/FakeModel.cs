using PredMaint.Core.Models;

namespace PredMaint.Core.Tests.Models;

internal delegate void RowFunction(FakeRow row);

/// <summary>A model whose graph is a function of one row, in the manifest's own layouts.</summary>
internal sealed class FakeModel(ModelManifest manifest, RowFunction function, params StateShape[] states) : IModel
{
    public const string FakeSha256 = "00ff";

    public ModelManifest Manifest => manifest;

    public string Sha256 { get; init; } = FakeSha256;

    public ModelShape Shape { get; init; } = new(states);

    public string Provider => "cpu";

    /// <summary>Calls of <see cref="Run"/> so far.</summary>
    public int Calls { get; private set; }

    public ModelBuffers CreateBuffers(int maxRows) => new(manifest, Shape, maxRows);

    public void Run(ModelBuffers buffers, int size)
    {
        Calls++;
        for (var row = 0; row < size; row++) function(new FakeRow(this, buffers, size, row));
    }

    public void Dispose()
    {
    }

    /// <summary>One step and one float of state.</summary>
    public static ModelManifest Stateful(params string[] features) => new()
    {
        Name = "fake",
        Version = "1",
        Kind = ModelKind.Anomaly,
        Mode = ModelMode.Stateful,
        Features = features,
        Input = new TensorSpec("x", "TBF"),
        States = [new StateSpec("h", "h2", "LBH")],
        Outputs = new OutputNames { Score = "score" },
    };

    public static ModelManifest Window(int steps, params string[] features) =>
        Stateful(features) with { Mode = ModelMode.Window, Steps = steps, States = [], Input = new TensorSpec("x", "BTF") };
}

/// <summary>One row of a batch. Offsets are computed from the layout's letters alone, not as the product does it.</summary>
internal readonly struct FakeRow(FakeModel model, ModelBuffers buffers, int size, int row)
{
    private ModelManifest Manifest => model.Manifest;

    public int Index => row;

    public float X(int t, int f) => buffers.Input[Offset(Manifest.Input.Layout, t, f)];

    public float State(int i)
    {
        var (_, inner) = model.Shape.States[0];
        return buffers.StatesIn[0][(i / inner * size + row) * inner + i % inner];
    }

    public void SetState(int i, float value)
    {
        var (_, inner) = model.Shape.States[0];
        buffers.StatesOut[0][(i / inner * size + row) * inner + i % inner] = value;
    }

    public float Score { set => buffers.Score[row] = value; }

    public float Probability { set => buffers.Probability[row] = value; }

    public Span<float> Rul => Row(buffers.Rul, Manifest.Quantiles.Count);

    public Span<float> Histogram => Row(buffers.Histogram, Manifest.Bins.Count);

    public Span<float> Forecast => Row(buffers.Forecast, Manifest.Features.Count);

    public Span<float> Spread => Row(buffers.Spread, Manifest.Features.Count);

    public Span<float> Contribution => Row(buffers.Contribution, Manifest.Features.Count);

    public Span<float> Expected => Row(buffers.Expected, Manifest.HasRul ? 1 : Manifest.Features.Count);

    private Span<float> Row(float[] output, int width) => output.AsSpan(row * width, width);

    private int Offset(string layout, int t, int f)
    {
        var offset = 0;
        foreach (var letter in layout)
        {
            var (length, at) = letter switch { 'T' => (Manifest.Steps, t), 'B' => (size, row), _ => (Manifest.Features.Count, f) };
            offset = offset * length + at;
        }
        return offset;
    }
}
