using PredMaint.Simulation.Runs;

namespace PredMaint.Simulation.Tests;

/// <summary>The simulation notices when a rule of the protocol is broken in the code that ships: each is switched off in turn.</summary>
[Collection(nameof(Simulator))]
public sealed class MutantTests
{
    /// <summary>The rarest failure is one in some ten thousand.</summary>
    private const int Seeds = 40_000;

    public static TheoryData<string> Rules => [.. Mutants.All.Select(m => m.Rule)];

    [Theory]
    [MemberData(nameof(Rules))]
    public void Without_this_rule_a_seed_fails(string rule)
    {
        var mutant = Mutants.All.Single(m => m.Rule == rule);
        var failure = MutantRunner.FirstFailure(mutant, Seeds);
        Assert.True(failure is not null, $"{Seeds} seeds hold without the rule \"{rule}\"");
        TestContext.Current.SendDiagnosticMessage($"{rule}: {failure}");
    }

    [Fact]
    public void Without_any_change_the_compiled_sources_hold() =>
        Assert.Null(MutantRunner.FirstFailure(new Mutant("none", new Edit("Core/Machines/Unsaved.cs", "private int count;", "private int count;"), new Edit("Worker/Line/LineThread.cs", "private bool paused;", "private bool paused;")), 50));
}
