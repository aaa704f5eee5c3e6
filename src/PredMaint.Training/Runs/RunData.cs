namespace PredMaint.Training.Runs;

/// <summary>The machines of a run, dealt to their three uses, and the network that can learn from them.</summary>
/// <param name="Notes">What a person should know of them.</param>
internal sealed record RunData(NetworkSpec Spec, Split Split, IReadOnlyList<string> Notes)
{
    private const int MostConditions = 20;

    /// <summary>Of the range: values that lie further apart belong to two conditions.</summary>
    private const float ConditionGap = 1f / 50;

    /// <summary>Of its size, less than which a sensor does not vary: what a 32-bit float may lose.</summary>
    private const float Constant = 1e-6f;

    /// <exception cref="DataException">With a line for each thing that is wrong.</exception>
    public static RunData Of(RunPlan plan)
    {
        // Labels say nothing of lives, nor lives of what is labelled.
        var machines = plan.Network.Head == HeadKind.Forecast ? plan.Data.Read() : [.. plan.Data.Read().Select(m => m with { Labels = null })];
        Refuse(SensorMistakes(machines, plan.Condition));
        var split = Split.InTurn(machines, m => m.Labels?.Contains(true) ?? m.LifeAfterLast == 0, plan.Seed);
        var sensors = machines[0].Features.Where(f => f != plan.Condition).ToList();
        var constant = sensors.Where(f => IsConstant(f, split.Fit)).ToList();
        if (constant.Count == sensors.Count) throw new DataException($"no sensor of the {split.Fit.Count} machines to fit ever changes");
        var centres = plan.Condition is null ? [0f] : Centres(plan.Condition, split.Fit);
        var spec = plan.Network with { Features = [.. sensors.Except(constant, StringComparer.Ordinal).Concat(new[] { plan.Condition }.OfType<string>())], Centres = centres };
        Refuse(UseMistakes(spec, split, plan.Data.MaxGap));
        return new RunData(spec, split, [.. NotesOf(machines, split, constant, centres, plan.Condition)]);
    }

    private static void Refuse(IEnumerable<string> mistakes)
    {
        if (mistakes.ToList() is { Count: > 0 } found) throw new DataException(string.Join(Environment.NewLine, found));
    }

    private static IEnumerable<string> SensorMistakes(IReadOnlyList<Series> machines, string? condition)
    {
        var sensors = machines[0].Features;
        foreach (var machine in machines.Where(m => !m.Features.SequenceEqual(sensors, StringComparer.Ordinal)))
            yield return $"{machine.Name} has other sensors than {machines[0].Name}: {string.Join(", ", machine.Features)} and {string.Join(", ", sensors)}";
        for (var i = 0; i < sensors.Count; i++)
            if (machines.Where(m => m.Features.Count == sensors.Count && Enumerable.Range(0, m.Steps).All(step => float.IsNaN(m.Reading(step)[i]))).Select(m => m.Name).ToList() is { Count: > 0 } silent)
                yield return $"{sensors[i]} has no value in {silent.Count} machines, {silent[0]} among them: leave out the sensor, or these machines";
        if (condition is not null && !sensors.Contains(condition)) yield return $"--condition: there is no {condition}; there are {string.Join(", ", sensors)}";
    }

    private static IEnumerable<float> Values(string feature, IEnumerable<Series> machines) => machines.SelectMany(m => m.Only([feature]).Values).Where(v => !float.IsNaN(v));

    private static bool IsConstant(string feature, IEnumerable<Series> machines)
    {
        var values = Values(feature, machines).ToList();
        var (least, most) = (values.Min(), values.Max());
        return most - least <= Constant * Math.Max(Math.Abs(least), Math.Abs(most));
    }

    /// <summary>The means of groups of values that lie apart.</summary>
    private static float[] Centres(string condition, IEnumerable<Series> machines)
    {
        var values = Values(condition, machines).Order().ToArray();
        var apart = (values[^1] - values[0]) * ConditionGap;
        var groups = new List<List<float>>();
        foreach (var value in values)
        {
            if (groups.Count == 0 || value - groups[^1][^1] > apart) groups.Add([]);
            groups[^1].Add(value);
        }
        return groups.Count is > 1 and <= MostConditions && groups.TrueForAll(g => g[^1] - g[0] <= apart) ? [.. groups.Select(g => g.Average())]
            : throw new DataException($"--condition: the values of {condition} do not lie in 2 to {MostConditions} groups that are narrow and apart");
    }

    private static IEnumerable<string> UseMistakes(NetworkSpec spec, Split split, TimeSpan maxGap)
    {
        var (needed, near) = (Math.Max(Head.Warmup, spec.Steps), spec.Head == HeadKind.Life ? spec.LifeLimit : spec.Horizon);
        // Whatever it learns from, it is judged by all readings.
        foreach (var (use, machines, ofUse) in new[] { ("fit", split.Fit, spec), ("choose", split.Choose, spec), ("judge", split.Judge, spec with { Head = HeadKind.Life }) })
        {
            var parts = FitJob.Parts(ofUse, machines, maxGap).Where(p => p.Steps > needed).ToList();
            if (parts.Count == 0)
                yield return $"none of the {machines.Count} machines to {use} has more than {needed} {(ofUse.Head == HeadKind.Forecast ? "sound readings" : "readings")} in a row, less than {maxGap.TotalMinutes:0.##} minutes apart (--max-gap{(spec.Steps > 0 ? ", --steps" : "")})";
            else if (spec.Head != HeadKind.Forecast && !parts.Exists(p => p.LifeAfterLast <= near))
                yield return $"none of the {machines.Count} machines to {use} comes within {near} readings of a failure: there is nothing to {(use == "judge" ? "judge by" : "learn from")}";
        }
    }

    private static IEnumerable<string> NotesOf(IReadOnlyList<Series> machines, Split split, List<string> constant, float[] centres, string? condition)
    {
        yield return $"{split.Fit.Count} machines to fit, {split.Choose.Count} to choose the best epoch and the limits, {split.Judge.Count} to judge";
        if (constant.Count > 0) yield return $"left out, as they never change: {string.Join(", ", constant)}";
        if (centres.Length > 1) yield return FormattableString.Invariant($"{centres.Length} operating conditions, at {condition} of {string.Join(", ", centres.Select(c => FormattableString.Invariant($"{c:G4}")))}");
        var missing = machines.Sum(m => m.Values.Count(float.IsNaN));
        if (missing > 0) yield return FormattableString.Invariant($"{missing} of {machines.Sum(m => m.Values.Length)} values are missing: the last one seen stands for each, as with readings.fill");
        if (machines[0].Labels is not null && !split.Judge.Any(m => m.Labels!.Contains(true))) yield return "no machine to judge has a reading that is labelled as anomalous: only false alarms can be judged";
        if (machines[0].Labels is null && !split.Judge.Any(m => m.LifeAfterLast == 0)) yield return "no machine to judge ran to failure: its warnings cannot be judged";
    }
}
