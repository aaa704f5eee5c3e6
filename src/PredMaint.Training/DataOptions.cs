using System.CommandLine;

namespace PredMaint.Training;

/// <summary>The options that say where data is and what its columns mean.</summary>
internal sealed class DataOptions(bool isRequired = true)
{
    private readonly Option<string> data = new("--data") { Description = "A file of readings (CSV or JSON lines, plain or gzip), or the folder of a data set.", Required = isRequired };
    private readonly Option<Layout> layout = new("--layout") { Description = "readings: machineId,timestamp,SENSOR,...; cmapss, skab, msl: as published.", DefaultValueFactory = _ => Layout.Readings };
    private readonly Option<string> set = new("--set") { Description = "cmapss: FD001 (its test) or train-FD001, or several separated by commas. msl: test, train or both (judged by test, after train as history); MSL-test or SMAP-test where both are there. skab: history (the rows that its authors give to learn from).", DefaultValueFactory = _ => "" };
    private readonly Option<string?> label = new("--label") { Description = "readings: column that is not 0 where a reading is anomalous." };
    private readonly Option<string?> life = new("--life") { Description = "readings: column of the remaining life, in readings; without it and without --label every machine fails after its last reading." };
    private readonly Option<bool> sound = new("--sound") { Description = "No reading is anomalous and no machine failed." };
    private readonly Option<double> maxGap = new("--max-gap") { Description = "Minutes without a reading after which a history begins anew, as readings.maxGap of a configuration.", DefaultValueFactory = _ => DataSource.DefaultMaxGap.TotalMinutes };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[data, layout, set, label, life, sound, maxGap]) command.Add(option);
    }

    /// <summary>Data was named.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetValue(data) is not null;

    public DataSource Source(ParseResult parsed) => new(parsed.GetRequiredValue(data), parsed.GetValue(layout), parsed.GetRequiredValue(set), parsed.GetValue(label), parsed.GetValue(life), parsed.GetValue(sound),
        TimeSpan.FromMinutes(Math.Clamp(parsed.GetValue(maxGap), 0, TimeSpan.FromDays(36_500).TotalMinutes)));
}
