using PredMaint.Training.Data;
using PredMaint.Training.Learning;
using static TorchSharp.torch;

namespace PredMaint.Training.Anomaly;

/// <summary>Fits a <see cref="ForecastNet"/> to the healthy beginning of each engine: Gaussian negative log-likelihood, one reading ahead.</summary>
internal static class ForecastTraining
{
    public const string Name = "turbofan-anomaly";
    public const int DefaultEpochs = 60;

    public static ForecastNet Train(IReadOnlyList<Engine> engines, int epochs, int seed, Action<EpochDone> report)
    {
        var random = Trainer.Begin(seed);
        // A forecast needs a reading to be judged by.
        var healthy = engines.Where(engine => engine.HealthyCycles > 1).ToList();
        if (healthy.Count == 0) throw new DataException($"no engine has more than {Cmapss.LifeLimit + 1} cycles, none is healthy long enough to learn from");
        var net = new ForecastNet(Standard.Of(healthy, engine => engine.HealthyCycles), random);
        Trainer.Fit(net, Name, healthy, epochs, random, batch => Loss(net, batch), report);
        return net;
    }

    private static Tensor Loss(ForecastNet net, Engine[] engines)
    {
        var batch = new Batch([.. engines.Select(engine => new Stretch(engine, 0, engine.HealthyCycles - 1))]);
        var next = batch.PerStep(Cmapss.Features.Count, (stretch, step, row) => stretch.Engine.Reading(step + 1).CopyTo(row));
        var counts = batch.PerStep(1, (_, _, row) => row[0] = 1);
        var (mean, logVariance) = net.call(net.Normalise(batch.Readings()));
        var error = net.Normalise(next).sub(mean).square();
        var likelihood = error.mul(logVariance.neg().exp()).add(logVariance, Kept.One).mean([-1], keepdim: true);
        return likelihood.mul(counts).sum().div(counts.sum()).mul(Kept.Half);
    }
}
