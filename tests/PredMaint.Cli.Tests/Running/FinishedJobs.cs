using System.Collections.Concurrent;
using PredMaint.Testing;

namespace PredMaint.Cli.Tests.Running;

/// <summary>Jobs that have been run to the end of their readings and stopped, one a model: several tests look at the same.</summary>
public sealed class FinishedJobs : IDisposable
{
    private const int Machines = 200;
    private const int Steps = 200;

    private readonly ConcurrentDictionary<string, Lazy<Task<Job>>> jobs = new(StringComparer.Ordinal);

    internal Task<Job> OfAsync(KafkaBroker broker, string model) => jobs.GetOrAdd(model, m => new(() => RunAsync(broker, m))).Value;

    public void Dispose()
    {
        foreach (var job in jobs.Values)
            if (job.Value.IsCompletedSuccessfully) job.Value.GetAwaiter().GetResult().Dispose();
    }

    private static async Task<Job> RunAsync(KafkaBroker broker, string model)
    {
        var job = new Job(broker, model);
        await using (var topics = job.Start("topics", "create", "--partitions", $"{Job.Partitions}"))
            Assert.True(await topics.ExitAsync() == 0, topics.Errors);
        await broker.ProduceAsync(job.Readings, Fleet.Readings(Machines, Steps));
        await using var worker = job.Run();
        await job.CaughtUpAsync(worker);
        await Job.StopAsync(worker, TimeSpan.FromSeconds(10));
        return job;
    }
}
