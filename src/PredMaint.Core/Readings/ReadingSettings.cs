namespace PredMaint.Core.Readings;

/// <summary>What to do with a sensor that a reading does not have.</summary>
public enum Fill
{
    /// <summary>Its last value stands; no step before every feature of the model was seen once.</summary>
    Last,

    /// <summary>NaN goes into the model.</summary>
    None,
}

/// <summary>How readings become steps; the part <c>readings</c> of the configuration.</summary>
public sealed record ReadingSettings
{
    /// <summary>Values longer than this are dead letters.</summary>
    public int MaxBytes { get; init; } = 65_536;

    /// <summary>Readings with more sensors than this are dead letters.</summary>
    public int MaxSensors { get; init; } = 1024;

    /// <summary>How long readings are held back to order them.</summary>
    public TimeSpan Lateness { get; init; } = TimeSpan.Zero;

    /// <summary>A machine's history starts anew after a longer silence.</summary>
    public TimeSpan MaxGap { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>A reading further ahead of its record's timestamp is a dead letter.</summary>
    public TimeSpan MaxAhead { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The time grid; zero where each reading is a step.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.Zero;

    public Fill Fill { get; init; } = Fill.Last;
}
