namespace PredMaint.Bench;

/// <summary>What the benchmark is told; <see cref="Program"/> reads it from the command line.</summary>
public sealed record BenchOptions
{
    public required string Broker { get; init; }

    /// <summary>The published program.</summary>
    public required string Product { get; init; }

    /// <summary>Folder of stateful.onnx and win.onnx with their manifests.</summary>
    public required string Models { get; init; }

    /// <summary>peer.jar; null where it or Java is absent.</summary>
    public string? Peer { get; init; }

    public int Machines { get; init; } = 1000;

    public int Partitions { get; init; } = 4;

    public required IReadOnlyList<Mode> Modes { get; init; }

    /// <summary>Readings of a run with the stateful model.</summary>
    public required long Readings { get; init; }

    public int Pairs { get; init; } = 5;

    /// <summary>A smoke run: its numbers say nothing, so none of them fails it.</summary>
    public bool Quick { get; init; }

    public bool Latency { get; init; }

    /// <summary>What snapshots cost, too.</summary>
    public bool Snapshots { get; init; }

    /// <summary>What telemetry costs, too.</summary>
    public bool Telemetry { get; init; }

    /// <summary>So often a model is loaded again under load, and nothing else is measured; 0: not at all.</summary>
    public int Reloads { get; init; }

    /// <summary>Where all raw numbers go; null where nobody wants them.</summary>
    public string? Json { get; init; }

    /// <summary>A run that takes longer has failed.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(10);
}

/// <summary>One way of serving a model.</summary>
/// <param name="Model">File name without its ending.</param>
/// <param name="Steps">Readings of a machine before its first score.</param>
/// <param name="OnnxRows">Rows of the raw ONNX Runtime floor: some seconds of work.</param>
public sealed record Mode(string Name, string Model, int Steps, long Readings, long OnnxRows)
{
    /// <summary>Rows of a call, of the floors and of the product (its default batchMax).</summary>
    public const int Batch = 512;

    public static Mode Stateful(long readings) => new("stateful", "stateful", 1, readings, 4000 * Batch);

    public static Mode Window(long readings) => new("window", "win", 50, readings, 200 * Batch);
}
