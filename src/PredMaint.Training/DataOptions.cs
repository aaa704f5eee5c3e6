using System.CommandLine;
using PredMaint.Training.Data;

namespace PredMaint.Training;

/// <summary>In what layout the data is.</summary>
public enum Layout { Readings, Cmapss, Skab, Msl }

/// <summary>The options that say where data is and what its columns mean.</summary>
internal sealed class DataOptions
{
    private readonly Option<string> data = new("--data") { Description = "A file of readings (CSV or JSON lines, plain or gzip), or the folder of a data set.", Required = true };
    private readonly Option<Layout> layout = new("--layout") { Description = "readings: machineId,timestamp,SENSOR,...; cmapss, skab, msl: as published.", DefaultValueFactory = _ => Layout.Readings };
    private readonly Option<string> set = new("--set") { Description = "cmapss: FD001 (its test) or train-FD001. msl: test or train.", DefaultValueFactory = _ => "" };
    private readonly Option<string?> label = new("--label") { Description = "readings: column that is not 0 where a reading is anomalous." };
    private readonly Option<string?> life = new("--life") { Description = "readings: column of the remaining life, in readings; without it and without --label every machine fails after its last reading." };

    private readonly Option<double> maxGap = new("--max-gap") { Description = "Minutes without a reading after which a history begins anew, as readings.maxGap of a configuration.", DefaultValueFactory = _ => 10 };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[data, layout, set, label, life, maxGap]) command.Add(option);
    }

    public TimeSpan MaxGap(ParseResult parsed) => TimeSpan.FromMinutes(Math.Clamp(parsed.GetValue(maxGap), 0, TimeSpan.FromDays(36_500).TotalMinutes));

    /// <exception cref="DataException">There is nothing to judge by.</exception>
    public IReadOnlyList<Series> Read(ParseResult parsed)
    {
        var machines = ReadAny(parsed);
        var path = parsed.GetRequiredValue(data);
        if (machines.Count == 0) throw new DataException($"{path}: has no readings");
        foreach (var machine in machines)
            if (machine.Features.Count == 0 || machine.Steps == 0) throw new DataException($"{path}: {machine.Name} has {machine.Features.Count} sensors and no reading of them");
        if (machines.GroupBy(m => m.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice) throw new DataException($"{path}: has {twice.Key} twice");
        return machines;
    }

    private IReadOnlyList<Series> ReadAny(ParseResult parsed)
    {
        var (path, part) = (parsed.GetRequiredValue(data), parsed.GetRequiredValue(set));
        return parsed.GetValue(layout) switch
        {
            Layout.Cmapss => part.StartsWith("train-", StringComparison.Ordinal) ? Cmapss.ReadTrain(path, part["train-".Length..]) : Cmapss.ReadTest(path, part.Length == 0 ? "FD001" : part),
            Layout.Skab => Skab.Read(path),
            Layout.Msl => Msl.Read(path, part.Length == 0 ? "test" : part),
            _ => ReadingTable.Read(path, parsed.GetValue(label), parsed.GetValue(life)),
        };
    }
}
