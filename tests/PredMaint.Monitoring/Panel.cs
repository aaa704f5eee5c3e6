namespace PredMaint.Monitoring;

public enum PanelKind { Lines, Stat, Table, Bars }

/// <param name="Unit">As Grafana names it: s, si:/s, percentunit, bytes, short.</param>
/// <param name="Description">What the reader may conclude from it.</param>
/// <param name="Width">Of 24.</param>
public sealed record Panel(string Title, PanelKind Kind, string Unit, string Description, int Width, params IReadOnlyList<Query> Queries);

/// <summary>Panels below one heading.</summary>
public sealed record PanelRow(string Title, params IReadOnlyList<Panel> Panels);

/// <param name="Uid">Stays when the dashboard changes: links to it hold.</param>
public sealed record Dashboard(string Uid, string Title, string Description, params IReadOnlyList<PanelRow> Rows);
