using PredMaint.Core.Alerts;
using PredMaint.Training.Anomaly;

namespace PredMaint.Training.Explain;

/// <summary>How a model that was chosen on some runs did on others.</summary>
/// <param name="RaiseAt">From sound rows of the runs that it was chosen on.</param>
/// <param name="F1">Of rows, over random cuts.</param>
/// <param name="FalseAlarmRate">Share of sound rows at which an alert stood.</param>
internal sealed record SkabResult(string Model, string Judged, float RaiseAt, Estimate F1, Estimate FalseAlarmRate);

/// <summary>
/// The test bench of SKAB. Its runs are halved by name; sensors and limit come from sound rows of one half, the other judges, and
/// the other way round. Faults begin at about the same row of every run, so a random number of rows after the 400 that are given to
/// learn from is lost: a clock is of no use.
/// </summary>
internal static class SkabTrial
{
    /// <summary>Share of sound rows that may score above the limit.</summary>
    private const double AboveLimit = 0.02;

    private const int MostLost = 150;
    private const int Cuts = 5;
    private static readonly MOfN AtOnce = new(1, 1);

    /// <param name="runs">Those without a labelled row are left out.</param>
    /// <param name="forecasts">File of an LSTM that was fitted on these runs; null for none.</param>
    public static IReadOnlyList<SkabResult> Run(IReadOnlyList<Series> runs, Func<IReadOnlyList<Series>, byte[]>? forecasts = null)
    {
        var labelled = runs.Where(r => r.Labels!.Contains(true)).OrderBy(r => r.Name, StringComparer.Ordinal).ToList();
        IReadOnlyList<Series>[] halves = [.. Enumerable.Range(0, 2).Select(half => labelled.Where((_, i) => i % 2 == half).ToList())];
        var results = new List<SkabResult>();
        foreach (var (chosen, judged, name) in new[] { (halves[0], halves[1], "second"), (halves[1], halves[0], "first") })
        {
            results.Add(Memory(chosen, judged, name));
            if (forecasts is not null) results.Add(Judge("LSTM forecast", forecasts(chosen), chosen, judged, name));
        }
        return results;
    }

    private static SkabResult Memory(IReadOnlyList<Series> chosen, IReadOnlyList<Series> judged, string name)
    {
        var memory = new PatternMemory(Fleet.SteadySensors([.. chosen.Select(r => r.Part(0, r.History))])) { Smoothing = 12, Taps = 1, Patterns = 128, DistanceSmoothing = 1 };
        var limit = Limit(Draft(memory with { HoldAbove = null }), chosen);
        return Judge("pattern memory", Draft(memory with { HoldAbove = limit }), limit, judged, name);
    }

    private static SkabResult Judge(string model, byte[] file, IReadOnlyList<Series> chosen, IReadOnlyList<Series> judged, string name) => Judge(model, file, Limit(file, chosen), judged, name);

    private static SkabResult Judge(string model, byte[] file, float limit, IReadOnlyList<Series> judged, string name)
    {
        var policy = new AlertPolicy { RaiseAt = limit, ClearAt = limit * PatternMemory.ReleaseShare, RaiseAfter = AtOnce, ClearAfter = AtOnce };
        var metrics = Enumerable.Range(1, Cuts).Select(seed =>
        {
            var random = new Random(seed);
            return DetectionMetrics.Of(Play(file, policy, [.. judged.Select(r => r.Without(r.History, random.Next(MostLost + 1)))]), window: 0);
        }).ToList();
        return new SkabResult(model, name, limit, Statistics.Mean([.. metrics.Select(m => m.F1)]), Statistics.Mean([.. metrics.Select(m => m.FalseAlarmRate)]));
    }

    /// <summary>What so many sound rows, before the first fault of their run, score above.</summary>
    private static float Limit(byte[] file, IReadOnlyList<Series> chosen)
    {
        var scores = Play(file, AlertPolicy.Never, chosen).SelectMany(t => t.Scores.Take(FirstFault(t.Series)).Skip(t.Series.History)).OfType<float>().Order().ToArray();
        return scores[(int)((1 - AboveLimit) * (scores.Length - 1))];

        static int FirstFault(Series run) => Array.IndexOf(run.Labels!, true, run.History) is var first and >= 0 ? first : run.Steps;
    }

    private static IReadOnlyList<Trace> Play(byte[] file, AlertPolicy policy, IReadOnlyList<Series> runs) => Playback.OfDraft(draft => File.WriteAllBytes(draft, file), policy, runs);

    private static byte[] Draft(PatternMemory memory) => memory.ToBytes(new ModelName("skab-anomaly", "1"), alert: null, trained: null);
}
