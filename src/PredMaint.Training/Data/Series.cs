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

    /// <summary>So many of the first steps are known to those who judge: a model sees them and is not judged by them.</summary>
    public int History { get; init; }

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

    /// <summary>Nothing is wrong yet: it is not labelled as anomalous or, without labels, more than so many steps are left, of which a model of life too is told nothing but "long".</summary>
    public bool IsSound(int step, int lifeLimit) => Labels is null ? LifeAt(step) > lifeLimit : !Labels[step];

    /// <summary>How many of the first steps are sound.</summary>
    public int HealthySteps(int lifeLimit = Cmapss.LifeLimit) => Labels is null ? Math.Clamp(LifeAfterLast + Steps - 1 - lifeLimit, 0, Steps)
        : Array.IndexOf(Labels, true) is var first and >= 0 ? first : Steps;

    /// <summary>The same machine, joined when only so many readings were left.</summary>
    public Series Last(int steps) => steps >= Steps ? this : this with { Values = Values[^(steps * Features.Count)..], Labels = Labels?[^steps..], TimesUs = TimesUs?[^steps..], History = Math.Max(0, History - Steps + steps) };

    /// <summary>The same machine, of which so many readings from a step on were lost.</summary>
    public Series Without(int from, int count) => this with
    {
        Values = [.. Values[..(from * Features.Count)], .. Values[((from + count) * Features.Count)..]],
        Labels = Labels is null ? null : [.. Labels[..from], .. Labels[(from + count)..]],
        TimesUs = TimesUs is null ? null : [.. TimesUs[..from], .. TimesUs[(from + count)..]],
    };

    /// <summary>The same readings with these columns alone, in this order.</summary>
    public Series Only(IReadOnlyList<string> features)
    {
        var columns = features.Select(f => Features.ToList().IndexOf(f)).ToArray();
        if (columns.Contains(-1)) throw new ArgumentException($"{Name} has not all of {string.Join(", ", features)}", nameof(features));
        var values = new float[Steps * features.Count];
        for (var i = 0; i < values.Length; i++) values[i] = Reading(i / features.Count)[columns[i % features.Count]];
        return this with { Features = features, Values = values };
    }

    /// <summary>
    /// The series in parts of consecutive steps that are wanted, as a stream would have them: a history ends at a gap, within it a
    /// missing value is the last one seen, and it begins when each was seen once.
    /// </summary>
    /// <param name="most">Steps of a part.</param>
    public IEnumerable<Series> Parts(TimeSpan maxGap, Func<int, bool> isWanted, int most)
    {
        var begins = Enumerable.Range(0, Steps).Select(step => step == 0 || TimeUs(step) - TimeUs(step - 1) > maxGap.TotalMicroseconds).ToArray();
        var filled = (float[])Values.Clone();
        for (var i = Features.Count; i < filled.Length; i++)
            if (float.IsNaN(filled[i]) && !begins[i / Features.Count]) filled[i] = filled[i - Features.Count];
        var whole = this with { Values = filled };
        for (var from = 0; from < Steps; from++)
        {
            var to = from;
            while (to < Steps && to - from < most && isWanted(to) && !whole.Reading(to).Contains(float.NaN) && (to == from || !begins[to])) to++;
            if (to == from) continue;
            yield return whole.Part(from, to);
            from = to - 1;
        }
    }

    /// <summary>Steps [from, to) as a series of their own.</summary>
    public Series Part(int from, int to) => to - from == Steps ? this : this with
    {
        Name = $"{Name}, from {from}", Values = Values[(from * Features.Count)..(to * Features.Count)], LifeAfterLast = LifeAt(to - 1), Labels = Labels?[from..to], TimesUs = TimesUs?[from..to], History = Math.Clamp(History - from, 0, to - from),
    };
}
