using PredMaint.Testing;

namespace PredMaint.Chaos;

/// <summary>Compares what was committed with what the backtest says of the same readings: the same alerts, in the same order for each machine.</summary>
public static class Verdict
{
    private const double ScoreTolerance = 1e-6;

    /// <summary>One sentence for each machine whose alerts differ: where they first do. Empty when all are the same.</summary>
    public static IReadOnlyList<string> Differences(IReadOnlyCollection<Alert> expected, IReadOnlyCollection<Alert> actual)
    {
        var should = expected.ToLookup(a => a.Machine, StringComparer.Ordinal);
        var did = actual.ToLookup(a => a.Machine, StringComparer.Ordinal);
        return [.. should.Select(m => m.Key).Union(did.Select(m => m.Key), StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(m => First([.. should[m]], [.. did[m]])).OfType<string>()];
    }

    private static string? First(List<Alert> expected, List<Alert> actual)
    {
        for (var i = 0; i < Math.Max(expected.Count, actual.Count); i++)
        {
            var wanted = i < expected.Count ? expected[i] : null;
            var found = i < actual.Count ? actual[i] : null;
            if (wanted is not null && found is not null && AreSame(wanted, found)) continue;
            return $"{(wanted ?? found)!.Machine}, alert {i} of {expected.Count}: {Kind(wanted, found, expected, actual, i)}; expected {Text(wanted)}, found {Text(found)}";
        }
        return null;
    }

    private static bool AreSame(Alert a, Alert b) => a with { Score = 0 } == b with { Score = 0 } && Math.Abs(a.Score - b.Score) <= ScoreTolerance;

    private static string Kind(Alert? wanted, Alert? found, List<Alert> expected, List<Alert> actual, int index)
    {
        if (found is not null && actual.Take(index).Any(a => a.Id == found.Id)) return "twice";
        if (wanted is not null && actual.TrueForAll(a => a.Id != wanted.Id)) return "missing";
        if (found is not null && expected.TrueForAll(a => a.Id != found.Id)) return "never justified";
        return wanted is not null && found is not null && wanted.Id == found.Id ? "of other content" : "out of order";
    }

    private static string Text(Alert? alert) => alert is null ? "none" : $"{alert.Type[(alert.Type.LastIndexOf('.') + 1)..]} at {alert.Time:HH:mm:ss} score {alert.Score:0.000000} onset {alert.Onset:HH:mm:ss}";
}
