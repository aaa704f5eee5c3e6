using PredMaint.Core.Alerts;
using PredMaint.Core.Models;
using PredMaint.Core.Tests.Models;

namespace PredMaint.Simulation.Runs;

/// <summary>The models that judge in a simulation. Those of <see cref="Steady"/> are in every set, so their alerts do not depend on upgrades.</summary>
internal static class Fleet
{
    private static readonly ModelEntry Slow = new(
        Averaging("slow", "1", "s1"), "*", new AlertPolicy { RaiseAt = 0.6f, ClearAt = 0.4f, RaiseAfter = new MOfN(2, 3), ClearAfter = new MOfN(2, 2) });

    private static readonly ModelEntry Forecast = new(Forecasting(), "*", new AlertPolicy { RaiseAt = 3, ClearAt = 2, RaiseAfter = new MOfN(1, 2), Levels = [new SeverityLevel(6, Severity.Critical)] });

    private static readonly ModelEntry Window = new(
        new FakeModel(FakeModel.Window(3, "s2") with { Name = "window" }, row => row.Score = row.X(0, 0) + row.X(2, 0)), "*", new AlertPolicy { RaiseAt = 1.2f, ClearAt = 1 });

    /// <summary>The same model, another policy: what was decided by the one must not be decided by the other again.</summary>
    private static readonly ModelEntry Stricter = Window with { Policy = new AlertPolicy { RaiseAt = 0.4f, ClearAt = 0.4f } };

    private static readonly ModelEntry Successor = new(Averaging("window", "2", "s2", warmup: 4), "*", new AlertPolicy { RaiseAt = 0.6f, ClearAt = 0.5f }) { Replaces = "window@1" };

    private static readonly ModelEntry Extra = new(Averaging("extra", "1", "s4"), "m?", new AlertPolicy { RaiseAt = 0.5f, ClearAt = 0.5f, RaiseAfter = new MOfN(2, 2) });

    /// <summary>Names of the models that every set has.</summary>
    public static readonly IReadOnlySet<string> Steady = new HashSet<string>(StringComparer.Ordinal) { "slow", "forecast" };

    /// <summary>One model replaces another, machine by machine.</summary>
    public static readonly ModelEntry[] Replacing = [Slow, Window, Successor, Forecast];

    /// <summary>What workers are upgraded to, in any order.</summary>
    public static readonly IReadOnlyList<ModelEntry[]> Sets =
    [
        [Slow, Window, Forecast],
        [Forecast, Slow, Successor, Extra],
        [Slow, Forecast, Stricter, Extra],
        Replacing,
        [Successor, Forecast, Slow],
    ];

    private static FakeModel Averaging(string name, string version, string sensor, int warmup = 0)
    {
        const float keep = 0.75f;
        return new FakeModel(
            FakeModel.Stateful(sensor) with { Name = name, Version = version, Warmup = warmup },
            row =>
            {
                row.SetState(0, keep * row.State(0) + (1 - keep) * row.X(0, 0));
                row.Score = keep * row.State(0) + (1 - keep) * row.X(0, 0);
            },
            new StateShape(1, 1));
    }

    /// <summary>Says that the next value is the mean of this one and the last.</summary>
    private static FakeModel Forecasting() => new(
        FakeModel.Stateful("s3") with { Name = "forecast", Outputs = new OutputNames { Forecast = "f", Spread = "d" } },
        row =>
        {
            row.Forecast[0] = (row.State(0) + row.X(0, 0)) / 2;
            row.Spread[0] = 0.125f;
            row.SetState(0, row.X(0, 0));
        },
        new StateShape(1, 1));
}
