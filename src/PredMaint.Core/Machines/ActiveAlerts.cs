using PredMaint.Core.Alerts;
using PredMaint.Core.Models;

namespace PredMaint.Core.Machines;

/// <summary>How many alerts of a partition's machines are active, by kind and severity; alerts of models that are gone count too.</summary>
internal sealed class ActiveAlerts
{
    private readonly Dictionary<(string Kind, Severity Severity), int> counts = [];

    public IReadOnlyDictionary<(string Kind, Severity Severity), int> Counts => counts;

    /// <summary>What models at work may raise is there, with 0, before they do.</summary>
    public void Expect(IReadOnlyList<ModelEntry> entries)
    {
        foreach (var entry in entries)
            foreach (var severity in Enum.GetValues<Severity>()) counts.TryAdd((entry.AlertModel.Kind, severity), 0);
    }

    /// <summary>Those of machines that come from the state topic.</summary>
    public void Add(IEnumerable<Machine> machines, IReadOnlyList<ModelEntry> entries)
    {
        foreach (var machine in machines) Add(machine, entries);
    }

    public void Follow(Transition transition)
    {
        var alert = transition.Event;
        if (transition.Before is { } before) counts[(alert.Model.Kind, before)]--;
        if (alert.Active) Add(alert.Model, alert.Severity);
    }

    private void Add(Machine machine, IReadOnlyList<ModelEntry> entries)
    {
        for (var i = 0; i < machine.Models.Length; i++)
            if (machine.Models[i]?.Alert is { Active: true } alert) Add(entries[i].AlertModel, alert.Severity);
        foreach (var orphan in machine.Orphans ?? [])
            if (orphan.State.Alert is { Active: true } alert) Add(orphan.Model, alert.Severity);
    }

    private void Add(AlertModel model, Severity severity) => counts[(model.Kind, severity)] = counts.GetValueOrDefault((model.Kind, severity)) + 1;
}
