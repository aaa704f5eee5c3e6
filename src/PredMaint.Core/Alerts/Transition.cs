namespace PredMaint.Core.Alerts;

/// <summary>A change of an alert, held in memory until a commit publishes it.</summary>
/// <param name="Machine">The key of the message: the machine id, UTF-8.</param>
/// <param name="TraceParent">Of the reading that caused it; null where that had none.</param>
/// <param name="Before">The active alert's severity before; null where none was active.</param>
public sealed record Transition(byte[] Machine, AlertEvent Event, byte[] Json, string? TraceParent, Severity? Before);

/// <summary>What an alert message says: contracts.md, "Alert". Times are microseconds since 1970.</summary>
public sealed record AlertEvent
{
    public required string MachineId { get; init; }
    public required AlertChange Change { get; init; }
    public required AlertModel Model { get; init; }
    public required Severity Severity { get; init; }
    public required string Reason { get; init; }
    public required bool Active { get; init; }
    public required long TimeUs { get; init; }
    public required long OnsetUs { get; init; }

    /// <summary>Null where a transition has no score of its own.</summary>
    public float? Score { get; init; }
    public IReadOnlyList<Contribution> Contributions { get; init; } = [];
    public RemainingLife? Rul { get; init; }
    public required string Topic { get; init; }
    public required int Partition { get; init; }
    public required long Offset { get; init; }

    /// <summary>The reading was older than maxGap when it was recorded: a backlog.</summary>
    public bool Late { get; init; }

    public string Type => "predmaint.alert." + Change switch
    {
        AlertChange.Raised => "raised",
        AlertChange.Changed => "changed",
        AlertChange.Cleared => "cleared",
        _ => throw new InvalidOperationException("no change, no event"),
    };

    public string AlertName => AlertIds.AlertName(MachineId, Model.Kind, Model.NameAndVersion, OnsetUs);

    public Guid AlertId => AlertIds.Version5(AlertName);

    public Guid Id => AlertIds.Version5(AlertIds.EventName(AlertName, Type, TimeUs));
}

/// <summary>A sensor's part in a score. Shares sum to 1 over all sensors; the five largest are said.</summary>
/// <param name="Expected">What the model expected; null where it does not say.</param>
public readonly record struct Contribution(string Sensor, float Share, float Value, float? Expected);

/// <summary>Remaining useful life in the model's unit: the outermost quantiles, the median, and the mean where the model gives it.</summary>
public readonly record struct RemainingLife(float Low, float Median, float High, float? Expected, string Unit);

/// <summary>What an alert says of the model behind it. Kept with a machine's state, so that an alert can be cleared whose model is gone.</summary>
/// <param name="Kind">anomaly, failure, quality.</param>
/// <param name="Sha256">Of the model file, lower-case hexadecimal.</param>
public sealed record AlertModel(string Kind, string Name, string Version, string Sha256, float RaiseAt, float ClearAt)
{
    public string NameAndVersion => $"{Name}@{Version}";
}
