using PredMaint.Training.Data;
using PredMaint.Training.Learning;
using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace PredMaint.Training.Failure;

/// <summary>Fits a <see cref="LifeNet"/>: cross-entropy at every cycle against a Gaussian around the true life, clipped to 125 cycles.</summary>
internal static class LifeTraining
{
    public const string Name = "turbofan-failure";
    public const int DefaultEpochs = 80;

    /// <summary>Steps after a start from zero state that count less: the network knows little yet.</summary>
    public const int EarlySteps = 20;

    private const float EarlyWeight = 0.3f;

    /// <summary>Standard deviation of a target, in cycles.</summary>
    private const double TargetWidth = 6;

    /// <summary>Share of sequences that start at a random cycle: streams may be joined late.</summary>
    private const double CropShare = 0.3;

    /// <summary>Standard deviation of what is added to each z-score.</summary>
    private static readonly Scalar InputNoise = 0.3.ToScalar();

    /// <summary>
    /// Warn with 30 cycles to live, the planning horizon of the manifest example; critical where an engine may not last ten. A
    /// single noisy median neither raises nor clears.
    /// </summary>
    public static JsonObject Policy() => new()
    {
        ["raiseAt"] = 30,
        ["clearAt"] = 35,
        ["raiseAfter"] = "3/5",
        ["clearAfter"] = "5/5",
        ["severity"] = "warning",
        ["levels"] = new JsonArray(new JsonObject { ["at"] = 10, ["severity"] = "critical" }),
    };

    public static LifeNet Train(IReadOnlyList<Engine> engines, int epochs, int seed, Action<EpochDone> report)
    {
        var random = Trainer.Begin(seed);
        var net = new LifeNet(Standard.Of(engines, engine => engine.Cycles), random);
        Trainer.Fit(net, Name, engines, epochs, random, batch => Loss(net, batch, random), report);
        return net;
    }

    private static Tensor Loss(LifeNet net, Engine[] engines, Random random)
    {
        var batch = new Batch([.. engines.Select(engine => Crop(engine, random))]);
        var targets = batch.PerStep(LifeNet.BinCount, WriteTarget);
        var z = net.Normalise(batch.Readings());
        z.add_(randn_like(z), InputNoise);
        var logProbability = nn.functional.log_softmax(net.call(z), -1);
        // Weights are in the targets: each sums to its step's weight.
        return targets.mul(logProbability).sum().div(targets.sum()).neg();
    }

    private static Stretch Crop(Engine engine, Random random) =>
        new(engine, random.NextDouble() < CropShare ? random.Next(engine.Cycles) : 0, engine.Cycles);

    /// <summary>A Gaussian over the bins around the clipped life, its sum the step's weight.</summary>
    private static void WriteTarget(Stretch stretch, int step, Span<float> row)
    {
        var life = Math.Min(stretch.Engine.LifeAt(stretch.Start + step), Cmapss.LifeLimit);
        var weight = step < EarlySteps ? EarlyWeight : 1;
        float sum = 0;
        for (var bin = 0; bin < row.Length; bin++)
        {
            var distance = (LifeNet.Centre(bin) - life) / TargetWidth;
            row[bin] = (float)Math.Exp(-0.5 * distance * distance);
            sum += row[bin];
        }
        for (var bin = 0; bin < row.Length; bin++) row[bin] *= weight / sum;
    }
}
