using PredMaint.Core.Alerts;
using PredMaint.Training.Anomaly;
using PredMaint.Training.Data;
using PredMaint.Training.Evaluation;

namespace PredMaint.Training.Tests;

public sealed class DetectionTests
{
    [Fact]
    public void Average_precision_is_the_mean_of_precisions_at_the_anomalies() =>
        // Ranked 1, 0, 1, 0: (1/1 + 2/3) / 2.
        Assert.Equal((1 + 2 / 3.0) / 2, Ranking.AveragePrecision([0.9f, 0.8f, 0.7f, 0.1f], [true, false, true, false]), 12);

    [Fact]
    public void Steps_of_one_score_count_together() => Assert.Equal(0.25, Ranking.AveragePrecision([1, 1, 1, 1], [true, false, false, false]), 12);

    [Fact]
    public void VUS_PR_is_near_1_for_scores_that_are_the_labels_and_the_share_of_anomalies_for_scores_that_say_nothing()
    {
        var labels = Labels(2000, (500, 600), (1500, 1600));
        Assert.InRange(Ranking.VusPr([.. labels.Select(l => l ? 1f : 0)], labels, window: 50), 0.85, 1);
        var random = new Random(1);
        Assert.InRange(Ranking.VusPr([.. labels.Select(_ => random.NextSingle())], labels, window: 50), 0.07, 0.16);
    }

    [Fact]
    public void VUS_PR_forgives_a_score_that_is_a_little_late_more_than_one_that_is_elsewhere()
    {
        var labels = Labels(1000, (500, 520));
        double Shifted(int steps) => Ranking.VusPr([.. Enumerable.Range(0, 1000).Select(i => i >= 500 + steps && i < 520 + steps ? 1f : 0)], labels, window: 40);
        Assert.True(Shifted(0) > Shifted(8) && Shifted(8) > Shifted(25), $"{Shifted(0)} {Shifted(8)} {Shifted(25)}");
        // Without buffers it is the plain curve's.
        Assert.Equal(1, Ranking.VusPr([.. labels.Select(l => l ? 1f : 0)], labels, window: 0), 12);
    }

    [Fact]
    public void Alerts_are_judged_by_steps_events_and_delay()
    {
        var series = new Series("m", ["s"], new float[100], 0) { Labels = Labels(100, (20, 30), (60, 70)), TimesUs = [.. Enumerable.Range(0, 100).Select(i => 1_000_000L * i)] };
        var trace = new Trace(series);
        Alert(trace, 23, 33);
        Alert(trace, 80, 85);
        for (var i = 0; i < 100; i++) trace.Scores[i] = series.Labels[i] ? 1 : 0;
        var metrics = DetectionMetrics.Of([trace], window: 0);
        Assert.Equal((100, 20), (metrics.Steps, metrics.Anomalous));
        Assert.Equal(7 / 15.0, metrics.Precision, 12);
        Assert.Equal(7 / 20.0, metrics.Recall, 12);
        Assert.Equal(8 / 80.0, metrics.FalseAlarmRate, 12);
        Assert.Equal(0.5, metrics.EventRecall.Value);
        Assert.Equal((1, 1), (metrics.FalseAlarms, metrics.MissedEvents));
        Assert.Equal(3, metrics.DelaySeconds);
        Assert.Equal(1 / (80 / 86_400.0), metrics.FalseAlarmsPerDay!.Value.Value, 6);
        Assert.Equal((1.0, 1.0), (metrics.AucPr, metrics.VusPr));
    }

    /// <summary>Scores that remember: each is nine tenths of the last and some noise.</summary>
    [Fact]
    public void A_limit_from_two_days_is_crossed_about_as_often_as_was_asked_for_in_the_next_hundred()
    {
        var rule = new MOfN(3, 5);
        var limit = FalseAlarmLimit.Choose([Scored(days: 2, seed: 1)], rule, alarmsPerDay: 0.5, seed: 1);
        Assert.True(limit.RaiseAt.Low < limit.RaiseAt.Value && limit.RaiseAt.Value < limit.RaiseAt.High, $"{limit.RaiseAt}");
        var alarms = Enumerable.Range(10, 50).Sum(seed => Raised([.. Scored(days: 2, seed).Scores.Select(s => s!.Value)], rule, (float)limit.RaiseAt.Value));
        // 50 were asked for; the limit's own uncertainty is about a factor of three.
        Assert.InRange(alarms, 10, 200);
        Assert.True(limit.ClearAt < limit.RaiseAt.Value);
    }

    [Fact]
    public void Too_few_scores_give_no_limit() =>
        Assert.Contains("give more clean readings", Assert.Throws<DataException>(() => FalseAlarmLimit.Choose([Scored(days: 0.002, seed: 1)], new MOfN(3, 5), 1, seed: 1)).Message, StringComparison.Ordinal);

    private static int Raised(float[] scores, MOfN rule, float limit)
    {
        var (count, last) = (0, -rule.N);
        for (var i = rule.N; i <= scores.Length; i++)
            if (scores[(i - rule.N)..i].Count(s => s > limit) >= rule.M)
            {
                if (i - last > rule.N) count++;
                last = i;
            }
        return count;
    }

    /// <summary>A score every ten seconds.</summary>
    private static Trace Scored(double days, int seed)
    {
        var random = new Random(seed);
        var steps = (int)(days * 8640);
        var trace = new Trace(new Series($"m{seed}", ["s"], new float[steps], 0) { TimesUs = [.. Enumerable.Range(0, steps).Select(i => 10_000_000L * i)] });
        var level = 0.0;
        for (var i = 0; i < steps; i++)
        {
            level = 0.9 * level + Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            trace.Scores[i] = (float)Math.Abs(level);
        }
        return trace;
    }

    private static void Alert(Trace trace, int from, int to)
    {
        foreach (var (step, change) in new[] { (from, AlertChange.Raised), (to, AlertChange.Cleared) })
            trace.Events.Add(new AlertEvent { MachineId = "m", Change = change, Model = new AlertModel("anomaly", "a", "1", "", 1, 1), Severity = Severity.Warning, Reason = "score", Active = change == AlertChange.Raised, TimeUs = 1_000_000L * step, OnsetUs = 0, Topic = "t", Partition = 0, Offset = step });
    }

    private static bool[] Labels(int steps, params (int From, int To)[] anomalies) => [.. Enumerable.Range(0, steps).Select(i => anomalies.Any(a => i >= a.From && i < a.To))];
}
