namespace PredMaint.Training.Data;

/// <summary>Consecutive readings of one machine.</summary>
/// <param name="Name">Set and machine: <c>train_FD001/7</c>.</param>
/// <param name="Features">Names of the columns.</param>
/// <param name="Values">[steps, features], row-major, raw units.</param>
/// <param name="LifeAfterLast">Steps of remaining life at the last reading; 0 for a machine that ran to failure.</param>
public sealed record Series(string Name, IReadOnlyList<string> Features, float[] Values, int LifeAfterLast)
{
    /// <summary>Which steps are labelled as anomalous; null where the data has no labels.</summary>
    public bool[]? Labels { get; init; }

    /// <summary>Times of the readings, microseconds since 1970, ascending; null where the data has none and a step is a second.</summary>
    public long[]? TimesUs { get; init; }

    /// <summary>Time from one reading to the next, the median.</summary>
    public double StepSeconds => TimesUs is not { Length: > 1 } times ? 1
        : times.Zip(times.Skip(1), (a, b) => b - a).Order().ElementAt((times.Length - 1) / 2) / 1e6;

    /// <summary>Microseconds.</summary>
    public long TimeUs(int step) => TimesUs?[step] ?? 1_000_000L * step;

    /// <summary>The step of that time, one of the series'.</summary>
    public int StepAt(long timeUs) => TimesUs is null ? (int)(timeUs / 1_000_000) : Array.BinarySearch(TimesUs, timeUs);

    public int Steps => Values.Length / Features.Count;

    /// <summary>The reading of a step, counted from 0.</summary>
    public ReadOnlySpan<float> Reading(int step) => Values.AsSpan(step * Features.Count, Features.Count);

    /// <summary>True remaining life, in steps, at a step counted from 0.</summary>
    public int LifeAt(int step) => LifeAfterLast + Steps - 1 - step;

    /// <summary>
    /// How many of the first steps count as healthy: those with more than <see cref="Cmapss.LifeLimit"/> steps to live, the
    /// span in which the failure model too is told nothing but "long".
    /// </summary>
    public int HealthySteps => Math.Clamp(LifeAfterLast + Steps - 1 - Cmapss.LifeLimit, 0, Steps);

    /// <summary>The same machine, joined when only so many readings were left.</summary>
    public Series Last(int steps) => steps >= Steps ? this : this with { Values = Values[^(steps * Features.Count)..], Labels = Labels?[^steps..], TimesUs = TimesUs?[^steps..] };

    /// <summary>The same readings with these columns, which stand first, alone.</summary>
    public Series Only(IReadOnlyList<string> features)
    {
        if (!Features.Take(features.Count).SequenceEqual(features)) throw new ArgumentException("the columns do not stand first", nameof(features));
        var values = new float[Steps * features.Count];
        for (var step = 0; step < Steps; step++) Reading(step)[..features.Count].CopyTo(values.AsSpan(step * features.Count));
        return this with { Features = features, Values = values };
    }
}
