using System.Globalization;
using System.Text.Json.Nodes;
using Confluent.Kafka;

namespace PredMaint.Testing;

/// <summary>What two computations of the same readings must agree in (contracts.md, "Program").</summary>
public sealed record Alert(string Machine, string Id, string AlertId, string Type, string Kind, DateTimeOffset Time, DateTimeOffset Onset, string Severity, string Reason, string Model, double Score)
{
    private const double ScoreTolerance = 1e-6;

    public static Alert Parse(string json)
    {
        var alert = JsonNode.Parse(json)!;
        var data = alert["data"]!;
        return new Alert(
            Text(alert["subject"]), Text(alert["id"]), Text(data["alertId"]), Text(alert["type"]), Text(data["kind"]), Moment(alert["time"]), Moment(data["onset"]),
            Text(data["severity"]), Text(data["reason"]), $"{data["model"]!["name"]}@{data["model"]!["version"]} {data["model"]!["sha256"]}", (double?)data["score"] ?? 0);
    }

    /// <summary>The alerts that a read_committed subscriber gets, in the order of each partition.</summary>
    public static async Task<IReadOnlyList<Alert>> ReadAsync(KafkaBroker broker, string topic) => Of(await broker.ReadCommittedAsync(topic));

    public static IReadOnlyList<Alert> Of(IEnumerable<ConsumeResult<string?, byte[]>> records) =>
        [.. records.Select(r =>
        {
            var alert = Parse(r.Text());
            Assert.Equal(alert.Machine, r.Message.Key);
            return alert;
        })];

    /// <summary>The same alerts in the same order for each machine, each once.</summary>
    public static void AssertSame(IReadOnlyCollection<Alert> expected, IReadOnlyCollection<Alert> actual)
    {
        Assert.Distinct(actual.Select(a => a.Id));
        // Scores come from other batches; all else is exact.
        Assert.Equal(ByMachine(expected), ByMachine(actual));
        var scores = expected.ToDictionary(a => a.Id, a => a.Score, StringComparer.Ordinal);
        Assert.All(actual, a => Assert.Equal(scores[a.Id], a.Score, ScoreTolerance));
    }

    private static List<Alert> ByMachine(IEnumerable<Alert> alerts) =>
        [.. alerts.OrderBy(a => a.Machine, StringComparer.Ordinal).Select(a => a with { Score = 0 })];

    private static string Text(JsonNode? node) => (string)node!;

    private static DateTimeOffset Moment(JsonNode? node) => DateTimeOffset.Parse(Text(node), CultureInfo.InvariantCulture);
}
