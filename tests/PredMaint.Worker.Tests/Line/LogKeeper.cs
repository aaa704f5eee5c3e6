using Microsoft.Extensions.Logging;

namespace PredMaint.Worker.Tests.Line;

/// <summary>Keeps what a worker says.</summary>
internal sealed class LogKeeper : ILoggerFactory
{
    private readonly Lock gate = new();
    private readonly List<(LogLevel Level, string Text)> lines = [];

    public string Text => string.Join('\n', Lines().Select(l => $"{l.Level}: {l.Text}"));

    public bool Says(string text) => Lines().Any(l => l.Text.Contains(text, StringComparison.Ordinal));

    public IReadOnlyList<string> AtLeast(LogLevel level) => [.. Lines().Where(l => l.Level >= level).Select(l => l.Text)];

    public ILogger CreateLogger(string categoryName) => new Keeper(this, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose() { }

    private (LogLevel Level, string Text)[] Lines()
    {
        lock (gate) return [.. lines];
    }

    private sealed class Keeper(LogKeeper all, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (all.gate) all.lines.Add((logLevel, $"{category}: {formatter(state, exception)}"));
        }
    }
}
