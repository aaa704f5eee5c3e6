using PredMaint.Simulation.Runs;

namespace PredMaint.Simulation.Tests;

/// <summary>Through crashes, zombies, rebalances and upgrades all is published exactly once, as a straight run has it.</summary>
[Collection(nameof(Simulator))]
public sealed class SeedTests
{
    [Fact]
    public void Whatever_goes_wrong_the_published_alerts_are_those_of_a_straight_run()
    {
        var told = new StringWriter();
        var series = new Series(first: 0, seeds: 2000, told, TimeProvider.System);
        Assert.True(series.Run(), $"`make simulate SEED=...` tells what happened in a seed.\n{told}");
        TestContext.Current.SendDiagnosticMessage(told.ToString());
        Assert.True(series.Crashes > 2000 && series.Zombies > 2000 && series.Alerts > 20_000 && series.Replayed > 5000, $"too little happened to prove much: {told}");
    }

    [Fact]
    public void A_seed_tells_the_same_every_time()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var (once, again) = (new List<string>(), new List<string>());
            Simulator.Run(seed, once);
            Simulator.Run(seed, again);
            Assert.Equal(once, again);
        }
    }
}
