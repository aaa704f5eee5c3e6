using PredMaint.Core.Alerts;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;
using PredMaint.Core.Tests.Models;

namespace PredMaint.Core.Tests.Machines;

public class LifeTests
{
    [Fact]
    public void Remaining_life_raises_by_its_median_and_says_the_outermost_quantiles()
    {
        var manifest = FakeModel.Window(1, "s1") with { Kind = ModelKind.Failure, Unit = "cycles", Quantiles = [0.1, 0.3, 0.5, 0.9], Outputs = new OutputNames { Rul = "q" } };
        var model = new FakeModel(manifest, row => (row.Rul[0], row.Rul[1], row.Rul[2], row.Rul[3]) = (row.X(0, 0) - 8, 1, row.X(0, 0), 99));
        var line = Play(model, 30, 29, 30);
        Assert.Equal(["raised 1 29", "cleared 2 30"], line.Said());
        Assert.Equal(new RemainingLife(21, 29, 99, null, "cycles"), line.Transitions[0].Event.Rul);
    }

    [Fact]
    public void Life_that_the_model_expects_is_said_beside_the_quantiles()
    {
        var manifest = FakeModel.Window(1, "s1", "s2", "s3") with { Quantiles = [0.05, 0.5, 0.95], Outputs = new OutputNames { Rul = "q", Expected = "e" } };
        var model = new FakeModel(manifest, row => { row.Rul.Fill(row.X(0, 0)); row.Expected[0] = row.X(0, 0) + 0.5f; });
        var line = new TestLine(new ReadingSettings(), 8, TestLine.Entry(model, 30));
        foreach (var machine in new[] { "a", "b", "c" }) line.Read(machine, 0, machine[0] - 'a' + 1, 0, 0);
        line.Flush();
        Assert.Equal([1.5f, 2.5f, 3.5f], line.Transitions.Select(t => t.Event.Rul!.Value.Expected!.Value));
    }

    /// <summary>
    /// Centres 10 20 30 40: bins 5-15, 15-25, 25-35, 35-45. Mass .1 .4 .4 .1: the cumulated mass is .1 at 15, .5 at 25, .9 at 35.
    /// .05 lies half-way in 5-15; .5 at 25; .95 half-way in 35-45.
    /// </summary>
    [Fact]
    public void A_histograms_quantiles_are_interpolated_in_the_cumulated_mass()
    {
        Assert.Equal(new RemainingLife(10, 25, 40, 25, "h"), Rounded(Histogram([10, 20, 30, 40], 0.1f, 0.4f, 0.4f, 0.1f)));
        // The same, not normalised.
        Assert.Equal(new RemainingLife(10, 25, 40, 25, "h"), Rounded(Histogram([10, 20, 30, 40], 1, 4, 4, 1)));
    }

    /// <summary>Bins of unequal width: centres 0 10 40 give -5 to 5, 5 to 25, 25 to 55. Mass .5 .25 .25: .05 at -4, .5 at 5, .95 at 25 + 30 x .2/.25.</summary>
    [Fact]
    public void Bins_reach_to_the_midpoints_between_their_centres() =>
        Assert.Equal(new RemainingLife(-4, 5, 49, 12.5f, "h"), Rounded(Histogram([0, 10, 40], 0.5f, 0.25f, 0.25f)));

    [Fact]
    public void All_mass_in_one_bin_spreads_over_that_bin_alone() =>
        Assert.Equal(new RemainingLife(15.5f, 20, 24.5f, 20, "h"), Rounded(Histogram([10, 20, 30], 0, 1, 0)));

    [Fact]
    public void A_histogram_with_an_expected_life_of_its_own_says_that()
    {
        var manifest = Bins([10, 20]) with { Outputs = new OutputNames { Histogram = "h", Expected = "e" } };
        var line = Play(new FakeModel(manifest, row => { row.Histogram.Fill(0.5f); row.Expected[0] = 14; }), 1);
        line.Flush();
        Assert.Equal(14, Assert.Single(line.Transitions).Event.Rul!.Value.Expected);
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(float.NaN)]
    public void Without_mass_there_is_no_score(float mass)
    {
        var line = Play(new FakeModel(Bins([10, 20]), row => row.Histogram.Fill(mass)), 1, 1);
        Assert.Empty(line.Said());
        Assert.Equal(2, line.Counters.NonFinite);
    }

    private static ModelManifest Bins(double[] bins) =>
        FakeModel.Window(1, "s1") with { Bins = bins, Unit = "h", Outputs = new OutputNames { Histogram = "h" } };

    private static RemainingLife Histogram(double[] bins, params float[] mass)
    {
        var line = Play(new FakeModel(Bins(bins), row => mass.CopyTo(row.Histogram)), 1);
        line.Flush();
        return Assert.Single(line.Transitions).Event.Rul!.Value;
    }

    private static RemainingLife Rounded(RemainingLife life) =>
        life with { Low = MathF.Round(life.Low, 4), Median = MathF.Round(life.Median, 4), High = MathF.Round(life.High, 4), Expected = MathF.Round(life.Expected!.Value, 4) };

    private static TestLine Play(FakeModel model, params float[] values)
    {
        var line = new TestLine(new ReadingSettings(), 1, TestLine.Entry(model, 30));
        for (var i = 0; i < values.Length; i++) line.Read("m1", i, values[i]);
        return line;
    }
}
