using System.Text.Json.Nodes;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace PredMaint.Training.Networks;

/// <summary>Probability that a machine fails within a horizon, learnt by cross-entropy at every step.</summary>
internal sealed class ProbabilityHead : Head
{
    private const double Dropout = 0.3;

    private readonly Linear outer;
    private readonly int horizon;

    /// <param name="horizon">In steps.</param>
    public ProbabilityHead(int width, int horizon) : base(nameof(ProbabilityHead))
    {
        this.horizon = horizon;
        outer = nn.Linear(width, 1);
        RegisterComponents();
    }

    public override string Kind => "failure";

    public override JsonObject Manifest => new() { ["outputs"] = new JsonObject { ["probability"] = "probability" }, ["warmup"] = Warmup };

    public override int Steps(Series series) => series.Steps;

    public override Stretch Choose(Series series, Random random) => Stretch.Whole(series);

    /// <summary>Logits [T,B,1].</summary>
    public override Tensor forward(Tensor hidden) => outer.call(nn.functional.dropout(hidden, Dropout, training));

    public override Tensor Loss(Tensor said, Batch batch, Normaliser normaliser)
    {
        var fails = batch.PerStep(1, (stretch, step, row) => row[0] = stretch.Series.LifeAt(stretch.Start + step) <= horizon ? 1 : 0);
        return batch.Mean(nn.functional.softplus(said).sub(said.mul(fails)));
    }

    public override IReadOnlyList<(string Name, Tensor Values)> Predict(Tensor said, Normaliser normaliser) => [("probability", said.sigmoid())];

    public override string ExportSaid(OnnxGraph g, string row, string prefix) => Body.Export(g, outer, row, $"{prefix}outer");

    public override void ExportOutputs(OnnxGraph g, string said, (string Mean, string Deviation) constants) => g.Output(g.Node("Sigmoid", [said], "probability"), ["B", 1]);
}
