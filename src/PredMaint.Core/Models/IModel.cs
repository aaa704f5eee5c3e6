namespace PredMaint.Core.Models;

/// <summary>A model on a device: the seam to the hardware. Thread-safe; each thread brings its own buffers.</summary>
public interface IModel : IDisposable
{
    ModelManifest Manifest { get; }

    /// <summary>Of the model file, lower-case hexadecimal.</summary>
    string Sha256 { get; }

    /// <summary>The sizes that the graph itself fixes.</summary>
    ModelShape Shape { get; }

    /// <summary>What really serves: <c>cpu</c> or <c>cuda</c>.</summary>
    string Provider { get; }

    /// <summary>Buffers for at most <paramref name="maxRows"/> machines a call, for one thread.</summary>
    ModelBuffers CreateBuffers(int maxRows);

    /// <summary>
    /// Runs one batch of <paramref name="size"/> rows (one of <see cref="ModelBuffers.Sizes"/>) from and to the buffers.
    /// A row's outputs depend on that row's inputs alone. Throws when the device fails; the buffers' outputs are then void.
    /// </summary>
    void Run(ModelBuffers buffers, int size);
}

/// <summary>A state tensor around its batch dimension: row i of a batch of b is <c>[o, i, 0..Inner)</c> for each o of Outer.</summary>
public readonly record struct StateShape(int Outer, int Inner)
{
    /// <summary>Floats a machine.</summary>
    public int Length => Outer * Inner;
}

/// <summary>What the graph fixes and the manifest does not say.</summary>
/// <param name="States">In the manifest's order.</param>
/// <param name="FixedBatch">The batch size where the graph was exported with a fixed one; 0 where it is free.</param>
public sealed record ModelShape(IReadOnlyList<StateShape> States, int FixedBatch = 0)
{
    /// <summary>Floats of recurrent state a machine.</summary>
    public int StateLength => States.Sum(s => s.Length);
}
