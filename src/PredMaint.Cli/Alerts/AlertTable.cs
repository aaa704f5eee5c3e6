using System.Globalization;
using PredMaint.Cli.Output;
using Spectre.Console;

namespace PredMaint.Cli.Alerts;

/// <summary>How alerts look on a terminal.</summary>
internal static class AlertTable
{
    private const string Time = "yyyy-MM-dd HH:mm:ss";

    public static void Print(IReadOnlyList<AlertMessage> alerts, bool history)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in new[] { history ? "time (UTC)" : "since (UTC)", "severity", "machine", "kind", history ? "change" : "last change", "score", "model", "sensors" })
            table.AddColumn(new TableColumn(new Text(column)));
        table.Columns[5].RightAligned();
        foreach (var a in alerts)
            table.AddRow(
                new Text((history ? a.Time : a.Onset).ToString(Time, CultureInfo.InvariantCulture)), Terminal.Cell(a.Severity, StyleOf(a)), Terminal.Cell(a.MachineId),
                Terminal.Cell(a.Kind), Terminal.Cell(a.Type), new Text(Score(a)), Terminal.Cell(a.Model), Terminal.Cell(a.Sensors));
        Terminal.Out.Write(table);
    }

    /// <summary>One alert on one line, as they come.</summary>
    public static void PrintLine(AlertMessage a)
    {
        Terminal.Out.Write(new Text($"{a.Time.ToString(Time, CultureInfo.InvariantCulture)} "));
        Terminal.Out.Write(Terminal.Cell($"{a.Severity,-8} {a.Type,-8} ", StyleOf(a)));
        Terminal.Out.Write(Terminal.Cell($"{a.MachineId}  {a.Kind}  {Score(a)}  {a.Model}  {a.Sensors}"));
        Terminal.Out.WriteLine();
    }

    private static string Score(AlertMessage a) => a.Score is not { } score ? ""
        : string.Create(CultureInfo.InvariantCulture, $"{score:0.###} ({a.RaiseAt:0.###})");

    private static Style StyleOf(AlertMessage a) => new(!a.Active ? Color.Green : a.Severity switch
    {
        "critical" => Color.Red,
        "warning" => Color.Yellow,
        _ => Color.Blue,
    });
}
