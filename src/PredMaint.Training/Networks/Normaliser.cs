using TorchSharp;
using static TorchSharp.torch;

namespace PredMaint.Training.Networks;

/// <summary>Raw readings to z-scores and back, by operating condition where there are several; in TorchSharp and as ONNX nodes.</summary>
internal sealed class Normaliser(Standard standard) : IDisposable
{
    private readonly Tensor centres = tensor(standard.Centres).DetachFromDisposeScope();
    private readonly Tensor mean = tensor(standard.Mean, [standard.Centres.Length, standard.Sensors]).DetachFromDisposeScope();
    private readonly Tensor deviation = tensor(standard.Deviation, [standard.Centres.Length, standard.Sensors]).DetachFromDisposeScope();

    public Standard Standard => standard;

    /// <summary>z-scores [T,B,sensors] of raw readings [T,B,features].</summary>
    public Tensor Normalise(Tensor readings)
    {
        var sensors = readings.narrow(-1, 0, standard.Sensors);
        if (standard.Centres.Length == 1) return sensors.sub(mean).div(deviation);
        var condition = readings.narrow(-1, standard.Sensors, 1).sub(centres).abs().argmin(-1);
        return sensors.sub(Of(mean, condition)).div(Of(deviation, condition));
    }

    /// <summary>Sensor values of z-scores, where there is one condition.</summary>
    public Tensor Denormalise(Tensor z) => Scale(z).add(mean, Kept.One);

    /// <summary>Deviations in the sensors' units, where there is one condition.</summary>
    public Tensor Scale(Tensor z) => z.mul(deviation);

    /// <summary>Input x [steps,B,features]; the names of the z-scores [steps,B,sensors] and of the constants mean and deviation [conditions, sensors].</summary>
    public (string Z, string Mean, string Deviation) Export(OnnxGraph g, int steps)
    {
        long conditions = standard.Centres.Length;
        var means = g.Initializer("mean", [conditions, standard.Sensors], standard.Mean);
        var deviations = g.Initializer("deviation", [conditions, standard.Sensors], standard.Deviation);
        if (conditions == 1)
        {
            var x = g.Input("x", [steps, "B", standard.Sensors]);
            return (g.Node("Div", [g.Node("Sub", [x, means], "centred"), deviations], "z"), means, deviations);
        }
        g.Node("Split", [g.Input("x", [steps, "B", standard.Sensors + 1]), g.Initializer("parts", [2], [standard.Sensors, 1L]) ], ["sensors", "setting"], ("axis", -1L));
        // A stream that does not tell its condition is taken to be in the first.
        var known = g.Node("Where", [g.Node("IsNaN", ["setting"], "unknown"), g.Initializer("first.centre", [], [standard.Centres[0]]), "setting"], "setting.known");
        var distance = g.Node("Abs", [g.Node("Sub", [known, g.Initializer("conditions", [conditions], standard.Centres)], "offset")], "distance");
        var condition = g.Node("ArgMin", [distance], "condition", ("axis", -1L), ("keepdims", 0L));
        var centred = g.Node("Sub", ["sensors", g.Node("Gather", [means, condition], "mean.here")], "centred");
        return (g.Node("Div", [centred, g.Node("Gather", [deviations, condition], "deviation.here")], "z"), means, deviations);
    }

    public void Dispose()
    {
        centres.Dispose();
        mean.Dispose();
        deviation.Dispose();
    }

    private Tensor Of(Tensor table, Tensor condition) => table.index_select(0, condition.flatten()).view(condition.shape[0], condition.shape[1], -1);
}
