using PredMaint.Core.Alerts;
using PredMaint.Core.Models;
using PredMaint.Training.Anomaly;

namespace PredMaint.Training.Runs;

/// <summary>When a model alerts, and in a sentence why.</summary>
internal sealed record RunLimits(AlertPolicy Policy, string Reason)
{
    /// <summary>More likely than not.</summary>
    private const double ProbabilityRaiseAt = 0.5;

    /// <summary>Of raiseAt: below it, so that an alert does not flicker.</summary>
    private const double ClearShare = 0.8;

    /// <summary>One score alone tells little; of five, three in the same sense do.</summary>
    public static readonly MOfN RaiseAfter = new(3, 5);
    private static readonly MOfN ClearLifeAfter = new(5, 5);

    /// <param name="sound">Stretches of sound readings of machines that it has not learnt from.</param>
    public static RunLimits Choose(RunPlan plan, IModel model, IReadOnlyList<Series> sound)
    {
        if (plan.Network.Head == HeadKind.Life)
            return new RunLimits(
                new AlertPolicy { RaiseAt = (float)plan.LeadTime(), ClearAt = (float)Math.Min(plan.LeadTime() + plan.ClearMargin(), plan.Network.LifeLimit), RaiseAfter = RaiseAfter, ClearAfter = ClearLifeAfter, RaiseBelow = true },
                plan.RaiseAt is null ? "the default, a share of --life-limit" : "--raise-at");
        if (plan.RaiseAt is { } raiseAt) return new RunLimits(Above(raiseAt), "--raise-at");
        if (plan.Network.Head == HeadKind.Probability) return new RunLimits(Above(ProbabilityRaiseAt), "the default: more likely than not");
        return OfSound(Playback.Run(model, AlertPolicy.Never, sound, plan.Data.MaxGap), plan.FalseAlarms, plan.Seed);
    }

    /// <param name="traces">Scores of sound readings.</param>
    /// <param name="falseAlarms">That a machine may raise in 30 days.</param>
    public static RunLimits OfSound(IReadOnlyList<Trace> traces, double falseAlarms, int seed)
    {
        if (traces.Any(t => t.Series.TimesUs is null)) return Most("the data has no times");
        try
        {
            var limit = FalseAlarmLimit.Choose(traces, RaiseAfter, falseAlarms / FalseAlarmLimit.DaysAMonth, seed);
            return new RunLimits(limit.ToPolicy(RaiseAfter), FormattableString.Invariant($"{falseAlarms} false alarms a machine in 30 days, from {limit.Days:0.##} machine-days (95 %: {limit.RaiseAt.Low:G4} to {limit.RaiseAt.High:G4}){(limit.IsExtended ? "; beyond all that was seen there, by its fitted tail" : "")}"));
        }
        catch (DataException e)
        {
            return Most(e.Message, ";");
        }

        RunLimits Most(string reason, string then = ":") =>
            new(Limits.Choose(traces.Select(t => t.Scores.OfType<float>())), $"{reason}{then} above what most of {traces.Count} sound stretches come to");
    }

    private static AlertPolicy Above(double raiseAt) => new() { RaiseAt = (float)raiseAt, ClearAt = (float)(ClearShare * raiseAt), RaiseAfter = RaiseAfter, ClearAfter = RaiseAfter };
}
