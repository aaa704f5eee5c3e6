using System.Globalization;

namespace PredMaint.Simulation.Runs;

/// <summary>Many seeds, on all cores; tells how far it is, and what failed.</summary>
public sealed class Series(int first, int seeds, TextWriter output, TimeProvider time)
{
    private const int MostTold = 10;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly List<Outcome> failed = [];
    private long alerts, commits, crashes, zombies, replayed, aborts, steps;
    private int done;

    public IReadOnlyList<Outcome> Failed => failed;

    public int Done => done;

    public long Alerts => alerts;

    public long Crashes => crashes;

    public long Zombies => zombies;

    public long Replayed => replayed;

    /// <summary>True where every seed held.</summary>
    public bool Run()
    {
        var begun = time.GetTimestamp();
        var told = begun;
        Parallel.For(first, first + seeds, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, seed =>
        {
            var outcome = Simulator.Run(seed);
            lock (gate)
            {
                Count(outcome);
                if (time.GetElapsedTime(told) < Interval) return;
                told = time.GetTimestamp();
                Tell(begun);
            }
        });
        Tell(begun);
        return failed.Count == 0;
    }

    private void Count(Outcome outcome)
    {
        done++;
        alerts += outcome.Alerts;
        commits += outcome.Commits;
        crashes += outcome.Crashes;
        zombies += outcome.Zombies;
        replayed += outcome.Replayed;
        aborts += outcome.Aborts;
        steps += outcome.Steps;
        if (outcome.Failure is null) return;
        failed.Add(outcome);
        if (failed.Count <= MostTold) output.WriteLine($"seed {outcome.Seed} FAILED: {outcome.Failure}");
    }

    private void Tell(long begun) => output.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{done} of {seeds} seeds, {failed.Count} failed, {time.GetElapsedTime(begun).TotalSeconds:0.0} s: {crashes} crashes, {zombies} zombies, {aborts} aborts, {commits} commits, {alerts} alerts, {replayed} readings replayed, {steps} steps"));
}
