using PredMaint.Core.Models;

namespace PredMaint.Worker.Models;

/// <summary>
/// The models at work, in the configuration's order. Threads take them all together and give them back when they have
/// gone over to others; a model is disposed of when it is no longer at work and no thread has it.
/// </summary>
public sealed class ModelShelf(IReadOnlyList<ModelEntry> models)
{
    private readonly Lock gate = new();
    private readonly List<IReadOnlyList<ModelEntry>> taken = [];
    private volatile IReadOnlyList<ModelEntry> current = models;

    public IReadOnlyList<ModelEntry> Current => current;

    /// <summary>Those at work whose files hold something else by now, which was refused.</summary>
    public IReadOnlyList<ModelEntry> Refused { get; set; } = [];

    public IReadOnlyList<ModelEntry> Take()
    {
        lock (gate)
        {
            taken.Add(current);
            return current;
        }
    }

    public void Return(IReadOnlyList<ModelEntry> set)
    {
        lock (gate)
        {
            taken.Remove(set);
            DisposeUnused(set);
        }
    }

    /// <summary>Others are at work from now on; some of them may be the same.</summary>
    public void Replace(IReadOnlyList<ModelEntry> next)
    {
        lock (gate)
        {
            var old = current;
            current = next;
            DisposeUnused(old);
        }
    }

    /// <summary>None is at work any more. A thread that hangs keeps what it has.</summary>
    public void Clear() => Replace([]);

    private void DisposeUnused(IReadOnlyList<ModelEntry> set)
    {
        var unused = set.Select(e => e.Model).Where(model => !taken.Append(current).Any(s => s.Any(e => e.Model == model))).ToList();
        foreach (var model in unused) model.Dispose();
        if (unused.Count > 0) NativeHeap.Trim();
    }
}
