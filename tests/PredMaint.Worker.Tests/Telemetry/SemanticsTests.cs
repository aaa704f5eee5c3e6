using PredMaint.Worker.Telemetry;

namespace PredMaint.Worker.Tests.Telemetry;

/// <summary>The names that dashboards and rules are made of. That the running program emits them is a test of the program.</summary>
public sealed class SemanticsTests
{
    [Fact]
    public void Prometheus_names_follow_OpenTelemetry_s_rules()
    {
        Assert.Equal("predmaint_readings_total", Semantics.Readings.PrometheusName);
        Assert.Equal("predmaint_snapshots_size_bytes_total", Semantics.SnapshotBytes.PrometheusName);
        Assert.Equal("predmaint_restore_progress", Semantics.RestoreProgress.PrometheusName);
        Assert.Equal("predmaint_lag_seconds", Semantics.Lag.PrometheusName);
        Assert.Equal("messaging_process_duration_seconds", Semantics.ProcessDuration.PrometheusName);
        Assert.Equal("predmaint_batch_size", Semantics.BatchSize.PrometheusName);
    }

    [Fact]
    public void Every_metric_is_in_the_list_once_and_has_a_name_a_description_and_its_buckets()
    {
        var defined = typeof(Semantics).GetProperties().Where(p => p.PropertyType == typeof(Metric)).Select(p => (Metric)p.GetValue(null)!).ToList();
        Assert.Equal(defined.Select(m => m.Name).Order(StringComparer.Ordinal), Semantics.Metrics.Select(m => m.Name).Order(StringComparer.Ordinal));
        Assert.Distinct(defined.Select(m => m.PrometheusName));
        Assert.All(defined, m =>
        {
            Assert.NotEmpty(m.Description);
            Assert.Equal(m.Kind == MetricKind.Histogram, m.Buckets.Count > 0);
            Assert.Equal(m.Buckets.Order(), m.Buckets);
        });
    }
}
