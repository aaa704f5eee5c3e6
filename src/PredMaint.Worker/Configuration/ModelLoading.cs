using PredMaint.Core.Models;
using PredMaint.Onnx;

namespace PredMaint.Worker.Configuration;

/// <summary>From the entries of <c>models</c> to models that serve.</summary>
public static class ModelLoading
{
    /// <summary>Loads every model, so that every mistake of every one is told at once.</summary>
    /// <param name="say">Told what is worth knowing once: which device serves which model.</param>
    /// <param name="except">Entries to leave out; null where none.</param>
    /// <returns>The entries in the configuration's order, or null and every mistake; then nothing stays loaded.</returns>
    public static (ModelEntry[]? Entries, IReadOnlyList<string> Mistakes) Load(IReadOnlyList<ModelOptions> options, Action<string> say, Func<int, bool>? except = null)
    {
        var mistakes = new List<string>();
        var entries = new List<ModelEntry>();
        for (var i = 0; i < options.Count; i++)
            if (except?.Invoke(i) != true && Load(options[i], $"models[{i}]", mistakes, say) is { } entry) entries.Add(entry);
        for (var i = 0; i < entries.Count; i++)
            foreach (var other in entries.Skip(i + 1).Where(o => o.Manifest.NameAndVersion == entries[i].Manifest.NameAndVersion && o.Overlaps(entries[i])))
                mistakes.Add($"models: {other.Manifest.NameAndVersion} is there for the machines {entries[i].Machines} and {other.Machines}, which overlap; its alerts would have the same ids");
        if (mistakes.Count == 0) return ([.. entries], mistakes);
        foreach (var entry in entries) entry.Model.Dispose();
        return (null, mistakes);
    }

    private static ModelEntry? Load(ModelOptions options, string where, List<string> mistakes, Action<string> say)
    {
        var found = new List<string>();
        var model = OnnxModel.Load(options.File, options.Device, options.Sha256, found, say);
        mistakes.AddRange(found.Select(m => $"{where}: {m}"));
        if (model is null) return null;
        var manifest = model.Manifest;
        var policy = options.Alert.Over(manifest.Alert).Build(manifest.HasRulScore(), $"{where}.alert", mistakes);
        if (options.Replaces == manifest.NameAndVersion) mistakes.Add($"{where}.replaces: is {options.Replaces}, this model itself");
        else if (policy is not null)
        {
            say($"{where}: {manifest.NameAndVersion} on {model.Provider}");
            return new ModelEntry(model, options.Machines, policy);
        }
        model.Dispose();
        return null;
    }

    /// <summary>Whether the score is a remaining life, of which a small one is bad.</summary>
    private static bool HasRulScore(this ModelManifest manifest) => manifest.Alerting is AlertingOutput.Rul or AlertingOutput.Histogram;
}
