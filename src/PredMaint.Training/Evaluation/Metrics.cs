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

    public static AlarmMetrics Of(IReadOnlyList<Trace> traces)
    {
        var due = traces.Where(t => t.Engine.LifeAfterLast <= DueLife).ToList();
        var lives = due.Where(t => t.IsAlarmed).Select(t => t.Engine.LifeAt(t.Raised.Last())).Order().ToArray();
        return new AlarmMetrics(traces.Count, due.Count, lives.Length, lives.Length == 0 ? null : lives[lives.Length / 2],
            traces.Sum(t => t.HealthyScores.Count()), traces.Sum(t => t.Raised.Count(cycle => cycle < t.Engine.HealthyCycles)));
    }
}

/// <summary>Errors of remaining life, in cycles, the truth clipped at 125.</summary>
/// <param name="Rmse">Of the median, which is the product's score.</param>
/// <param name="RmseExpected">Of the expectation.</param>
/// <param name="NasaScore">A sum over the predictions, of the median; see <see cref="LifeErrors.NasaScore"/>.</param>
internal sealed record LifeMetrics(int Predictions, double Rmse, double RmseExpected, double NasaScore, double NasaScoreExpected)
{
    public static LifeMetrics Of(IEnumerable<(RemainingLife Said, int True)> lives)
    {
        var clipped = lives.Select(l => (l.Said, True: (double)Math.Min(l.True, Cmapss.LifeLimit))).ToList();
        var medians = clipped.ConvertAll(l => ((double)l.Said.Median, l.True));
        var means = clipped.ConvertAll(l => ((double)l.Said.Expected!.Value, l.True));
        return new LifeMetrics(clipped.Count, LifeErrors.Rmse(medians), LifeErrors.Rmse(means), LifeErrors.NasaScore(medians), LifeErrors.NasaScore(means));
    }

    /// <summary>Share of cycles, of those with at most 125 to live, whose life lies between the outermost quantiles.</summary>
    public static double Coverage(IEnumerable<(RemainingLife Said, int True)> lives) =>
        lives.Where(l => l.True <= Cmapss.LifeLimit).Average(l => l.Said.Low <= l.True && l.True <= l.Said.High ? 1.0 : 0);
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
    public static double MeanSquared(IReadOnlyList<Trace> traces) => traces.SelectMany(t => t.HealthyScores).Average(score => (double)score * score);
}

/// <summary>A training's outcome, for metrics.json and for each manifest's <c>trained</c>.</summary>
internal sealed record TrainingMetrics(FailureMetrics Failure, AnomalyMetrics Anomaly);

/// <summary>Errors of remaining life, in cycles, over pairs of what was predicted and what was true.</summary>
public static class LifeErrors
{
    public static double Rmse(IEnumerable<(double Predicted, double True)> lives) =>
        Math.Sqrt(lives.Average(p => (p.Predicted - p.True) * (p.Predicted - p.True)));

    /// <summary>
    /// The score of the PHM08 challenge (Saxena et al. 2008), a sum over engines; less is better, and a life predicted too long
    /// costs more than one too short: e^(d/10)-1 where d = predicted - true is positive, else e^(-d/13)-1.
    /// </summary>
    public static double NasaScore(IEnumerable<(double Predicted, double True)> lives) =>
        lives.Sum(p => Math.Exp(p.Predicted >= p.True ? (p.Predicted - p.True) / 10 : (p.True - p.Predicted) / 13) - 1);
}
