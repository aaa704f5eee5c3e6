using System.IO.Enumeration;
using PredMaint.Core.Alerts;
using PredMaint.Core.Settings;

namespace PredMaint.Core.Models;

/// <summary>A loaded model, the machines it judges and when it alerts: one entry of the configuration's <c>models</c>.</summary>
/// <param name="Model">Shared by all threads.</param>
/// <param name="Machines">Glob over machine ids: * and ?.</param>
public sealed record ModelEntry(IModel Model, string Machines, AlertPolicy Policy)
{
    /// <summary>The model, as name@version, that this one takes over from, machine by machine; empty where none.</summary>
    public string Replaces { get; init; } = "";

    public ModelManifest Manifest => Model.Manifest;

    /// <summary>What alerts say of it.</summary>
    public AlertModel AlertModel => new(Fields.NameOf(Model.Manifest.Kind), Model.Manifest.Name, Model.Manifest.Version, Model.Sha256, Policy.RaiseAt, Policy.ClearAt);

    public bool Matches(string machineId) => FileSystemName.MatchesSimpleExpression(Machines, machineId, ignoreCase: false);

    /// <summary>Whether some machine id would match both entries.</summary>
    public bool Overlaps(ModelEntry other) => Overlap(Machines, other.Machines);

    /// <summary>Whether some text matches both globs: from their ends, whether the rests from i and j on do.</summary>
    private static bool Overlap(string a, string b)
    {
        var rests = new bool[a.Length + 1, b.Length + 1];
        for (var i = a.Length; i >= 0; i--)
            for (var j = b.Length; j >= 0; j--)
            {
                var (x, y) = (i < a.Length ? a[i] : '\0', j < b.Length ? b[j] : '\0');
                rests[i, j] = (i == a.Length && j == b.Length)
                    // A star stands for nothing, or for one thing more that the other says.
                    || (x == '*' && (rests[i + 1, j] || (j < b.Length && rests[i, j + 1])))
                    || (y == '*' && (rests[i, j + 1] || (i < a.Length && rests[i + 1, j])))
                    || (i < a.Length && j < b.Length && (x == y || x == '?' || y == '?') && rests[i + 1, j + 1]);
            }
        return rests[0, 0];
    }
}
