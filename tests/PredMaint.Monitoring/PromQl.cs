using PredMaint.Worker.Telemetry;

namespace PredMaint.Monitoring;

/// <summary>Names and functions of PromQL, made from the metrics themselves: what is not defined cannot be asked for.</summary>
public static class PromQl
{
    /// <summary>Labels that say which worker it is, wherever it runs; a label that is absent groups as an empty one.</summary>
    public const string OfWorker = "namespace, job, instance, pod";

    /// <summary>Labels that say which deployment it is.</summary>
    public const string OfJob = "namespace, job";

    /// <summary>As Prometheus shows an attribute.</summary>
    public static string Label(string attribute) => attribute.Replace('.', '_');

    /// <summary>A counter's or a gauge's series.</summary>
    public static string Series(Metric metric, string selector = "") =>
        metric.Kind != MetricKind.Histogram ? metric.PrometheusName + Braces(selector) : throw new ArgumentException($"{metric.Name} is a histogram", nameof(metric));

    public static string Rate(Metric metric, string window, string selector = "") => $"rate({Counter(metric, selector)}[{window}])";

    public static string Increase(Metric metric, string window, string selector = "") => $"increase({Counter(metric, selector)}[{window}])";

    /// <summary>How many measurements of a histogram there were, a second.</summary>
    public static string CountRate(Metric metric, string window, string selector = "") => $"rate({Part(metric, "count", selector)}[{window}])";

    /// <summary>What a histogram's measurements add up to, a second.</summary>
    public static string SumRate(Metric metric, string window, string selector = "") => $"rate({Part(metric, "sum", selector)}[{window}])";

    /// <param name="by">Labels to keep.</param>
    public static string Quantile(double q, Metric metric, string window, string by, string selector = "") =>
        $"histogram_quantile({q}, sum by ({(by.Length > 0 ? by + ", " : "")}le) (rate({Part(metric, "bucket", selector)}[{window}])))";

    private static string Counter(Metric metric, string selector) =>
        metric.Kind == MetricKind.Counter ? Series(metric, selector) : throw new ArgumentException($"{metric.Name} is no counter", nameof(metric));

    private static string Part(Metric metric, string part, string selector) =>
        metric.Kind == MetricKind.Histogram ? $"{metric.PrometheusName}_{part}{Braces(selector)}" : throw new ArgumentException($"{metric.Name} is no histogram", nameof(metric));

    private static string Braces(string selector) => selector.Length > 0 ? $"{{{selector}}}" : "";
}
