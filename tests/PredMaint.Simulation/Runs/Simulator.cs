namespace PredMaint.Simulation.Runs;

/// <summary>What one seed came to.</summary>
/// <param name="Failure">Null where everything held.</param>
public sealed record Outcome(int Seed, string? Failure, int Alerts, int Commits, int Crashes, int Zombies, long Replayed, long Aborts, long Steps);

/// <summary>Runs seeds.</summary>
public static class Simulator
{
    /// <summary>The first failure that turns up among so many seeds; null where all hold.</summary>
    public static string? FirstFailure(int seeds)
    {
        string? failure = null;
        Parallel.For(0, seeds, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, (seed, loop) =>
        {
            if (Run(seed).Failure is not { } why) return;
            Interlocked.CompareExchange(ref failure, $"seed {seed}: {why}", null);
            loop.Stop();
        });
        return failure;
    }

    /// <param name="trace">Takes what happened, line by line; null where nobody wants to know.</param>
    public static Outcome Run(int seed, List<string>? trace = null)
    {
        var world = new World(seed, trace);
        var failure = world.Run();
        return new Outcome(seed, failure, world.Verdict.Alerts, world.Verdict.Commits, world.Crashes, world.Zombies, world.Replayed, world.Aborts, world.Steps);
    }
}
