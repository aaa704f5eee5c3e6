using System.Text.Json.Nodes;
using PredMaint.Core.Machines;

namespace PredMaint.Training.Anomaly;

/// <summary>
/// A model without weights, for machines that nobody has a history of: each remembers what its own sensors did lately, and a reading
/// scores by how far it lies from all that is remembered (the nearest neighbour's distance; the memory grows by leader clustering,
/// Hartigan 1975). It is one recurrent step in ONNX; the machine's memory is its state.
/// <para>
/// By sensor: readings are smoothed to a level; the last <see cref="Taps"/> levels are its pattern; of the patterns that are older
/// than <see cref="Delay"/> readings those are remembered, in place of the oldest, that differ from all others by more than
/// <see cref="Novelty"/> deviations; some that differ by more last longer. The distance of the pattern of now, smoothed, is told in
/// units of what was usual in the sensor's warm-up; the largest of the sensors is the score. While the score holds above <see cref="HoldAbove"/> nothing is remembered, else
/// a fault would soon be normal; what is left when it has gone back to a share of its peak, or after <see cref="HoldSteps"/>, is.
/// A sensor that is missing counts as not there: its memory stands still, and one that comes later has a warm-up of its own.
/// </para>
/// </summary>
internal sealed partial record PatternMemory(IReadOnlyList<string> Features)
{
    /// <summary>Readings from which deviation and usual distance are learnt; they give no score.</summary>
    public int Warmup { get; init; } = 400;

    /// <summary>Time constant of a level, in readings; 1 is the reading itself.</summary>
    public int Smoothing { get; init; } = 4;

    /// <summary>W, levels in a pattern.</summary>
    public int Taps { get; init; } = 4;

    /// <summary>Lengths of patterns that are compared: <see cref="Taps"/> levels, half of them, a quarter and so on, each length with a memory of its own; the mean of their distances counts.</summary>
    public int Scales { get; init; } = 1;

    /// <summary>K, patterns of a length that a sensor remembers.</summary>
    public int Patterns { get; init; } = 256;

    /// <summary>Further patterns of a length that a sensor remembers, of those alone that differ by more than <see cref="LastingNovelty"/> deviations: they outlast the others by far.</summary>
    public int Lasting { get; init; } = 64;

    /// <summary>Readings after which a pattern may be remembered.</summary>
    public int Delay { get; init; } = 10;

    /// <summary>Time constant of a distance, in readings.</summary>
    public int DistanceSmoothing { get; init; } = 10;

    /// <summary>Score at which nothing is remembered any more; null where everything is.</summary>
    public float? HoldAbove { get; init; } = 5;

    /// <summary>Readings after which a hold ends whatever the score: the machine has changed for good.</summary>
    public int HoldSteps { get; init; } = 400;

    /// <summary>Share of <see cref="HoldAbove"/> below which all is remembered again.</summary>
    public const float ReleaseShare = 0.7f;

    /// <summary>Of the highest score of a hold: below it the machine is taken to have come to rest, wherever that is.</summary>
    private const float RestShare = 0.3f;

    /// <summary>In standard deviations of the readings of the warm-up.</summary>
    private const float Novelty = 0.02f;

    /// <summary>In the same.</summary>
    private const float LastingNovelty = 0.3f;

    /// <summary>Readings before which none is far off; nor is the first that differs.</summary>
    private const float TrustedReadings = 20;

    /// <summary>In deviations of the readings so far: a reading that is further off counts as if it were that.</summary>
    private const float Outlier = 5;

    /// <summary>Of a deviation, added to what is usual: a sensor that told nothing new in the warm-up is not infinitely sure.</summary>
    private const float Doubt = 0.05f;

    /// <summary>Of a sensor's mean, the least deviation: what a 32-bit float may lose is no change.</summary>
    private const float Resolution = 1e-6f;

    /// <summary>So that nothing is divided by zero.</summary>
    private const float Least = 1e-12f;

    /// <summary>The first part of the warm-up, in which everything is new, tells nothing about the usual distance.</summary>
    private int UsualFrom => Warmup / 4 + Delay;

    /// <summary>Beyond them nothing depends on how many readings there were.</summary>
    private int CountedSteps => Math.Max(Warmup + 1, Math.Max(Smoothing, Delay + Taps));

    /// <summary>Distances to a pattern that is not there yet.</summary>
    private const float Far = 1e30f;

    /// <summary>The ONNX file, its manifest inside.</summary>
    /// <param name="alert">When it alerts; null where that is yet to be chosen.</param>
    /// <param name="trained">Where its settings come from; null where nowhere.</param>
    public byte[] ToBytes(ModelName name, JsonObject? alert, JsonObject? trained)
    {
        var g = new OnnxGraph(name.Name);
        var states = Export(g).States;
        var manifest = ModelFile.Manifest(name, "anomaly", "stateful", Features);
        manifest["optional"] = ModelFile.Names(Features);
        manifest["states"] = ModelFile.States(states);
        manifest["outputs"] = new JsonObject { ["score"] = "score", ["contribution"] = "distance", ["expected"] = "expected" };
        manifest["warmup"] = Warmup;
        return ModelFile.ToBytes(g, manifest, alert, trained);
    }

    /// <summary>Sensors of a machine of which a worker keeps this memory.</summary>
    public int MostSensors()
    {
        var (one, each) = (Bytes(1), Bytes(2) - Bytes(1));
        return (int)((ModelState.MaxBytes - (one - each)) / each);

        long Bytes(int sensors) => ModelState.BytesOf((this with { Features = new string[sensors], HoldAbove = 1 }).Export(new OnnxGraph("state")).Floats);
    }

    private Memory Export(OnnxGraph g)
    {
        var m = new Memory(g, this);
        m.Read();
        m.Level();
        m.Recent();
        m.Remember();
        m.Score();
        if (HoldAbove is { } limit) m.Hold(limit);
        return m;
    }
}
