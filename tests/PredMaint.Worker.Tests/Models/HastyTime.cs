namespace PredMaint.Worker.Tests.Models;

/// <summary>The real time, but for timers of a second, by which model files are watched: those ring fifty times as often.</summary>
internal sealed class HastyTime : TimeProvider
{
    private static readonly TimeSpan Watching = TimeSpan.FromSeconds(1);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        dueTime == Watching ? base.CreateTimer(callback, state, dueTime / 50, period) : base.CreateTimer(callback, state, dueTime, period);
}
