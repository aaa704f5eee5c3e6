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
    public void Standard_takes_only_the_cycles_it_is_told()
    {
        var width = Cmapss.Features.Count;
        var engine = new Engine("made/1", [.. Enumerable.Repeat(9000f, width), .. Enumerable.Repeat(9002f, width), .. Enumerable.Repeat(1e6f, width)], 0);
        var standard = Standard.Of([engine], _ => 2);
        Assert.All(standard.Mean, mean => Assert.Equal(9001f, mean));
        Assert.All(standard.Deviation, deviation => Assert.Equal(1f, deviation));
    }
}
