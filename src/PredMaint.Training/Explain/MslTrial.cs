using PredMaint.Core.Alerts;
using PredMaint.Training.Anomaly;

namespace PredMaint.Training.Explain;

/// <summary>How a model whose settings were chosen on half of the channels did on the others.</summary>
internal sealed record MslResult(string Model, string Judged, string Settings, double VusPr);

/// <summary>
/// NASA's MSL telemetry: each channel a stream, its training rows first; scores come reading by reading, so from the past alone.
/// Channels are halved by name; settings, how many lengths of patterns are compared among them, are chosen by the mean VUS-PR of one half
/// and judged on the other, and the other way round.
/// </summary>
internal static class MslTrial
{
    public const string Telemetry = "telemetry";

    /// <summary>Time constant over which an LSTM's errors are smoothed: alone they say much less.</summary>
    private const int ErrorSmoothing = 50;

    private static readonly float[] Weights = [0, 0.01f, 0.03f, 0.1f, 0.3f, 1];

    /// <summary>Nothing is held: what is new for the second time is not anomalous any more.</summary>
    public static PatternMemory Shipped { get; } = new([Telemetry]) { Smoothing = 1, Taps = 8, Scales = 3, Patterns = 512, Lasting = 0, Delay = 5, DistanceSmoothing = 50, HoldAbove = null };

    /// <summary>What is tried.</summary>
    public static IReadOnlyList<PatternMemory> Settings { get; } =
    [
        .. from taps in (int[])[4, 8, 16] from scales in (int[])[1, 3] from delay in (int[])[5, 10, 20] from smoothing in (int[])[20, 50] select Shipped with { Taps = taps, Scales = scales, Delay = delay, DistanceSmoothing = smoothing },
    ];

    /// <param name="channels">Of <see cref="Msl.Both"/>.</param>
    /// <param name="forecast">File of an LSTM that was fitted on the training rows; null for none.</param>
    public static IReadOnlyList<MslResult> Run(IReadOnlyList<Series> channels, IReadOnlyList<PatternMemory> settings, byte[]? forecast = null)
    {
        var (memory, names) = (settings.Select(s => ScoresOf(s, channels)).ToList(), settings.Select(s => $"patterns of {string.Join('+', Enumerable.Range(0, s.Scales).Select(scale => s.Taps >> scale))}, {s.Delay} steps later, smoothed over {s.DistanceSmoothing}").ToList());
        var results = Across("pattern memory", names, [.. memory.Select(s => VusPr(s, channels))]);
        var asItIs = VusPr(ScoresOf(new PatternMemory([Telemetry]), channels), channels);
        results = [.. results, .. Across("pattern memory as it is", [""], [asItIs])];
        if (forecast is null) return results;
        var errors = ScoresOf(forecast, channels).Select(Smooth).ToList();
        results = [.. results, .. Across("LSTM forecast", [$"smoothed over {ErrorSmoothing}"], [VusPr(errors, channels)])];
        var both = from m in memory.Select((scores, i) => (Scores: scores, Name: names[i])) from weight in Weights select (m.Name, Weight: weight, Scores: m.Scores.Zip(errors, (a, b) => a.Zip(b, (x, y) => x + weight * y).ToArray()).ToList());
        var tried = both.Select(b => (Name: FormattableString.Invariant($"{b.Name}, LSTM x {b.Weight}"), VusPr: VusPr(b.Scores, channels))).ToList();
        return [.. results, .. Across("both", [.. tried.Select(t => t.Name)], [.. tried.Select(t => t.VusPr)])];
    }

    /// <summary>By channel and step after its history.</summary>
    public static IReadOnlyList<float[]> ScoresOf(PatternMemory memory, IReadOnlyList<Series> channels) => ScoresOf(memory.ToBytes(new ModelName("msl-anomaly", "1"), alert: null, trained: null), channels);

    private static IReadOnlyList<float[]> ScoresOf(byte[] file, IReadOnlyList<Series> channels) =>
        [.. Playback.OfDraft(draft => File.WriteAllBytes(draft, file), AlertPolicy.Never, channels).Select(t => t.KnownScores[t.Series.History..])];

    /// <summary>By channel.</summary>
    private static double[] VusPr(IReadOnlyList<float[]> scores, IReadOnlyList<Series> channels) => [.. scores.Zip(channels, (s, c) => Ranking.VusPr(s, c.Labels![c.History..], DetectionMetrics.DefaultWindow))];

    private static float[] Smooth(float[] errors)
    {
        var level = 0f;
        return [.. errors.Select(e => level += (e - level) / ErrorSmoothing)];
    }

    /// <summary>The best of one half, on the other.</summary>
    private static List<MslResult> Across(string model, List<string> names, List<double[]> byChannel)
    {
        return [.. new[] { (Chosen: 0, Name: "second"), (Chosen: 1, Name: "first") }.Select(h =>
        {
            var best = Enumerable.Range(0, names.Count).MaxBy(i => Mean(i, h.Chosen));
            return new MslResult(model, h.Name, names[best], Mean(best, 1 - h.Chosen));
        })];

        double Mean(int i, int half) => byChannel[i].Where((_, channel) => channel % 2 == half).Average();
    }
}
