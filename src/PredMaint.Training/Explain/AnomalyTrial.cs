using System.Globalization;
using System.Text;

namespace PredMaint.Training.Explain;

/// <summary>Pattern memory and LSTM on public data, in Markdown.</summary>
/// <param name="folder">Of the weights.</param>
internal sealed class AnomalyTrial(string folder, int epochs, Action<EpochDone> report)
{
    private const int Width = 32;

    /// <summary>Taken together: a score of their mean.</summary>
    private const int Networks = 3;

    public string Skab(string path)
    {
        var source = DataSource.Of(path, Layout.Skab, set: "");
        var text = new StringBuilder("| SKAB, chosen on the other half | half | F1 | false alarms, % | settings |\n|---|---|---:|---:|---|\n");
        var history = source with { Set = Data.Skab.HistorySet };
        foreach (var r in SkabTrial.Run(source.Read(), (chosen, sensors) => Forecast(history, $"skab-{chosen[0].Name.Replace('/', '-')}", sensors, chosen)))
            text.Append(CultureInfo.InvariantCulture, $"| {r.Model} | {r.Judged} | {r.F1.Value:F3} ± {(r.F1.High - r.F1.Value) / 2:F3} | {100 * r.FalseAlarmRate.Value:F1} ± {50 * (r.FalseAlarmRate.High - r.FalseAlarmRate.Value):F1} | {r.Settings} |\n");
        return text.Append('\n').ToString();
    }

    public string Msl(string path)
    {
        var source = DataSource.Of(path, Layout.Msl, "train");
        var forecast = Forecast(source, "msl", [MslTrial.Telemetry], source.Read());
        var text = new StringBuilder("| MSL, chosen on the other half | half | VUS-PR | settings |\n|---|---|---:|---|\n");
        foreach (var r in MslTrial.Run(Data.Msl.Read(path, Data.Msl.Both), MslTrial.Settings, forecast)) text.Append(CultureInfo.InvariantCulture, $"| {r.Model} | {r.Judged} | {r.VusPr:F3} | {r.Settings} |\n");
        return text.Append('\n').ToString();
    }

    /// <summary>The file of an LSTM that forecasts the next reading, fitted on sound readings of these machines.</summary>
    private byte[] Forecast(DataSource source, string name, IReadOnlyList<string> features, IReadOnlyList<Series> machines)
    {
        Directory.CreateDirectory(folder);
        string In(string end) => Path.Combine(folder, $"{name}.{end}");
        var spec = new NetworkSpec(Architecture.Lstm, HeadKind.Forecast, Width, features, [0]);
        var names = machines.Select(m => m.Name).ToArray();
        var fitted = source.Read().Where(m => names.Contains(m.Name, StringComparer.Ordinal)).ToList();
        FitJob[] jobs = [.. Enumerable.Range(1, Networks).Select(seed => new FitJob($"{name}, {seed} of {Networks}", spec, source, source.Sha256(), names, HeldOut: [], seed, epochs, Patience: 0, In($"{seed}.bin")))];
        new FitProcesses(report).Run(jobs);
        using var net = new Ensemble(fitted, jobs).Load();
        net.Write(In("onnx"), new ModelName(name, "1"), alert: null, trained: null);
        return File.ReadAllBytes(In("onnx"));
    }
}
