using System.Text.Json.Nodes;
using Confluent.Kafka;

namespace PredMaint.Testing;

/// <summary>Commands as an operator's tools send them.</summary>
public static class Commands
{
    public static Task<IReadOnlyList<TopicPartitionOffset>> ResetAsync(this KafkaBroker broker, string topic, params IEnumerable<string> machines) =>
        broker.ProduceAsync(topic, machines.Select(m => ((string?)m, $$"""{"id":"{{Guid.NewGuid()}}","command":"reset","machineId":"{{m}}","time":"2026-01-17T19:33:20Z"}""")));

    /// <summary>The alert messages that give a reset as their reason, by machine.</summary>
    public static async Task<IReadOnlyList<JsonNode>> ResetsAsync(this KafkaBroker broker, string alerts) =>
        [.. (await broker.ReadCommittedAsync(alerts)).Select(r => JsonNode.Parse(r.Text())!).Where(a => (string)a["data"]!["reason"]! == "reset")];

    /// <summary>The machines whose last alert message says that one is active.</summary>
    public static IReadOnlyList<string> Active(this IEnumerable<Alert> alerts) =>
        [.. alerts.GroupBy(a => a.Machine, StringComparer.Ordinal).Where(m => !m.Last().Type.EndsWith("cleared", StringComparison.Ordinal)).Select(m => m.Key).Order(StringComparer.Ordinal)];
}
