namespace PredMaint.Worker.Host;

/// <summary>What files hold, looked at again and again: judged once, and only when it has stood still, so that nothing half-written is.</summary>
internal sealed class Settled<T>
{
    private Seen? last;
    private Seen? judged;

    /// <summary>As at the look before, and judged.</summary>
    public bool IsStill => judged == last;

    /// <summary>Looks; true where it is as at the look before, and was not judged as it is now.</summary>
    public bool IsNews(T now)
    {
        var seen = new Seen(now);
        var isStill = seen == last;
        last = seen;
        if (!isStill || seen == judged) return false;
        judged = seen;
        return true;
    }

    private sealed record Seen(T Value);
}
