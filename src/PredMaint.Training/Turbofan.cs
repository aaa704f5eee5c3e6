using System.Text.Json.Nodes;

namespace PredMaint.Training;

/// <summary>The turbofan models that ship: their data, networks and limits.</summary>
internal static class Turbofan
{
    /// <summary>Version 2 reads the altitude too, and is several networks.</summary>
    public static readonly ModelName FailureName = new("turbofan-failure", "2");
    public static readonly ModelName AnomalyName = new("turbofan-anomaly", "2");
    public const int FailureEpochs = 120;
    public const int AnomalyEpochs = 60;

    /// <summary>FD002 and FD004 fly at six altitudes; FD003 and FD004 have a second kind of fault.</summary>
    public static readonly string[] TrainSets = ["FD001", "FD002", "FD003", "FD004"];

    /// <summary>With an official test; those at sea level, the only ones that the anomaly model knows.</summary>
    public static readonly string[] TestSets = ["FD001", "FD003"];

    public static DataSource TrainData(string folder) => DataSource.Of(folder, Layout.Cmapss, string.Join(',', TrainSets.Select(set => $"train-{set}")));

    public static NetworkSpec Failure { get; } = new(Architecture.Lstm, HeadKind.Life, Width: 64, Cmapss.Features, [.. Cmapss.Altitudes], Noise: 0.3, Unit: "cycles");

    public static NetworkSpec Anomaly { get; } = new(Architecture.Lstm, HeadKind.Forecast, Width: 32, Cmapss.Sensors, [0]);

    /// <summary>
    /// A warning with 30 cycles to live leaves time to plan; ten are critical, as the error is about that much. 3 of 5, and 5 of 5
    /// with five cycles more to clear, because a median moves by a few cycles from one reading to the next.
    /// </summary>
    public static JsonObject FailurePolicy() => new()
    {
        ["raiseAt"] = 30,
        ["clearAt"] = 35,
        ["raiseAfter"] = "3/5",
        ["clearAfter"] = "5/5",
        ["severity"] = "warning",
        ["levels"] = new JsonArray(new JsonObject { ["at"] = 10, ["severity"] = "critical" }),
    };
}
