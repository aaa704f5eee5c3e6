using System.Text.Json.Nodes;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace PredMaint.Training.Networks;

/// <summary>
/// The next reading as a Gaussian for each sensor, learnt from what is normal. A variance is a sigmoid, in units of the healthy
/// fleet's: whoever knows the fleet never errs more than that, and a network that meets readings from outside its training must
/// not excuse them with a spread that it never had to learn.
/// </summary>
internal sealed class ForecastHead : Head
{
    private readonly Linear mean;
    private readonly Linear variance;
    private readonly int sensors;
    private readonly int lifeLimit;

    /// <param name="lifeLimit">Steps: with more of them to live a machine is sound.</param>
    public ForecastHead(int width, int sensors, int lifeLimit) : base(nameof(ForecastHead))
    {
        (this.sensors, this.lifeLimit) = (sensors, lifeLimit);
        mean = nn.Linear(width, sensors);
        variance = nn.Linear(width, sensors);
        RegisterComponents();
    }

    public override string Kind => "anomaly";

    public override JsonObject Manifest => new() { ["outputs"] = new JsonObject { ["forecast"] = "forecast", ["spread"] = "spread" }, ["warmup"] = Warmup };

    public override int Steps(Series series) => series.HealthySteps(lifeLimit);

    /// <summary>The last of the steps has no next one to be judged by.</summary>
    public override Stretch Choose(Series series, Random random) => new(series, 0, Steps(series) - 1);

    /// <summary>Means and variances' logits of the next z-scores, [T,B,2 x sensors].</summary>
    public override Tensor forward(Tensor hidden) => cat([mean.call(hidden), variance.call(hidden)], -1);

    public override Tensor Loss(Tensor said, Batch batch, Normaliser normaliser)
    {
        var next = batch.PerStep(sensors, (stretch, step, row) => stretch.Series.Reading(stretch.Start + step + 1)[..row.Length].CopyTo(row));
        var logVariance = nn.functional.logsigmoid(said.narrow(-1, sensors, sensors));
        var error = normaliser.Normalise(next).sub(said.narrow(-1, 0, sensors)).pow(Kept.Two);
        var likelihood = error.mul(logVariance.neg().exp()).add(logVariance, Kept.One).mean([-1], keepdim: true);
        return batch.Mean(likelihood).mul(Kept.Half);
    }

    public override IReadOnlyList<(string Name, Tensor Values)> Predict(Tensor said, Normaliser normaliser) =>
    [
        ("forecast", normaliser.Denormalise(said.narrow(-1, 0, sensors))),
        ("spread", normaliser.Scale(said.narrow(-1, sensors, sensors).sigmoid().sqrt())),
    ];

    /// <summary>By the sensor's deviation.</summary>
    public override float Scale(int column, float expected, Normaliser normaliser) => normaliser.Standard.Deviation[column];

    public override string ExportSaid(OnnxGraph g, string row, string prefix) =>
        g.Node("Concat", [Body.Export(g, mean, row, $"{prefix}next"), Body.Export(g, variance, row, $"{prefix}variance")], $"{prefix}said", ("axis", -1L));

    public override void ExportOutputs(OnnxGraph g, string said, (string Mean, string Deviation) constants)
    {
        g.Node("Split", [said, g.Initializer("halves", [2], [(long)sensors, sensors])], ["step", "share.logit"], ("axis", -1L));
        g.Output(g.Node("Add", [g.Node("Mul", ["step", constants.Deviation], "step.scaled"), constants.Mean], "forecast"), ["B", sensors]);
        var deviation = g.Node("Sqrt", [g.Node("Sigmoid", ["share.logit"], "share")], "share.deviation");
        g.Output(g.Node("Mul", [deviation, constants.Deviation], "spread"), ["B", sensors]);
    }
}
