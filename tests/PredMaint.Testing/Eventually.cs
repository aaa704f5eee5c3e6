using System.Diagnostics;

namespace PredMaint.Testing;

/// <summary>The one place where tests wait: for a condition, never for a length of time.</summary>
public static class Eventually
{
    /// <summary>Ample for a busy machine; a test that passes never waits so long.</summary>
    public static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until the condition holds; fails, saying <paramref name="what"/> was awaited, when it does not in time.</summary>
    /// <param name="state">Describes what is there instead, for the failing message.</param>
    public static Task TrueAsync(Func<bool> condition, string what, TimeSpan? deadline = null, Func<string>? state = null) =>
        TrueAsync(() => Task.FromResult(condition()), what, deadline, state);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what, TimeSpan? deadline = null, Func<string>? state = null)
    {
        var limit = deadline ?? DefaultDeadline;
        var start = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(start) > limit) Assert.Fail($"Not within {limit.TotalSeconds} s: {what}.{(state is null ? "" : $" Instead: {state()}")}");
            await Task.Delay(Between, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Waits until there is a value.</summary>
    public static async Task<T> ValueAsync<T>(Func<T?> value, string what, TimeSpan? deadline = null, Func<string>? state = null) where T : class
    {
        T? found = null;
        await TrueAsync(() => (found = value()) is not null, what, deadline, state);
        return found!;
    }
}
