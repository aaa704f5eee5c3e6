using System.Globalization;
using System.Text.Json;
using k8s.Models;
using PredMaint.Testing;
using PredMaint.Worker.Telemetry;

namespace PredMaint.Deploy.Tests.Manifests;

/// <summary>How many workers KEDA asks for, by the queries that are applied, over series as Prometheus would have them.</summary>
public sealed class AutoscalerTests
{
    private const int Partitions = 12;

    /// <summary>Of a thread: docs/operations.md, "Sizing".</summary>
    private const double TargetShare = 0.6;

    /// <summary>Longer than either query looks back.</summary>
    private const int Minute = 20;

    private readonly Rendered rendered = Rendered.Of("k8s/overlays/production");

    [Fact]
    public void Its_autoscaler_alone_says_how_many_workers_there_are() => Assert.Null(rendered.One<V1Deployment>().Spec.Replicas);

    [Fact]
    public void There_are_never_more_threads_than_partitions()
    {
        Assert.Equal(Partitions, rendered.All<KafkaTopic>().Single(t => t.Metadata.Name == "readings").Spec.Partitions);
        Assert.True(rendered.One<ScaledObject>().Spec.MaxReplicaCount * Threads <= Partitions);
    }

    /// <summary>An empty answer is an error; without a fallback KEDA gives the autoscaler nothing, which then takes no worker away.</summary>
    [Fact]
    public void No_answer_is_an_error_and_not_a_number()
    {
        Assert.Null(rendered.One<ScaledObject>().Spec.Fallback);
        Assert.All(rendered.One<ScaledObject>().Spec.Triggers, t => Assert.Equal("false", t.Metadata["ignoreNullValues"]));
    }

    [Fact]
    public void A_worker_s_share_of_the_load_is_that_of_its_threads() =>
        Assert.Equal(TargetShare * Threads, double.Parse(Busy.Metadata["threshold"], CultureInfo.InvariantCulture), 3);

    /// <summary>2.9 seconds a second are 4.8 workers' share, however many compute them.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(12)]
    public Task Workers_follow_the_load_and_stay_when_they_have_caught_up_with_it(int workers) =>
        AssertAsync(5, lag: 0, Owned(workers), Lag(0), Load(workers, 2.9));

    [Fact]
    public Task Without_readings_since_the_start_the_fewest_workers_do() => AssertAsync(0, lag: 0, Owned(2), Lag(0));

    [Fact]
    public Task What_is_committed_or_another_namespace_does_is_no_load() => AssertAsync(1, lag: 0, Owned(2), Lag(0), Load(2, 0.5),
    [
        (Series(Semantics.OperationDuration, "_sum", """pod="0",messaging_operation_name="commit" """), Rising(0.9)),
        (Series(Semantics.ProcessDuration, "_sum", """pod="0" """).Replace("predmaint\"", "other\"", StringComparison.Ordinal), Rising(5)),
        (Series(Semantics.Lag, "", """pod="0",partition="0" """).Replace("\"predmaint\"", "\"other\"", StringComparison.Ordinal), "900x60"),
    ]);

    [Fact]
    public Task Lag_asks_for_more_than_the_load_does() => AssertAsync(2, lag: 300, Owned(2), Lag(300), Load(2, 1));

    /// <summary>The moves of one step must not call for the next; the load may.</summary>
    [Fact]
    public Task While_a_partition_is_restored_its_age_is_no_lag() =>
        AssertAsync(3, lag: null, Owned(2, p => p == 7 ? "0.7x60" : "1x60"), Lag(300), Load(2, 1.7));

    [Fact]
    public Task A_partition_without_an_owner_that_tells_of_itself_is_no_answer() =>
        AssertAsync(null, lag: null, Owned(3, p => p % 3 == 1 ? "1x15 stale" : "1x60"), Lag(0), Load(3, 2.9));

    /// <summary>Two threads tell of one partition while it changes hands; another has none.</summary>
    [Fact]
    public Task A_partition_counts_once() =>
        AssertAsync(null, lag: null, [.. Owned(3, p => p == 7 ? "1x15 stale" : "1x60"), (Owner(pod: 0, partition: 1), "1x60")], Lag(0), Load(3, 2.9));

    private int Threads => int.Parse(rendered.WorkerYaml.Split('\n').Single(l => l.StartsWith("threads: ", StringComparison.Ordinal))["threads: ".Length..], CultureInfo.InvariantCulture);

    private ScaledObjectTrigger Busy => Assert.Single(rendered.One<ScaledObject>().Spec.Triggers, t => t.MetricType == "AverageValue");

    /// <param name="workers">As the autoscaler computes them of an AverageValue where it is off by more than its tolerance, 10 %; null: no answer.</param>
    private async Task AssertAsync(int? workers, double? lag, params IEnumerable<(string Series, string Values)>[] input)
    {
        var ofLag = Assert.Single(rendered.One<ScaledObject>().Spec.Triggers, t => t.MetricType == "Value");
        var folder = Directory.CreateTempSubdirectory("predmaint-");
        var file = Path.Combine(folder.FullName, "test.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new
        {
            tests = new[]
            {
                new
                {
                    interval = "1m",
                    input_series = input.SelectMany(i => i).Select(i => new { series = i.Series, values = i.Values }),
                    promql_expr_test = new[] { Answer($"ceil(({Busy.Metadata["query"]}) / {Busy.Metadata["threshold"]})", workers), Answer(ofLag.Metadata["query"], lag) },
                },
            },
        }));
        try
        {
            var (code, said) = await Tool.RunAsync("promtool", "test", "rules", file);
            Assert.True(code == 0, said);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static object Answer(string expression, double? value) =>
        new { expr = expression, eval_time = $"{Minute}m", exp_samples = value is null ? [] : new[] { new { labels = "{}", value = value.Value } } };

    private static IEnumerable<(string, string)> Owned(int workers, Func<int, string>? progress = null) =>
        Enumerable.Range(0, Partitions).Select(p => (Owner(p % workers, p), progress?.Invoke(p) ?? "1x60"));

    private static string Owner(int pod, int partition) => Series(Semantics.RestoreProgress, "", $"pod=\"{pod}\",partition=\"{partition}\"");

    private static IEnumerable<(string, string)> Lag(int seconds) => Enumerable.Range(0, Partitions).Select(p => (Series(Semantics.Lag, "", $"partition=\"{p}\""), p == 3 ? $"{seconds}x60" : "0x60"));

    /// <summary>Seconds a second, of all workers together.</summary>
    private static IEnumerable<(string, string)> Load(int workers, double seconds) =>
        Enumerable.Range(0, workers).Select(w => (Series(Semantics.ProcessDuration, "_sum", $"pod=\"{w}\""), Rising(seconds / workers)));

    private static string Rising(double aSecond) => string.Create(CultureInfo.InvariantCulture, $"0+{60 * aSecond:0.######}x60");

    private static string Series(Metric metric, string part, string labels) => $"{metric.PrometheusName}{part}{{namespace=\"predmaint\",thread=\"0\",{labels.Trim()}}}";
}
