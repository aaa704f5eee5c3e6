using PredMaint.Training.Data;
using PredMaint.Training.Learning;
using PredMaint.Training.Networks;

namespace PredMaint.Training.Failure;

/// <summary>Networks of remaining life that learn from the same engines, each by a seed of its own: their mean errs less than one.</summary>
internal sealed class LifeFit(IReadOnlyList<Series> engines, IReadOnlyList<FitJob> jobs)
{
    private const int Members = 4;

    private readonly Lazy<Standard> standard = new(() => Network.StandardOf(Turbofan.Failure, engines));

    public IReadOnlyList<FitJob> Jobs => jobs;

    /// <param name="number">Tells the fits of a training apart.</param>
    public static LifeFit Of(IReadOnlyList<Series> engines, TrainSettings settings, string name, int number) => new(engines, [.. Enumerable.Range(1, Members).Select(i => new FitJob(
        $"failure, {name}, {i} of {Members}", Turbofan.Failure, settings.Data, settings.DataSha256, [.. engines.Select(e => e.Name)],
        settings.Seed * 1000 + number * 10 + i, settings.FailureEpochs, settings.FitFile($"failure-{name}-{i}")))]);

    /// <summary>When the jobs are done.</summary>
    public Network Load(IReadOnlyList<LifeQuantile> quantiles)
    {
        var net = new Network([.. jobs.Select(job => job.Load(standard.Value))]);
        ((LifeHead)net.Head).Quantiles = quantiles;
        return net;
    }
}
