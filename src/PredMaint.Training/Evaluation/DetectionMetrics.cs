namespace PredMaint.Training.Evaluation;

/// <summary>How scores and alerts met labelled anomalies. No point adjustment: a step counts for what it is.</summary>
/// <param name="AucPr">Area under precision and recall of all steps' scores together, as average precision.</param>
/// <param name="VusPr">Tolerant of labels that are off by a few steps, the mean over the machines that have labelled ones: see <see cref="Ranking.VusPr"/>.</param>
/// <param name="Precision">Of steps at which an alert stood; NaN where none did.</param>
/// <param name="FalseAlarmRate">Share of normal steps at which an alert stood.</param>
/// <param name="EventRecall">Share of labelled stretches during which an alert stood.</param>
/// <param name="FalseAlarmsPerDay">Alerts that stood at no labelled step, in a day of normal steps; null where the data has no times, as the delay.</param>
/// <param name="DelaySeconds">Median of the times from the begin of a stretch to the first alert in it; null where there was none.</param>
internal sealed record DetectionMetrics(
    int Steps, int Anomalous, double AucPr, double VusPr, double Precision, double Recall, double F1, double FalseAlarmRate,
    Estimate EventRecall, Estimate? FalseAlarmsPerDay, double? DelaySeconds)
{
    public const int DefaultWindow = 100;

    /// <summary>Of VUS-PR and F1, over which machines there might have been.</summary>
    public Estimate VusPrRange { get; private init; }

    public Estimate F1Range { get; private init; }

    /// <summary>Alerts that stood at no labelled step.</summary>
    public int FalseAlarms { get; private init; }

    /// <summary>Labelled stretches during which none stood.</summary>
    public int MissedEvents { get; private init; }

    /// <summary>Where no step is labelled as anomalous, all that depends on one is NaN.</summary>
    /// <param name="window">Of <see cref="Ranking.VusPr"/>, in steps.</param>
    public static DetectionMetrics Of(IReadOnlyList<Trace> traces, int window)
    {
        var (standing, wrong, normal, anomalous, hit) = (0, 0, 0, 0, 0);
        var (stretches, found, falseAlarms, normalSeconds) = (0, 0, 0, 0.0);
        var delays = new List<double>();
        var machines = traces.Select(Judged.Of).ToList();
        foreach (var (series, labels, alerts, _) in machines)
        {
            for (var step = 0; step < labels.Length; step++)
            {
                standing += alerts[step] ? 1 : 0;
                anomalous += labels[step] ? 1 : 0;
                hit += alerts[step] && labels[step] ? 1 : 0;
                wrong += alerts[step] && !labels[step] ? 1 : 0;
                normal += labels[step] ? 0 : 1;
            }
            normalSeconds += series.StepSeconds * labels.Count(l => !l);
            foreach (var (from, to) in Ranking.Ranges(labels))
            {
                stretches++;
                var first = Array.IndexOf(alerts, true, from, to - from);
                if (first < 0) continue;
                found++;
                if (series.TimesUs is not null) delays.Add((series.TimeUs(series.History + first) - series.TimeUs(series.History + from)) / 1e6);
            }
            falseAlarms += Ranking.Ranges(alerts).Count(r => Array.IndexOf(labels, true, r.From, r.To - r.From) < 0);
        }
        var (precision, recall) = ((double)hit / standing, (double)hit / anomalous);
        delays.Sort();
        var vus = Statistics.Resampled([.. machines.Where(m => m.Labels.Contains(true)).Select(m => Ranking.VusPr(m.Scores, m.Labels, window))], sample => sample.Average());
        var counts = machines.Select(m => (Hit: m.Alerts.Zip(m.Labels).Count(s => s.First && s.Second), Either: m.Alerts.Count(s => s) + m.Labels.Count(l => l))).ToList();
        return new DetectionMetrics(
            normal + anomalous, anomalous, Ranking.AveragePrecision([.. machines.SelectMany(m => m.Scores)], [.. machines.SelectMany(m => m.Labels)]),
            vus.Value,
            precision, recall, anomalous == 0 ? double.NaN : 2.0 * hit / (standing + anomalous), (double)wrong / normal,
            Statistics.Share(found, stretches), traces.All(t => t.Series.TimesUs is not null) ? Statistics.Rate(falseAlarms, normalSeconds / TimeSpan.SecondsPerDay) : null, delays.Count == 0 ? null : delays[delays.Count / 2])
        {
            VusPrRange = vus, FalseAlarms = falseAlarms, MissedEvents = stretches - found,
            F1Range = Statistics.Resampled(counts, sample => anomalous == 0 ? double.NaN : 2.0 * sample.Sum(c => c.Hit) / sample.Sum(c => c.Either)),
        };
    }

    /// <summary>By step, after the history.</summary>
    private readonly record struct Judged(Series Series, bool[] Labels, bool[] Alerts, float[] Scores)
    {
        public static Judged Of(Trace t) => new(t.Series, t.Labels[t.Series.History..], t.Standing[t.Series.History..], t.KnownScores[t.Series.History..]);
    }
}

