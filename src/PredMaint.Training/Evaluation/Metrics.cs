using PredMaint.Core.Alerts;
using PredMaint.Training.Data;

namespace PredMaint.Training.Evaluation;

/// <summary>How alerts met a set of engines. An alarm is false where it is raised with more than 125 cycles to live.</summary>
/// <param name="DueEngines">Engines with at most 30 cycles to live at their last reading: all of those that ran to failure.</param>
/// <param name="DueAlarmed">Of those, engines with an alert standing at their last reading.</param>
/// <param name="LifeAtAlarm">Median of true cycles to live when those alerts were raised; null where there is none.</param>
internal sealed record AlarmMetrics(int Engines, int DueEngines, int DueAlarmed, int? LifeAtAlarm, int HealthyCycles, int FalseAlarms)
{
    private const int DueLife = 30;

    public static AlarmMetrics Of(AlertPolicy policy, IReadOnlyList<Trace> traces, Func<Trace, float?[]> score)
    {
        var played = traces.Select(trace => (trace.Engine, Scores: score(trace))).ToList();
        var alarms = played.SelectMany(p => Alarms.Play(policy, p.Engine, p.Scores)).ToList();
        var lives = alarms.Where(a => a.ClearedAt is null && IsDue(a.Engine)).Select(a => a.LifeAtRaise).Order().ToArray();
        return new AlarmMetrics(traces.Count, traces.Count(t => IsDue(t.Engine)), lives.Length, lives.Length == 0 ? null : lives[lives.Length / 2],
            played.Sum(p => p.Scores.Take(p.Engine.HealthyCycles).Count(s => s is not null)), alarms.Count(a => a.WhileHealthy));
    }

    private static bool IsDue(Engine engine) => engine.LifeAfterLast <= DueLife;
}

/// <summary>Errors of remaining life, in cycles, the truth clipped at 125.</summary>
/// <param name="Rmse">Of the median, which is the product's score.</param>
/// <param name="RmseExpected">Of the expectation.</param>
/// <param name="NasaScore">A sum over the predictions, of the median; see <see cref="LifeErrors.NasaScore"/>.</param>
internal sealed record LifeMetrics(int Predictions, double Rmse, double RmseExpected, double NasaScore, double NasaScoreExpected)
{
    /// <param name="cycles">Which cycles of an engine count.</param>
    public static LifeMetrics Of(IReadOnlyList<Trace> traces, Func<Engine, IEnumerable<int>> cycles)
    {
        var medians = Pairs((trace, cycle) => trace.MedianAt(cycle));
        var means = Pairs((trace, cycle) => trace.Expected[cycle]);
        return new LifeMetrics(medians.Count, LifeErrors.Rmse(medians), LifeErrors.Rmse(means), LifeErrors.NasaScore(medians), LifeErrors.NasaScore(means));

        List<(double, double)> Pairs(Func<Trace, int, double> predicted) =>
            [.. traces.SelectMany(trace => cycles(trace.Engine).Select(c => (predicted(trace, c), (double)Math.Min(trace.Engine.LifeAt(c), Cmapss.LifeLimit))))];
    }

    /// <summary>Share of cycles, of those with at most 125 to live, whose life lies between the outermost quantiles.</summary>
    public static double Coverage(IReadOnlyList<Trace> traces, int warmup)
    {
        var cycles = traces.SelectMany(trace => Enumerable.Range(0, trace.Engine.Cycles).Select(cycle => (trace, cycle, life: trace.Engine.LifeAt(cycle))));
        return cycles.Where(c => c.cycle >= warmup && c.life <= Cmapss.LifeLimit)
            .Average(c => c.trace.RulAt(c.cycle)[0] <= c.life && c.life <= c.trace.RulAt(c.cycle)[^1] ? 1.0 : 0);
    }
}

/// <param name="Test">At the last reading of each engine of FD001's official test.</param>
/// <param name="HeldOut">At every cycle after the warm-up of training engines that the weights never saw.</param>
/// <param name="HeldOutCoverage">Of the 90 % interval, there, where at most 125 cycles are left.</param>
/// <param name="Disagreement">Of the file and TorchSharp: see <see cref="Agreement"/>.</param>
internal sealed record FailureMetrics(LifeMetrics Test, LifeMetrics HeldOut, double HeldOutCoverage, AlarmMetrics HeldOutAlarms, double Disagreement);

/// <param name="HeldOut">Training engines from which neither weights nor limits come.</param>
/// <param name="MeanSquaredZ">Of their healthy cycles; 1 where the spread is honest.</param>
/// <param name="Test">All readings of FD001's official test.</param>
internal sealed record AnomalyMetrics(AlarmMetrics HeldOut, double MeanSquaredZ, AlarmMetrics Test, double TestMeanSquaredZ, double Disagreement)
{
    public static double MeanSquared(IReadOnlyList<Trace> traces) => traces
        .SelectMany(trace => Alarms.ForecastScores(trace).Take(trace.Engine.HealthyCycles)).OfType<float>().Average(score => (double)score * score);
}

/// <summary>A training's outcome, for metrics.json and for each manifest's <c>trained</c>.</summary>
internal sealed record TrainingMetrics(FailureMetrics Failure, AnomalyMetrics Anomaly);
