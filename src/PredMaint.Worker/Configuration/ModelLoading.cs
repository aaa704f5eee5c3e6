using PredMaint.Core.Machines;
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
        mistakes.AddRange(Contradictions(entries));
        if (mistakes.Count > 0)
        {
            foreach (var entry in entries) entry.Model.Dispose();
            return (null, mistakes);
        }
        foreach (var entry in entries.Where(e => e.Replaces.Length > 0 && entries.TrueForAll(o => o.Manifest.NameAndVersion != e.Replaces)))
            say($"{entry.Manifest.NameAndVersion} replaces {entry.Replaces}, which is not among the models: there is nothing to take over from");
        return ([.. entries], mistakes);
    }

    /// <summary>What is wrong between models that are right in themselves.</summary>
    internal static IEnumerable<string> Contradictions(IReadOnlyList<ModelEntry> entries)
    {
        var succession = new Succession(entries);
        List<long> remembered = [.. entries.Select(e => (long)new ModelState(e.Model).Bytes)];
        for (var i = 0; i < entries.Count; i++)
        {
            var (entry, name) = (entries[i], entries[i].Manifest.NameAndVersion);
            var bytes = remembered.Where((_, o) => o == i || entries[o].Overlaps(entry)).Sum();
            if (bytes > ModelState.MaxBytes) yield return $"models: {name} and those of the same machines remember {bytes} bytes of each, allowed are {ModelState.MaxBytes}: a snapshot has to fit into a message of Kafka";
            if (succession.IsCircular(i)) yield return $"models: {name} replaces {entry.Replaces}, which in turn is replaced by others that {name} replaces; each would mute the other";
            foreach (var other in entries.Skip(i + 1).Where(o => o.Overlaps(entry)))
            {
                if (other.Manifest.NameAndVersion == name)
                    yield return $"models: {name} is there for the machines {entry.Machines} and {other.Machines}, which overlap; its alerts would have the same ids";
                if (entry.Replaces.Length > 0 && other.Replaces == entry.Replaces)
                    yield return $"models: {name} and {other.Manifest.NameAndVersion} both replace {entry.Replaces}, for the machines {entry.Machines} and {other.Machines}, which overlap; one model takes over from another";
            }
        }
    }

    private static ModelEntry? Load(ModelOptions options, string where, List<string> mistakes, Action<string> say)
    {
        var found = new List<string>();
        var files = ModelFiles.Read(options.File, found);
        mistakes.AddRange(found.Select(m => $"{where}: {m}"));
        return files is null ? null : Load(options, files, where, mistakes, say);
    }

    /// <summary>Loads one entry from what was read of its files; null and every mistake where it cannot serve.</summary>
    /// <param name="where">Of the configuration, which begins each sentence.</param>
    internal static ModelEntry? Load(ModelOptions options, ModelFiles files, string where, List<string> mistakes, Action<string> say)
    {
        var found = new List<string>();
        var model = OnnxModel.Load(files, options.Device, options.Sha256, found, say);
        mistakes.AddRange(found.Select(m => $"{where}: {m}"));
        if (model is null) return null;
        var manifest = model.Manifest;
        var policy = options.Alert.Over(manifest.Alert).Build(manifest.HasRulScore(), $"{where}.alert", mistakes);
        if (options.Replaces == manifest.NameAndVersion) mistakes.Add($"{where}.replaces: is {options.Replaces}, this model itself");
        else if (policy is not null)
        {
            say($"{where}: {manifest.NameAndVersion} on {model.Provider}");
            return new ModelEntry(model, options.Machines, policy) { Replaces = options.Replaces };
        }
        model.Dispose();
        return null;
    }

    /// <summary>Whether the score is a remaining life, of which a small one is bad.</summary>
    private static bool HasRulScore(this ModelManifest manifest) => manifest.Alerting is AlertingOutput.Rul or AlertingOutput.Histogram;
}