/// <summary>How well scores rank anomalous steps above normal ones.</summary>
internal static class Ranking
{
    /// <summary>Of a curve of ranges: as many as its authors take.</summary>
    private const int Thresholds = 250;

    /// <summary>The mean of the precisions at each anomalous step, from the highest score down; steps of the same score count together.</summary>
    public static double AveragePrecision(IReadOnlyList<float> scores, IReadOnlyList<bool> labels)
    {
        var positives = labels.Count(l => l);
        var (sum, seen, hits) = (0.0, 0, 0);
        foreach (var same in scores.Select((score, i) => (score, labels[i])).GroupBy(s => s.score, s => s.Item2).OrderByDescending(g => g.Key))
        {
            var before = hits;
            seen += same.Count();
            hits += same.Count(l => l);
            sum += (hits - before) * ((double)hits / seen);
        }
        return sum / positives;
    }

    /// <summary>
    /// Volume under the surface of range-aware precision and recall (Paparrizos et al. 2022, PVLDB 15(11)): a label fades out over
    /// a buffer at its ends, recall counts how many of the ranges were met at all, and the area is averaged over all buffers up to
    /// <paramref name="window"/> steps.
    /// </summary>
    public static double VusPr(float[] scores, bool[] labels, int window)
    {
        var sorted = scores.OrderDescending().ToArray();
        var limits = Enumerable.Range(0, Thresholds).Select(i => sorted[(int)((long)i * (sorted.Length - 1) / (Thresholds - 1))]).ToArray();
        // A score is predicted from that limit on, the highest first.
        var predictedFrom = scores.Select(score => Array.FindIndex(limits, limit => score >= limit)).ToArray();
        var predicted = limits.Select(limit => scores.Count(s => s >= limit)).ToArray();
        return Enumerable.Range(0, window + 1).Average(buffer => RangePr(labels, predictedFrom, predicted, buffer));
    }

    /// <summary>[From, To) of the stretches of true.</summary>
    public static IEnumerable<(int From, int To)> Ranges(bool[] flags)
    {
        for (var from = 0; from < flags.Length; from++)
        {
            if (!flags[from]) continue;
            var to = from;
            while (to < flags.Length && flags[to]) to++;
            yield return (from, to);
            from = to;
        }
    }

    private static double RangePr(bool[] labels, int[] predictedFrom, int[] predicted, int buffer)
    {
        var soft = Soften(labels, buffer);
        var ranges = Ranges([.. soft.Select(s => s > 0)]).ToList();
        var positives = labels.Count(l => l);
        // What is added as a limit is reached.
        var (hits, mass, met) = (new double[predicted.Length], new double[predicted.Length], new int[predicted.Length]);
        foreach (var (from, to) in ranges)
        {
            for (var step = from; step < to; step++)
            {
                hits[predictedFrom[step]] += soft[step];
                // In its buffers a range asks for nothing; what is predicted there counts as far as the label has not faded.
                if (!labels[step]) mass[predictedFrom[step]] += soft[step];
            }
            met[predictedFrom.AsSpan(from..to).ToArray().Min()]++;
        }
        var (area, before, hit, asked, ofRanges) = (0.0, 0.0, 0.0, (double)positives, 0);
        for (var i = 0; i < predicted.Length; i++)
        {
            hit += hits[i];
            asked += mass[i];
            ofRanges += met[i];
            var recall = Math.Min(hit / ((positives + asked) / 2), 1) * ofRanges / ranges.Count;
            area += (recall - before) * (hit / predicted[i]);
            before = recall;
        }
        return area;
    }

    private static double[] Soften(bool[] labels, int buffer)
    {
        var soft = labels.Select(l => l ? 1.0 : 0).ToArray();
        foreach (var (from, to) in Ranges(labels))
            for (var d = 1; d <= buffer / 2; d++)
            {
                var weight = Math.Sqrt(1 - (double)d / buffer);
                if (from - d >= 0) soft[from - d] = Math.Min(1, soft[from - d] + weight);
                if (to - 1 + d < soft.Length) soft[to - 1 + d] = Math.Min(1, soft[to - 1 + d] + weight);
            }
        return soft;
    }
}
