using System.Globalization;
using System.Text;
using PredMaint.Cli.Alerts;
using PredMaint.Core.Alerts;
using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using Spectre.Console;

namespace PredMaint.Cli.Demo;

/// <summary>What is known of every engine now; written by the worker's thread and the reader of the alerts, shown by another.</summary>
internal sealed class Board(IReadOnlyList<Engine> engines, IReadOnlyList<ModelEntry> models, long firstCycleUs)
{
    /// <summary>As in the literature on this data: an engine far from failure shows nothing of how far.</summary>
    public const float LifeClip = 125;

    private const int ShownRows = 20;

    private readonly Lock gate = new();
    private readonly Dictionary<string, Row> rows = engines.ToDictionary(e => e.Id, e => new Row(e), StringComparer.Ordinal);
    private int alerts;

    /// <summary>Alert messages read so far.</summary>
    public int Alerts { get { lock (gate) return alerts; } }

    public void Scored(ScoredStep step)
    {
        var id = Encoding.UTF8.GetString(step.Machine.Key);
        lock (gate)
        {
            var row = rows[id];
            row.Cycle = (int)((step.TimeUs - firstCycleUs) / Feed.CycleUs) + 1;
            if (step.Rul is { } life) row.Life = life;
            else if (models[step.Entry].Manifest.Kind == ModelKind.Anomaly) row.Anomaly = step.Score;
        }
    }

    public void Alerted(AlertMessage? alert)
    {
        lock (gate)
        {
            alerts++;
            if (alert is null) return;
            var active = rows[alert.MachineId].Active;
            if (alert.Active) active[alert.Kind] = alert.Severity;
            else active.Remove(alert.Kind);
        }
    }

    /// <summary>The engines with the least life left, worst first.</summary>
    public Table Live(long done, long total)
    {
        var table = new Table().Border(TableBorder.Rounded).Title($"NASA turbofan FD001: {done:n0} of {total:n0} readings, {Alerts} alert messages");
        table.AddColumn("engine").AddColumn(new TableColumn("cycle").RightAligned()).AddColumn(new TableColumn("life left (cycles)").RightAligned())
            .AddColumn(new TableColumn("5 % to 95 %").RightAligned()).AddColumn(new TableColumn("anomaly").RightAligned()).AddColumn("alerts");
        lock (gate)
            foreach (var row in rows.Values.OrderBy(r => r.Life?.Median ?? float.MaxValue).ThenBy(r => r.Engine.Id, StringComparer.Ordinal).Take(ShownRows))
                table.AddRow(row.Engine.Id, $"{row.Cycle}", row.Life is { } l ? Number(l.Median) : "-", row.Life is { } i ? $"{Number(i.Low)} to {Number(i.High)}" : "-",
                    row.Anomaly is { } a ? a.ToString("0.00", CultureInfo.InvariantCulture) : "-", Badges(row));
        return table;
    }

    /// <summary>Predicted against true remaining life after each engine's last reading; engines never scored are absent.</summary>
    public IReadOnlyList<(Engine Engine, RemainingLife Predicted)> Final()
    {
        lock (gate) return [.. rows.Values.Where(r => r.Life is not null).Select(r => (r.Engine, r.Life!.Value))];
    }

    /// <summary>Root mean squared error of the expected life, both sides clipped at <see cref="LifeClip"/>.</summary>
    public static double Rmse(IReadOnlyList<(Engine Engine, RemainingLife Predicted)> final) => Math.Sqrt(final.Average(f =>
    {
        var error = Math.Min(f.Predicted.Expected ?? f.Predicted.Median, LifeClip) - Math.Min(f.Engine.TrueLife, LifeClip);
        return (double)error * error;
    }));

    public static string Number(float value) => value.ToString("0", CultureInfo.InvariantCulture);

    private static string Badges(Row row) => string.Join(' ', row.Active.OrderBy(a => a.Key, StringComparer.Ordinal)
        .Select(a => $"[{(a.Value == "critical" ? "red" : "yellow")}]{Markup.Escape(a.Key)}[/]"));

    private sealed class Row(Engine engine)
    {
        public Engine Engine => engine;
        public int Cycle { get; set; }
        public RemainingLife? Life { get; set; }
        public float? Anomaly { get; set; }

        /// <summary>Active alerts: severity by kind.</summary>
        public Dictionary<string, string> Active { get; } = new(StringComparer.Ordinal);
    }
}
