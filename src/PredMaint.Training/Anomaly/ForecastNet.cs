using PredMaint.Training.Data;
using PredMaint.Training.Export;
using PredMaint.Training.Learning;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace PredMaint.Training.Anomaly;

/// <summary>
/// The next reading as a Gaussian for each sensor, from an LSTM over the readings so far. A variance is a sigmoid, in units of
/// the healthy fleet's: whoever knows the fleet never errs more than that, and a network that meets readings from outside its
/// training must not excuse them with a spread that it never had to learn.
/// </summary>
internal sealed class ForecastNet : nn.Module<Tensor, (Tensor Mean, Tensor LogVariance)>
{
    private const int Hidden = 32;

    private readonly Recurrent recurrent;
    private readonly Linear mean;
    private readonly Linear variance;

    public ForecastNet(Standard standard, Random random) : base(nameof(ForecastNet))
    {
        Standard = standard;
        recurrent = new Recurrent(standard, Hidden, random);
        mean = nn.Linear(Hidden, standard.Mean.Length);
        variance = nn.Linear(Hidden, standard.Mean.Length);
        RegisterComponents();
    }

    public Standard Standard { get; }

    public Tensor Normalise(Tensor readings) => recurrent.Normalise(readings);

    /// <summary>Of the next z-scores, both [T,B,14], from z-scores [T,B,14].</summary>
    public override (Tensor Mean, Tensor LogVariance) forward(Tensor z)
    {
        var h = recurrent.call(z);
        return (mean.call(h), nn.functional.logsigmoid(variance.call(h)));
    }

    /// <summary>Forecast and spread (a standard deviation), both [T,B,14] in the sensors' units, from raw readings.</summary>
    public (Tensor Forecast, Tensor Spread) Predict(Tensor readings)
    {
        using var noGradient = no_grad();
        var (z, logVariance) = call(Normalise(readings));
        return (recurrent.Denormalise(z), recurrent.Scale(logVariance.exp().sqrt()));
    }

    /// <summary>The same as ONNX nodes, one step at a time: outputs forecast and spread [B,14].</summary>
    public void Export(OnnxGraph g)
    {
        var h = recurrent.Export(g);
        var scaled = g.Node("Mul", [Recurrent.Export(g, mean, h, "next"), Recurrent.Deviation], "next.scaled");
        g.Output(g.Node("Add", [scaled, Recurrent.Mean], "forecast"), ["B", Cmapss.Features.Count]);
        var share = g.Node("Sigmoid", [Recurrent.Export(g, variance, h, "variance")], "variance.share");
        g.Output(g.Node("Mul", [g.Node("Sqrt", [share], "deviation.share"), Recurrent.Deviation], "spread"), ["B", Cmapss.Features.Count]);
    }
}
