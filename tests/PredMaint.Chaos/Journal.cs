using System.Diagnostics;

namespace PredMaint.Chaos;

/// <summary>Says each step, with the seconds since the beginning, to whoever watches and to a file.</summary>
public sealed class Journal : IDisposable
{
    private readonly Lock gate = new();
    private readonly Action<string> say;
    private readonly StreamWriter file;
    private readonly long begun = Stopwatch.GetTimestamp();

    public Journal(string folder, Action<string> say)
    {
        this.say = say;
        file = new StreamWriter(Path.Combine(folder, "steps.log"), append: true) { AutoFlush = true };
    }

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(begun);

    public void Say(string text)
    {
        var line = $"{TimeProvider.System.GetUtcNow():HH:mm:ss.f} {Elapsed.TotalSeconds,6:0.0} s  {text}";
        lock (gate)
        {
            say(line);
            file.WriteLine(line);
        }
    }

    public void Dispose() => file.Dispose();
}
