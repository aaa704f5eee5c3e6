namespace PredMaint.Training.Learning;

/// <summary>Networks that learn from the same machines, each by a seed of its own: their mean errs less than one.</summary>
internal sealed class Ensemble(IReadOnlyList<Series> machines, IReadOnlyList<FitJob> jobs)
{
    private readonly Lazy<Standard> standard = new(() => Network.StandardOf(jobs[0].Spec, FitJob.Parts(jobs[0].Spec, machines, jobs[0].Data.MaxGap)));

    public IReadOnlyList<FitJob> Jobs => jobs;

    /// <summary>When the jobs are done.</summary>
    /// <param name="quantiles">Of remaining life, where that is what they say; null for those that a head has of itself.</param>
    /// <param name="only">One of the jobs; null for all together.</param>
    public Network Load(IReadOnlyList<LifeQuantile>? quantiles = null, FitJob? only = null)
    {
        var net = new Network([.. jobs.Where(job => only is null || job == only).Select(job => job.Load(standard.Value))]);
        if (net.Head is LifeHead life && quantiles is not null) life.Quantiles = quantiles;
        return net;
    }
}
