using PredMaint.Training.Data;
using PredMaint.Training.Evaluation;
using PredMaint.Training.Export;
using PredMaint.Training.Learning;
using TorchSharp;

namespace PredMaint.Training.Tests;

public sealed class FormulaTests
{
    /// <summary>One 5 too long, one 13 too short, one right.</summary>
    private static readonly (double, double)[] Lives = [(10, 5), (5, 18), (40, 40)];

    [Fact]
    public void Rmse_is_the_root_of_the_mean_of_squares() =>
        Assert.Equal(8.0416, LifeErrors.Rmse(Lives), 4); // sqrt((25 + 169 + 0) / 3)

    [Fact]
    public void Nasa_score_sums_and_counts_a_life_too_long_for_more() =>
        Assert.Equal(0.6487 + 1.7183, LifeErrors.NasaScore(Lives), 4); // e^(5/10) - 1, e^(13/13) - 1

    [Fact]
    public void Gates_go_from_i_f_g_o_to_i_o_f_c() =>
        Assert.Equal([1, 2, 7, 8, 3, 4, 5, 6], GateOrder.ToOnnx([1, 2, 3, 4, 5, 6, 7, 8], hidden: 2));

    [Fact]
    public void Rows_of_a_gate_stay_together() =>
        Assert.Equal([1, 2, 3, 10, 11, 12, 4, 5, 6, 7, 8, 9], GateOrder.ToOnnx([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], hidden: 1));

    [Fact]
    public void Weights_that_are_not_four_gates_are_refused() =>
        Assert.Throws<ArgumentException>(() => GateOrder.ToOnnx([1, 2, 3, 4, 5, 6], hidden: 2));

    [Fact]
    public void A_step_of_AdamW_decays_the_weight_and_moves_it_by_the_rate()
    {
        using var scope = torch.NewDisposeScope();
        var weight = new TorchSharp.Modules.Parameter(torch.tensor([1f]));
        using var optimizer = new AdamW([weight]);
        using (var loss = weight.mul(torch.tensor([0.5f])).sum()) loss.backward();
        optimizer.Step(rate: 0.1);
        // 1 - rate * 0.01, less the rate: a first step is the gradient over its own size.
        Assert.Equal(0.899f, weight.item<float>(), 5);
        Assert.Equal(0f, weight.grad!.item<float>());
    }

    [Fact]
    public void Standard_takes_only_the_steps_it_is_told()
    {
        var standard = Standard.Of([Made([9000, 9002, 1e6f])], _ => 2, [0]);
        Assert.Equal((9001f, 1f), (standard.Mean.Single(), standard.Deviation.Single()));
    }

    [Fact]
    public void Standard_is_by_operating_condition_and_leaves_alone_what_it_has_not_seen()
    {
        var series = new Series("made/1", ["s", "setting1"], [10, 0.1f, 14, -0.1f, 100, 19.8f, 300, 20.3f], 0);
        var standard = Standard.Of([series], s => s.Steps, [0, 20, 40]);
        Assert.Equal([12f, 200, 0], standard.Mean);
        Assert.Equal([2f, 100, 1], standard.Deviation);
    }

    /// <summary>Against tables: 9 of 10 and 3 events (Clopper and Pearson 1934; Garwood 1936).</summary>
    [Fact]
    public void Intervals_of_counts_are_exact()
    {
        var share = Statistics.Share(9, 10);
        Assert.Equal((0.9, 0.5550, 0.9975), (share.Value, Math.Round(share.Low, 4), Math.Round(share.High, 4)));
        Assert.Equal((0, 0.3085), (Statistics.Share(0, 10).Low, Math.Round(Statistics.Share(0, 10).High, 4)));
        Assert.Equal((0.6915, 1), (Math.Round(Statistics.Share(10, 10).Low, 4), Statistics.Share(10, 10).High));
        var rate = Statistics.Rate(3, exposure: 2);
        Assert.Equal((1.5, 0.3093, 4.3836), (rate.Value, Math.Round(rate.Low, 4), Math.Round(rate.High, 4)));
        Assert.Equal((0, 3.6889), (Statistics.Rate(0, 1).Low, Math.Round(Statistics.Rate(0, 1).High, 4)));
    }

    [Fact]
    public void A_mean_has_twice_its_standard_error_about_it()
    {
        var (mean, low, high) = Statistics.Mean([1, 2, 3]);
        Assert.Equal(2, mean);
        Assert.Equal(2 - 2 / Math.Sqrt(3), low, 12);
        Assert.Equal(2 + 2 / Math.Sqrt(3), high, 12);
    }

    private static Series Made(float[] values) => new("made/1", ["s"], values, 0);

    [Fact]
    public void A_probability_is_judged_by_its_square_and_by_how_it_ranks_of_equal_ones_half()
    {
        var trace = new Trace(new Series("m", ["a"], [0, 0, 0, 0, 0], 0));
        (trace.Scores[1], trace.Scores[2], trace.Scores[3], trace.Scores[4]) = (0.1f, 0.6f, 0.6f, 0.9f);
        var metrics = ProbabilityMetrics.Of([trace], horizon: 1);
        Assert.Equal((0.135, 0.25, 0.875), (Math.Round(metrics.Brier, 6), metrics.BrierOfShare, metrics.Auc));
    }
}
