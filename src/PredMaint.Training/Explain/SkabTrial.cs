using PredMaint.Core.Alerts;
using PredMaint.Training.Anomaly;

namespace PredMaint.Training.Explain;

/// <summary>How a model that was chosen on some runs did on others.</summary>
/// <param name="Settings">Chosen on the other half.</param>
/// <param name="RaiseAt">From sound rows of the other half.</param>
/// <param name="F1">Of rows, over random cuts.</param>
/// <param name="FalseAlarmRate">Share of sound rows at which an alert stood.</param>
internal sealed record SkabResult(string Model, string Judged, string Settings, float RaiseAt, Estimate F1, Estimate FalseAlarmRate);

/// <summary>
/// The test bench of SKAB. Its runs are halved by name; sensors, settings and limit come from one half, the limit from its sound rows
/// alone, the other judges, and the other way round. Faults begin at about the same row of every run, so a random number of sound
/// rows after the 400 that are given to learn from is lost: a clock is of no use.
/// </summary>
internal static class SkabTrial
{
    /// <summary>Share of sound rows that may score above the limit.</summary>
    private const double AboveLimit = 0.02;

    private const int MostLost = 150;
    private const int JudgedCuts = 5;
    private const int ChosenCuts = 3;
    private static readonly MOfN AtOnce = new(1, 1);

    /// <summary>What is tried: its sensors hold levels, so a pattern is one.</summary>
    private static readonly IReadOnlyList<PatternMemory> Settings = [.. ((int[])[4, 8, 12, 16]).Select(smoothing => new PatternMemory([]) { Smoothing = smoothing, Taps = 1, DistanceSmoothing = 1 })];

    /// <param name="runs">Those without a labelled row are left out.</param>
    /// <param name="forecast">File of an LSTM that is fitted on the first rows of these runs and these sensors; null for none.</param>
    public static IReadOnlyList<SkabResult> Run(IReadOnlyList<Series> runs, Func<IReadOnlyList<Series>, IReadOnlyList<string>, byte[]>? forecast = null)
    {
        var labelled = runs.Where(r => r.Labels!.Contains(true)).OrderBy(r => r.Name, StringComparer.Ordinal).ToList();
        IReadOnlyList<Series>[] halves = [.. Enumerable.Range(0, 2).Select(half => labelled.Where((_, i) => i % 2 == half).ToList())];
        var results = new List<SkabResult>();
        foreach (var (chosen, judged, name) in new[] { (halves[0], halves[1], "second"), (halves[1], halves[0], "first") })
        {
            var sensors = Fleet.SteadySensors([.. chosen.Select(r => r.Part(0, Math.Min(r.History, r.HealthySteps()))).Where(r => r.Steps > 0)]);
            var best = Settings.Select(s => Held(s with { Features = sensors }, chosen)).MaxBy(s => Merit(Judge(Draft(s), s.HoldAbove!.Value, chosen, ChosenCuts)))!;
            results.Add(Result("pattern memory", Draft(best), best.HoldAbove!.Value, $"smoothed over {best.Smoothing}"));
            var asItIs = new PatternMemory(sensors);
            results.Add(Result("pattern memory as it is", Draft(asItIs), asItIs.HoldAbove!.Value));
            if (forecast?.Invoke(chosen, sensors) is { } file) results.Add(Result("LSTM forecast", file, Limit(file, chosen)));

            SkabResult Result(string model, byte[] judgedFile, float limit, string settings = "")
            {
                var (f1, falseAlarmRate) = Judge(judgedFile, limit, judged, JudgedCuts);
                return new SkabResult(model, name, settings, limit, f1, falseAlarmRate);
            }
        }
        return results;
    }

    /// <summary>One is as much wanted as the other is not.</summary>
    private static double Merit((Estimate F1, Estimate FalseAlarmRate) judged) => judged.F1.Value - judged.FalseAlarmRate.Value;

    private static PatternMemory Held(PatternMemory memory, IReadOnlyList<Series> chosen) => memory with { HoldAbove = Limit(Draft(memory with { HoldAbove = null }), chosen) };

    private static (Estimate F1, Estimate FalseAlarmRate) Judge(byte[] file, float limit, IReadOnlyList<Series> runs, int cuts)
    {
        var policy = new AlertPolicy { RaiseAt = limit, ClearAt = limit * PatternMemory.ReleaseShare, RaiseAfter = AtOnce, ClearAfter = AtOnce };
        var metrics = Enumerable.Range(1, cuts).Select(seed =>
        {
            var random = new Random(seed);
            // In one run the fault began before row 400.
            var cut = runs.Select(r => r.Without(r.History, Math.Min(random.Next(MostLost + 1), FirstFault(r) - r.History)));
            return DetectionMetrics.Of(Play(file, policy, [.. cut]), window: 0);
        }).ToList();
        return (Statistics.Mean([.. metrics.Select(m => m.F1)]), Statistics.Mean([.. metrics.Select(m => m.FalseAlarmRate)]));
    }

    /// <summary>What so many sound rows, before the first fault of their run, score above.</summary>
    private static float Limit(byte[] file, IReadOnlyList<Series> chosen)
    {
        var scores = Play(file, AlertPolicy.Never, chosen).SelectMany(t => t.Scores.Take(FirstFault(t.Series)).Skip(t.Series.History)).OfType<float>();
        return Statistics.Quantile(scores, 1 - AboveLimit);
    }

    /// <summary>After the rows that are given.</summary>
    private static int FirstFault(Series run) => Array.IndexOf(run.Labels!, true, run.History) is var first and >= 0 ? first : run.Steps;

    private static IReadOnlyList<Trace> Play(byte[] file, AlertPolicy policy, IReadOnlyList<Series> runs) => Playback.OfDraft(draft => File.WriteAllBytes(draft, file), policy, runs);

    private static byte[] Draft(PatternMemory memory) => memory.ToBytes(new ModelName("skab-anomaly", "1"), alert: null, trained: null);
}
