using PredMaint.Core.Alerts;

namespace PredMaint.Core.Tests.Alerts;

/// <summary>The alert of contracts.md, "M of N", word by word: lists of scores, counted anew each time.</summary>
internal sealed class NaiveAlert(AlertPolicy policy)
{
    private readonly List<(float Score, long TimeUs)> sinceTransition = [];

    public bool Active { get; private set; }

    public Severity Severity { get; private set; }

    public long OnsetUs { get; private set; }

    public void GapOrReset() => sinceTransition.Clear();

    public AlertChange Step(float score, long timeUs)
    {
        sinceTransition.Add((score, timeUs));
        var change = Decide();
        if (change != AlertChange.None) sinceTransition.Clear();
        return change;
    }

    private AlertChange Decide()
    {
        var raiseWindow = sinceTransition.TakeLast(policy.RaiseAfter.N).ToList();
        if (!Active)
        {
            var counted = raiseWindow.Where(s => IsBeyond(s.Score, policy.RaiseAt)).ToList();
            if (counted.Count < policy.RaiseAfter.M) return AlertChange.None;
            (Active, OnsetUs, Severity) = (true, counted[0].TimeUs, SeverityOf(counted[^1].Score));
            return AlertChange.Raised;
        }
        var clear = sinceTransition.TakeLast(policy.ClearAfter.N).Count(s => policy.RaiseBelow ? s.Score >= policy.ClearAt : s.Score <= policy.ClearAt);
        if (clear >= policy.ClearAfter.M)
        {
            Active = false;
            return AlertChange.Cleared;
        }
        foreach (var other in Enum.GetValues<Severity>().Where(s => s != Severity))
        {
            if (raiseWindow.Count(s => IsBeyond(s.Score, policy.RaiseAt) && SeverityOf(s.Score) == other) < policy.RaiseAfter.M) continue;
            Severity = other;
            return AlertChange.Changed;
        }
        return AlertChange.None;
    }

    private Severity SeverityOf(float score)
    {
        var passed = policy.Levels.Where(l => IsBeyond(score, l.At)).ToList();
        if (passed.Count == 0) return policy.Severity;
        return (policy.RaiseBelow ? passed.MinBy(l => l.At) : passed.MaxBy(l => l.At)).Severity;
    }

    private bool IsBeyond(float score, float limit) => policy.RaiseBelow ? score < limit : score > limit;
}
