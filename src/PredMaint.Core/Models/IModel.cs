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
