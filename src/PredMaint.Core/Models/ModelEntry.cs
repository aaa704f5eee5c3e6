using System.IO.Enumeration;
using PredMaint.Core.Alerts;

namespace PredMaint.Core.Models;

/// <summary>A loaded model, the machines it judges and when it alerts: one entry of the configuration's <c>models</c>.</summary>
/// <param name="Model">Shared by all threads.</param>
/// <param name="Machines">Glob over machine ids: * and ?.</param>
public sealed record ModelEntry(IModel Model, string Machines, AlertPolicy Policy)
{
    public ModelManifest Manifest => Model.Manifest;

    public bool Matches(string machineId) => FileSystemName.MatchesSimpleExpression(Machines, machineId, ignoreCase: false);
}
