using Microsoft.Extensions.Logging;

namespace PredMaint.Bench.Reloads;

/// <summary>Counts what a worker says of its models.</summary>
internal sealed class Counter : ILoggerFactory, ILogger
{
    private int count;
    private int errors;

    public int Count => Volatile.Read(ref count);

    public int Errors => Volatile.Read(ref errors);

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose() { }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (formatter(state, exception).Contains(" loaded in place of ", StringComparison.Ordinal)) Interlocked.Increment(ref count);
        if (logLevel < LogLevel.Error) return;
        Interlocked.Increment(ref errors);
        Console.Error.WriteLine(formatter(state, exception));
    }
}

/// <summary>The real time, but for timers of a second, by which a worker watches its files: they ring fifty times as often.</summary>
internal sealed class WatchfulTime : TimeProvider
{
    private static readonly TimeSpan Watching = TimeSpan.FromSeconds(1);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        dueTime == Watching ? base.CreateTimer(callback, state, dueTime / 50, period) : base.CreateTimer(callback, state, dueTime, period);
}
