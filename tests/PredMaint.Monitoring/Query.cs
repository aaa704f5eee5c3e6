using PredMaint.Worker.Telemetry;

namespace PredMaint.Monitoring;

/// <summary>What a panel shows. It can only be made of metrics that are defined, so a panel without one does not compile.</summary>
public sealed class Query
{
    /// <summary>What the dashboard's variables choose.</summary>
    public const string Chosen = """namespace=~"$namespace",job=~"$job",instance=~"$instance" """;

    private const string Window = "$__rate_interval";

    private Query(string expression, string legend, bool isInstant = false, bool hasExemplars = false) =>
        (Expression, Legend, IsInstant, HasExemplars) = (expression, legend, isInstant, hasExemplars);

    public string Expression { get; }

    public string Legend { get; }

    public bool IsInstant { get; }

    public bool HasExemplars { get; }

    /// <summary>A counter's growth a second, summed by labels; none: over all.</summary>
    public static Query PerSecond(Metric counter, string by = "", string? legend = null, string where = "") => new(Sum(PromQl.Rate(counter, Window, Where(where)), by), legend ?? Braces(by));

    /// <summary>A counter's growth over what the dashboard shows, whole: it is estimated from the first and the last scrape.</summary>
    public static Query Total(Metric counter, string by = "", string? legend = null, string where = "") => new($"round({Sum(PromQl.Increase(counter, "$__range", Where(where)), by)})", legend ?? Braces(by), isInstant: true);

    /// <summary>A counter's growth a minute.</summary>
    public static Query PerMinute(Metric counter, string by = "", string? legend = null, string where = "") => new($"60 * {Sum(PromQl.Rate(counter, Window, Where(where)), by)}", legend ?? Braces(by));

    /// <summary>A gauge, aggregated (sum, max, min, count) by labels.</summary>
    public static Query Of(string aggregate, Metric gauge, string by = "", string? legend = null, string where = "") => new($"{aggregate}{By(by)} ({PromQl.Series(gauge, Where(where))})", legend ?? Braces(by));

    /// <summary>How many values a label has, whichever worker tells of them.</summary>
    public static Query Distinct(Metric gauge, string label, string legend) => new($"count(count by ({label}) ({PromQl.Series(gauge, Where())}))", legend);

    /// <summary>The part's growth as a share of what the others grow by together.</summary>
    public static Query Share(Metric part, IReadOnlyList<Metric> whole, string by = "", string? legend = null) =>
        new($"{Sum(PromQl.Rate(part, Window, Where()), by)} / ({string.Join(" + ", whole.Select(m => Sum(PromQl.Rate(m, Window, Where()), by)))})", legend ?? Braces(by));

    /// <summary>Median, 95th and 99th percentile of a histogram.</summary>
    public static IReadOnlyList<Query> Quantiles(Metric histogram, string name = "", string where = "", bool exemplars = false) =>
    [
        .. new[] { (0.5, "p50"), (0.95, "p95"), (0.99, "p99") }
            .Select(q => new Query(PromQl.Quantile(q.Item1, histogram, Window, "", Where(where)), $"{name} {q.Item2}".TrimStart(), hasExemplars: exemplars)),
    ];

    /// <summary>Seconds a second that a histogram's durations add up to: how busy a thread is with it.</summary>
    public static Query Busy(Metric histogram, string by, string? legend = null, string where = "") => new(Sum(PromQl.SumRate(histogram, Window, Where(where)), by), legend ?? Braces(by));

    /// <summary>The mean of a histogram's measurements.</summary>
    public static Query Mean(Metric histogram, string legend) => new($"{Sum(PromQl.SumRate(histogram, Window, Where()), "")} / {Sum(PromQl.CountRate(histogram, Window, Where()), "")}", legend);

    /// <summary>A row for each combination of labels that there is now.</summary>
    public static Query Table(Metric gauge, string by) => new($"count by ({by}) ({PromQl.Series(gauge, Where())})", "", isInstant: true);

    /// <summary>The k series that are largest now.</summary>
    public static Query Largest(int k, Metric gauge, string by, string legend) => new($"topk({k}, max by ({by}) ({PromQl.Series(gauge, Where())}))", legend);

    private static string Sum(string series, string by) => $"sum{By(by)} ({series})";

    private static string By(string by) => by.Length > 0 ? $" by ({by})" : "";

    private static string Braces(string by) => string.Join(' ', by.Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(l => $"{{{{{l}}}}}"));

    private static string Where(string more = "") => more.Length > 0 ? $"{Chosen.Trim()},{more}" : Chosen.Trim();
}
