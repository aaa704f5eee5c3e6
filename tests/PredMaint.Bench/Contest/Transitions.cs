using System.Text;
using System.Text.Json;
using PredMaint.Bench.Brokers;
using PredMaint.Bench.Measuring;

namespace PredMaint.Bench.Contest;

/// <summary>An alert raised or cleared.</summary>
public readonly record struct Alert(DateTimeOffset Time, bool Raised, double Score)
{
    public override string ToString() => $"{(Raised ? "raised" : "cleared")} at {Time:O} ({Score})";
}

/// <summary>Two processors' alerts about the same readings.</summary>
/// <param name="Borderline">Machines whose first difference lies at a score within 1e-6 of a limit: rounding, not an error.</param>
/// <param name="Differences">A sentence for each other machine that differs.</param>
public sealed record AlertCheck(int Product, int Peer, int Borderline, IReadOnlyList<string> Differences);

/// <summary>Reads alerts, of either form, and compares them machine by machine.</summary>
public static class Transitions
{
    private const double Rounding = 1e-6;

    private const string ProductType = "predmaint.alert.";

    /// <summary>All committed alerts of a topic, by machine, in order.</summary>
    public static async Task<Dictionary<string, List<Alert>>> ReadAsync(Cluster cluster, string topic, CancellationToken cancel)
    {
        var alerts = new Dictionary<string, List<Alert>>(StringComparer.Ordinal);
        await cluster.ReadAsync(topic, record =>
        {
            var (machine, alert) = Parse(record.Message.Value);
            if (!alerts.TryGetValue(machine, out var list)) alerts.Add(machine, list = []);
            list.Add(alert);
        }, cancel);
        return alerts;
    }

    public static AlertCheck Compare(Dictionary<string, List<Alert>> product, Dictionary<string, List<Alert>> peer)
    {
        var borderline = 0;
        List<string> differences = [];
        foreach (var machine in product.Keys.Union(peer.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var (ours, theirs) = (product.GetValueOrDefault(machine, []), peer.GetValueOrDefault(machine, []));
            var same = 0;
            while (same < ours.Count && same < theirs.Count && ours[same].Time == theirs[same].Time && ours[same].Raised == theirs[same].Raised) same++;
            if (same == ours.Count && same == theirs.Count) continue;
            Alert? our = same < ours.Count ? ours[same] : null, their = same < theirs.Count ? theirs[same] : null;
            // The earlier of the two is the one that the other side did not see.
            var first = our is null || their?.Time < our.Value.Time ? their!.Value : our.Value;
            if (Math.Abs(first.Score - (first.Raised ? Contestants.RaiseAt : Contestants.ClearAt)) <= Rounding) borderline++;
            else differences.Add($"{machine}, alert {same + 1}: product {our?.ToString() ?? "none"}, peer {their?.ToString() ?? "none"}");
        }
        return new AlertCheck(product.Values.Sum(a => a.Count), peer.Values.Sum(a => a.Count), borderline, differences);
    }

    /// <summary>A CloudEvent of the product's, or the peer's own few fields.</summary>
    private static (string Machine, Alert Alert) Parse(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        var time = root.GetProperty("time").GetDateTimeOffset();
        if (!root.TryGetProperty("specversion", out _))
            return (root.GetProperty("machineId").GetString()!, new Alert(time, IsRaised(root.GetProperty("state").GetString()!), root.GetProperty("score").GetDouble()));
        var type = root.GetProperty("type").GetString()!;
        if (!type.StartsWith(ProductType, StringComparison.Ordinal)) throw new BenchException($"an alert of type {type}: {Encoding.UTF8.GetString(json)}");
        return (root.GetProperty("subject").GetString()!, new Alert(time, IsRaised(type[ProductType.Length..]), root.GetProperty("data").GetProperty("score").GetDouble()));
    }

    private static bool IsRaised(string word) => word switch
    {
        "raised" => true,
        "cleared" => false,
        _ => throw new BenchException($"an alert that was {word}; only raised and cleared can come here"),
    };
}
