using PredMaint.Core.Models;
using PredMaint.Onnx;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Host;

namespace PredMaint.Worker.Models;

/// <summary>
/// Loads model files again when they have changed (<see cref="FileWatch"/>): (1) a change must have stood still from one look to the next, so that no half-written
/// file is read, (2) the digest tells whether it is one, (3) what does not load is refused and the old model goes on serving,
/// (4) what loads must fit beside the other models, (5) then all threads go over to it.
/// </summary>
public sealed class ModelWatch(IReadOnlyList<ModelOptions> options, ModelShelf shelf, ILogger log)
{
    private readonly Watched[] files = [.. options.Select(o => new Watched(o.File))];

    /// <summary>One look at all files.</summary>
    public void Look()
    {
        var hasChanged = false;
        foreach (var file in files) hasChanged |= file.HasChanged();
        if (!hasChanged) return;
        Reload();
        shelf.Refused = [.. shelf.Current.Where((_, i) => files[i].IsRefused)];
    }

    private void Reload()
    {
        var current = shelf.Current;
        var next = current.ToArray();
        for (var i = 0; i < next.Length; i++)
        {
            if (!files[i].IsStill) continue;
            if (Load(i, current[i]) is { } loaded) next[i] = loaded;
            files[i].IsRefused = files[i].RefusedContent is not null;
        }
        var news = Enumerable.Range(0, next.Length).Where(i => next[i] != current[i]).ToList();
        var mistakes = news.Count == 0 ? [] : ModelLoading.Contradictions(next).ToList();
        if (mistakes.Count > 0)
        {
            foreach (var i in news)
            {
                next[i].Model.Dispose();
                files[i].IsRefused = true;
            }
            log.LogError("Changed model files do not fit together, the models of before go on serving: {Mistakes}", string.Join("; ", mistakes));
            return;
        }
        if (news.Count == 0) return;
        shelf.Replace(next);
        foreach (var i in news)
            log.LogInformation("Model {Model} (sha256 {Sha256}) loaded in place of {Old} (sha256 {OldSha256}); it judges machines {Machines} on {Provider}, alerts at {RaiseAt} and clears at {ClearAt} (before: {OldRaiseAt}, {OldClearAt})",
                next[i].Manifest.NameAndVersion, next[i].Model.Sha256, current[i].Manifest.NameAndVersion, current[i].Model.Sha256, next[i].Machines, next[i].Model.Provider,
                next[i].Policy.RaiseAt, next[i].Policy.ClearAt, current[i].Policy.RaiseAt, current[i].Policy.ClearAt);
    }

    /// <summary>What the files hold now; null where it is what serves, or where it will not do, which is said once.</summary>
    private ModelEntry? Load(int index, ModelEntry serving)
    {
        var mistakes = new List<string>();
        var read = ModelFiles.Read(options[index].File, mistakes);
        // What cannot even be read is known again by its mistakes.
        var content = read?.Digest ?? string.Join("; ", mistakes);
        if (content == files[index].RefusedContent) return null;
        files[index].RefusedContent = null;
        if (content == (serving.Model as OnnxModel)?.Digest)
        {
            if (files[index].IsRefused) log.LogInformation("The file of model {Model} holds again what serves", serving.Manifest.NameAndVersion);
            return null;
        }
        var loaded = read is null ? null : ModelLoading.Load(options[index], read, $"models[{index}]", mistakes, _ => { });
        if (loaded is not null && loaded.Model.Provider != serving.Model.Provider)
        {
            mistakes.Add($"models[{index}]: would serve on {loaded.Model.Provider}, {serving.Manifest.NameAndVersion} serves on {serving.Model.Provider}: a restart may change the device, a reload must not");
            loaded.Model.Dispose();
            loaded = null;
        }
        if (loaded is not null) return loaded;
        files[index].RefusedContent = content;
        log.LogError("A changed model file is refused, {Model} goes on serving: {Mistakes}", serving.Manifest.NameAndVersion, string.Join("; ", mistakes));
        return null;
    }

    /// <summary>The files of one model.</summary>
    private sealed class Watched(string file)
    {
        private readonly Settled<(Stamp, Stamp)> stamps = new();

        /// <summary>As it was at the look before.</summary>
        public bool IsStill => stamps.IsStill;

        /// <summary>What would not load when it was read last, as its digest or the mistakes in reading it; null where it would.</summary>
        public string? RefusedContent { get; set; }

        /// <summary>What serves is not what the files hold: that would not load, or not fit beside the other models.</summary>
        public bool IsRefused { get; set; }

        /// <summary>Looks; true where they stand still and have not been read as they are now.</summary>
        public bool HasChanged() => stamps.IsNews((Stamp.Of(file), Stamp.Of(ModelFiles.ManifestOf(file))));
    }

    /// <summary>What changes with a file's content: of the file itself where links lead to it.</summary>
    private readonly record struct Stamp(long Length, DateTime WrittenUtc)
    {
        public static Stamp Of(string file)
        {
            try
            {
                using var handle = File.OpenHandle(file, share: FileShare.ReadWrite | FileShare.Delete);
                return new Stamp(RandomAccess.GetLength(handle), File.GetLastWriteTimeUtc(handle));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return new Stamp(-1, default);
            }
        }
    }
}
