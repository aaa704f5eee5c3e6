using System.Diagnostics;
using System.Text.Json.Serialization;

namespace PredMaint.Bench.Measuring;

/// <summary>What was seen of one process from outside.</summary>
/// <param name="ReadingsPerSecond">Between <see cref="Measure.From"/> and the end of the work, as are the next two.</param>
/// <param name="CpuPerMillion">CPU seconds for a million readings.</param>
/// <param name="Cores">CPU seconds a second.</param>
/// <param name="FirstSeconds">From the start to the first progress.</param>
/// <param name="CpuSeconds">From the start to the end of the work: with loading and compiling.</param>
public sealed record Measurement(
    string Name, long Readings, double ReadingsPerSecond, double CpuPerMillion, double Cores, double PeakMegabytes,
    double FirstSeconds, double WallSeconds, double CpuSeconds, double LoadBefore)
{
    /// <summary>From its start to the end of the work; a point at each commit.</summary>
    [JsonIgnore]
    public IReadOnlyList<Point> Course { get; init; } = [];

    /// <summary>How far it was at a moment between its first and its last commit. Commits are far apart, so between two of them it is said by the line from one to the other.</summary>
    public (double Done, double Cpu) At(double moment)
    {
        var i = 1;
        while (i < Course.Count - 1 && Course[i].At < moment) i++;
        var (from, to) = (Course[i - 1], Course[i]);
        var share = (moment - from.At) / (to.At - from.At);
        return (from.Done + share * (to.Done - from.Done), from.Cpu + share * (to.Cpu - from.Cpu));
    }
}

/// <summary>How far a process was at a moment.</summary>
/// <param name="At">Seconds, of the machine's clock.</param>
/// <param name="Cpu">Seconds, since it began.</param>
public readonly record struct Point(double At, long Done, double Cpu);

/// <summary>Watches a process until its work is done, then stops it.</summary>
public static class Measure
{
    /// <summary>The share of the work before which nothing counts: loading, compiling, joining the group.</summary>
    public const double From = 0.3;

    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(25);

    /// <param name="total">Readings, or rows, to wait for.</param>
    /// <param name="done">How many are done by now.</param>
    /// <exception cref="BenchException">The process ended early, or did not end in time.</exception>
    public static async Task<Measurement> RunAsync(
        string name, IReadOnlyList<string> command, long total, Func<Child, Task<long>> done, TimeSpan limit, CancellationToken cancel)
    {
        var load = ProcessTree.Load();
        await using var child = Child.Start(command);
        var start = Now();
        List<Point> course = [];
        Point? from = null;
        var first = 0.0;
        while (true)
        {
            await Task.Delay(Every, cancel);
            var now = new Point(Now(), await done(child), ProcessTree.CpuSeconds(child.Id));
            if (course.Count == 0 || now.Done > course[^1].Done) course.Add(now);
            if (now.Done > 0 && first == 0) first = now.At - start;
            if (now.Done >= total * From) from ??= now;
            if (now.Done >= total)
            {
                var (readings, wall, cpu) = (now.Done - from!.Value.Done, now.At - from.Value.At, now.Cpu - from.Value.Cpu);
                // What came in one piece has no rate.
                if (readings == 0) throw new BenchException($"{name}: {total} readings are too few to measure");
                var peak = ProcessTree.PeakMegabytes(child.Id);
                await child.StopAsync();
                return new Measurement(name, total, readings / wall, cpu * 1e6 / readings, cpu / wall, peak, first, now.At - start, now.Cpu, load) { Course = course };
            }
            if (child.HasExited) throw new BenchException($"{name}: exited {child.ExitCode} after {now.Done} of {total}:\n{child.Output}");
            if (now.At - start > limit.TotalSeconds) throw new BenchException($"{name}: {now.Done} of {total} done in {limit}:\n{child.Output}");
        }
    }

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        if (sorted.Length == 0) return double.NaN;
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }

    private static double Now() => Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;
}
