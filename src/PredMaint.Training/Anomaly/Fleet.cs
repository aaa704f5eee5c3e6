namespace PredMaint.Training.Anomaly;

/// <summary>What sound readings of many machines tell of their sensors.</summary>
internal static class Fleet
{
    private const int BlockSteps = 20;
    private const int ApartBlocks = 5;

    /// <summary>In standard deviations within a block.</summary>
    private const double DriftLimit = 2;

    /// <summary>
    /// Sensors that hold their level: whose means of 20 readings, 100 readings apart, differ by at most two standard deviations (root
    /// mean square) within them, in the median machine, and that change at all. A level that always goes on, as a room's temperature does, tells of no fault.
    /// </summary>
    public static IReadOnlyList<string> SteadySensors(IReadOnlyList<Series> sound)
    {
        var enough = sound.Where(s => s.Steps >= (ApartBlocks + 1) * BlockSteps).ToList();
        if (enough.Count == 0) throw new DataException($"none of {sound.Count} machines has {(ApartBlocks + 1) * BlockSteps} sound readings to tell drift by");
        return [.. sound[0].Features.Where((_, i) => sound.Any(s => Changes(s, i)) && enough.Select(s => Drift(s, i)).Order().ElementAt(enough.Count / 2) <= DriftLimit)];
    }

    private static bool Changes(Series series, int sensor)
    {
        var values = Enumerable.Range(0, series.Steps).Select(step => series.Reading(step)[sensor]).Where(v => !float.IsNaN(v)).ToList();
        return values.Count > 0 && values.Exists(v => v != values[0]);
    }

    private static double Drift(Series series, int sensor)
    {
        var blocks = Enumerable.Range(0, series.Steps).Select(step => (double)series.Reading(step)[sensor]).Where(v => !double.IsNaN(v)).Chunk(BlockSteps).Where(b => b.Length == BlockSteps).ToList();
        if (blocks.Count <= ApartBlocks) return 0;
        var means = blocks.Select(b => b.Average()).ToArray();
        var within = Math.Sqrt(blocks.Zip(means, (b, mean) => b.Average(v => (v - mean) * (v - mean))).Average());
        var between = Math.Sqrt(means.Skip(ApartBlocks).Zip(means, (later, mean) => (later - mean) * (later - mean)).Average());
        return between == 0 ? 0 : between / within;
    }
}
