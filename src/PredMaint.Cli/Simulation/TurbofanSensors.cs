namespace PredMaint.Cli.Simulation;

/// <summary>
/// The 14 sensors that the shipped turbofan models read, with their level and noise in young engines: mean, and deviation
/// within an engine, over the first 30 cycles of each engine of NASA's train_FD001.
/// </summary>
internal static class TurbofanSensors
{
    /// <summary>What <c>--sensors</c> calls them.</summary>
    public const string Name = "turbofan";

    private static readonly (string Sensor, double Level, double Noise)[] All =
    [
        ("s2", 642.383, 0.297), ("s3", 1586.899, 3.958), ("s4", 1402.831, 3.897), ("s7", 553.948, 0.400), ("s8", 2388.059, 0.031),
        ("s9", 9056.062, 4.163), ("s11", 47.356, 0.100), ("s12", 521.905, 0.299), ("s13", 2388.057, 0.030), ("s14", 8137.384, 3.061),
        ("s15", 8.418, 0.020), ("s17", 392.270, 0.915), ("s20", 38.932, 0.098), ("s21", 23.359, 0.060),
    ];

    public static string[] Names => [.. All.Select(s => s.Sensor)];

    public static IReadOnlyList<(double Level, double Noise)> Levels { get; } = [.. All.Select(s => (s.Level, s.Noise))];
}
