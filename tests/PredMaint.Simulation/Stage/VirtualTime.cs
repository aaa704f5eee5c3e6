namespace PredMaint.Simulation.Stage;

/// <summary>The schedule's time for the code that ships. Whoever begins a timer that runs on a thread of the simulation waits for it there and then: such are pauses.</summary>
internal sealed class VirtualTime(Schedule schedule) : TimeProvider
{
    private static readonly DateTimeOffset Beginning = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly List<VirtualTimer> timers = [];

    private TimeSpan Now => schedule.Now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => schedule.Now.Ticks;

    public override DateTimeOffset GetUtcNow() => Beginning + schedule.Now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(this, callback, state);
        if (dueTime < TimeSpan.Zero) return timer;
        schedule.Sleep(dueTime);
        callback(state);
        return timer;
    }

    /// <summary>Calls those that are due.</summary>
    public void Fire()
    {
        for (var i = timers.Count - 1; i >= 0; i--)
        {
            var timer = timers[i];
            if (timer.Due > schedule.Now) continue;
            timers.RemoveAt(i);
            timer.Fire();
        }
    }

    private sealed class VirtualTimer(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        public TimeSpan Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            time.timers.Remove(this);
            if (dueTime < TimeSpan.Zero) return true;
            Due = time.Now + dueTime;
            time.timers.Add(this);
            return true;
        }

        public void Fire() => callback(state);

        public void Dispose() => time.timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}

/// <summary>Work beside a line: a thread of the same process.</summary>
internal sealed class BesideScheduler(Schedule schedule, Process process) : TaskScheduler
{
    protected override void QueueTask(Task task) => schedule.Start(process, () => TryExecuteTask(task));

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => [];
}
