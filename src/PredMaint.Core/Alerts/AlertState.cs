using System.Numerics;

namespace PredMaint.Core.Alerts;

public enum AlertChange { None, Raised, Changed, Cleared }

/// <summary>
/// The alert of one machine and model: active or not, and the windows that M of N are counted over. A plain object: it is
/// part of the machine's snapshot.
/// </summary>
public sealed class AlertState
{
    public bool Active { get; set; }

    public Severity Severity { get; set; }

    /// <summary>Event time of the oldest counted score of the window that raised, microseconds.</summary>
    public long OnsetUs { get; set; }

    /// <summary>Scores since the windows were emptied, at most 64; the newest is bit 0 of the words below.</summary>
    public int Counted { get; set; }

    /// <summary>Two bits a score: 0 did not pass raiseAt, else 1 + severity.</summary>
    public ulong LevelLow { get; set; }

    public ulong LevelHigh { get; set; }

    /// <summary>One bit a score: it is on the clear side of clearAt.</summary>
    public ulong Clear { get; set; }

    /// <summary>Event times of the last N scores, a ring; empty while N is 1.</summary>
    public long[] TimesUs { get; set; } = [];

    /// <summary>Where the newest time stands in the ring.</summary>
    public int TimesAt { get; set; }

    /// <summary>A gap, a reset or a score that is not finite: what was counted does not count on.</summary>
    public void EmptyWindows() => (Counted, LevelLow, LevelHigh, Clear) = (0, 0, 0, 0);

    /// <summary>The alert is cleared without a score.</summary>
    public void End()
    {
        Active = false;
        EmptyWindows();
    }

    /// <summary>Counts one score; at most one transition follows, after which both windows are empty.</summary>
    public AlertChange Step(AlertPolicy policy, float score, long timeUs)
    {
        var level = Count(policy, score, timeUs);
        var change = Decide(policy, level);
        if (change == AlertChange.None) return change;
        if (change == AlertChange.Raised) OnsetUs = OldestCounted(policy, timeUs);
        Active = change != AlertChange.Cleared;
        if (Active) Severity = (Severity)(level - 1);
        EmptyWindows();
        return change;
    }

    /// <summary>Counts one score and decides nothing: what followed from it was published before.</summary>
    /// <returns>0 where the score did not pass raiseAt, else 1 + severity.</returns>
    internal int Count(AlertPolicy policy, float score, long timeUs)
    {
        var level = policy.Raises(score) ? 1 + (int)policy.SeverityOf(score) : 0;
        Push(policy, score, level, timeUs);
        return level;
    }

    private AlertChange Decide(AlertPolicy policy, int level)
    {
        var window = Mask(policy.RaiseAfter.N);
        if (!Active)
            return level > 0 && Holds((LevelLow | LevelHigh) & window, policy.RaiseAfter) ? AlertChange.Raised : AlertChange.None;
        if (Holds(Clear & Mask(policy.ClearAfter.N), policy.ClearAfter)) return AlertChange.Cleared;
        if (level == 0 || level == 1 + (int)Severity) return AlertChange.None;
        var same = ((level & 1) != 0 ? LevelLow : ~LevelLow) & ((level & 2) != 0 ? LevelHigh : ~LevelHigh);
        return Holds(same & window, policy.RaiseAfter) ? AlertChange.Changed : AlertChange.None;
    }

    private void Push(AlertPolicy policy, float score, int level, long timeUs)
    {
        var n = policy.RaiseAfter.N;
        // The policy's N is another than the snapshot's: the ring lacks times of what was counted.
        if (TimesUs.Length != (n == 1 ? 0 : n))
        {
            EmptyWindows();
            (TimesUs, TimesAt) = (n == 1 ? [] : new long[n], 0);
        }
        LevelLow = LevelLow << 1 | (uint)(level & 1);
        LevelHigh = LevelHigh << 1 | (uint)(level >> 1);
        Clear = Clear << 1 | (policy.Clears(score) ? 1u : 0u);
        Counted = Math.Min(Counted + 1, MOfN.MaxN);
        if (n == 1) return;
        TimesAt = (TimesAt + 1) % n;
        TimesUs[TimesAt] = timeUs;
    }

    private long OldestCounted(AlertPolicy policy, long timeUs)
    {
        var n = policy.RaiseAfter.N;
        if (n == 1) return timeUs;
        var age = BitOperations.Log2((LevelLow | LevelHigh) & Mask(n));
        return TimesUs[(TimesAt - age + n) % n];
    }

    /// <summary>The newest scores that lie in a window of n and came after it was emptied.</summary>
    private ulong Mask(int n)
    {
        var width = Math.Min(n, Counted);
        return width == MOfN.MaxN ? ulong.MaxValue : (1UL << width) - 1;
    }

    private static bool Holds(ulong bits, MOfN rule) => BitOperations.PopCount(bits) >= rule.M;
}
