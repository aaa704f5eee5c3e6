namespace PredMaint.Worker.Telemetry;

/// <summary>Keeps a flood of equal lines out of the log: one now, then none for a while. Safe to be asked by several threads.</summary>
/// <param name="silence">How long.</param>
internal sealed class LogThrottle(TimeProvider time, TimeSpan silence)
{
    private readonly Lock gate = new();
    private long? told;

    /// <summary>True where it is to be said now; then not again within the silence.</summary>
    public bool IsTime()
    {
        lock (gate)
        {
            if (told is { } before && time.GetElapsedTime(before) < silence) return false;
            told = time.GetTimestamp();
            return true;
        }
    }
}
