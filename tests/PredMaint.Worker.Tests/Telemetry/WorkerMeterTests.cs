using OpenTelemetry;
using OpenTelemetry.Metrics;
using PredMaint.Worker.Models;
using PredMaint.Worker.Telemetry;

namespace PredMaint.Worker.Tests.Telemetry;

/// <summary>What a scrape sees of partitions that come and go.</summary>
public sealed class WorkerMeterTests
{
    /// <summary>No other test's: who listens to a meter listens to all of its name.</summary>
    private const int Thread = 4711;

    /// <summary>The autoscaler and the rule of partitions without an owner count on it.</summary>
    [Fact]
    public void A_partition_that_is_given_up_is_told_of_no_more()
    {
        var status = new LineStatus(Thread);
        List<MetricSnapshot> seen = [];
        using var meter = new WorkerMeter([status], new ModelShelf([]), () => true, TimeProvider.System);
        using var provider = Sdk.CreateMeterProviderBuilder().AddMeter(Semantics.Scope).AddInMemoryExporter(seen).Build();
        status.Add(3);
        status.Add(4);
        Assert.Equal([3, 4], Partitions());
        status.Remove(3);
        Assert.Equal([4], Partitions());

        IEnumerable<int> Partitions()
        {
            seen.Clear();
            provider.ForceFlush();
            return from metric in seen
                   where metric.Name == Semantics.RestoreProgress.Name
                   from point in metric.MetricPoints
                   let tags = point.Tags.AsDictionary()
                   where (int)tags[Semantics.Thread]! == Thread
                   select (int)tags[Semantics.Partition]!;
        }
    }
}

file static class TagsExtensions
{
    public static Dictionary<string, object?> AsDictionary(this ReadOnlyTagCollection tags)
    {
        var all = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (name, value) in tags) all[name] = value;
        return all;
    }
}
