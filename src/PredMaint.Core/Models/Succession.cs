namespace PredMaint.Core.Models;

/// <summary>Which entries replace which: an upgrade of a model is a new entry that <c>replaces</c> the old one.</summary>
public sealed class Succession
{
    private readonly int[][] successors;

    public Succession(IReadOnlyList<ModelEntry> entries)
    {
        var all = Enumerable.Range(0, entries.Count).ToList();
        successors = [.. all.Select(i => Reach(i))];
        // What replaces an entry has fewer successors than that entry itself.
        ByTurn = [.. all.OrderBy(i => successors[i].Length)];

        int[] Reach(int entry)
        {
            var found = new List<int>();
            var from = entry;
            for (var next = -1; ; from = found[next])
            {
                found.AddRange(all.Where(j => entries[j].Replaces == entries[from].Manifest.NameAndVersion && !found.Contains(j)));
                if (++next == found.Count) return [.. found];
            }
        }
    }

    /// <summary>All entries, each after those that replace it: whether they have taken over is known when its turn comes.</summary>
    public IReadOnlyList<int> ByTurn { get; }

    /// <summary>The entries that replace it, and those that replace them.</summary>
    public ReadOnlySpan<int> Successors(int entry) => successors[entry];

    /// <summary>It would, by way of others, replace itself.</summary>
    public bool IsCircular(int entry) => successors[entry].Contains(entry);
}
