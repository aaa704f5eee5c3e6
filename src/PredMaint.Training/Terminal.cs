using Spectre.Console;

namespace PredMaint.Training;

/// <summary>What people see of a training.</summary>
internal static class Terminal
{
    /// <summary>While it runs: a bar a network on a terminal, elsewhere a line a network that is done.</summary>
    public static T Watch<T>(Func<Action<EpochDone>, T> run) => Console.IsOutputRedirected ? run(Say) : AnsiConsole.Progress().HideCompleted(true).Start(context =>
    {
        var bars = new Dictionary<string, ProgressTask>(StringComparer.Ordinal);
        return run(done =>
        {
            if (!bars.TryGetValue(done.Model, out var bar)) bars.Add(done.Model, bar = context.AddTask(done.Model));
            bar.MaxValue = done.Epochs;
            bar.Value = done.Epoch;
            bar.Description = $"{done.Model}, {done.Loss.Text}";
        });
    });

    /// <summary>Names and what belongs to them, in two columns.</summary>
    public static void Table(IReadOnlyList<(string Name, string Value)> lines)
    {
        foreach (var (name, value) in lines) Console.WriteLine($"{name.PadRight(lines.Max(l => l.Name.Length))}  {value}");
    }

    private static void Say(EpochDone done)
    {
        if (done.IsLast) Console.WriteLine($"{done.Model}: {done.Epochs} epochs, {done.Loss.Text}");
    }
}
