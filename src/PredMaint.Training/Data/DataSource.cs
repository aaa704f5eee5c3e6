using System.Text;
using System.Text.Json.Nodes;
using PredMaint.Core.Readings;

namespace PredMaint.Training.Data;

/// <summary>In what layout the data is.</summary>
public enum Layout { Readings, Cmapss, Skab, Msl }

/// <summary>Where readings are and what their columns mean.</summary>
/// <param name="Path">A file of readings, or the folder of a data set.</param>
/// <param name="Set">Of cmapss, some separated by commas (see <see cref="Cmapss.Read"/>); of msl see <see cref="Msl.Read"/>; of skab history; empty for the layout's test.</param>
/// <param name="Label">Column of readings that is not 0 where one is anomalous.</param>
/// <param name="Life">Column of readings with the remaining life.</param>
/// <param name="Sound">No reading is anomalous and no machine failed.</param>
/// <param name="MaxGap">Without a reading, after which a history begins anew.</param>
internal sealed record DataSource(string Path, Layout Layout, string Set, string? Label, string? Life, bool Sound, TimeSpan MaxGap)
{
    /// <summary>As a worker's configuration has it where nothing else is said.</summary>
    public static TimeSpan DefaultMaxGap { get; } = new ReadingSettings().MaxGap;

    /// <summary>A data set as published.</summary>
    public static DataSource Of(string folder, Layout layout, string set) => new(folder, layout, set, Label: null, Life: null, Sound: false, DefaultMaxGap);

    /// <summary>Says of each reading whether it is anomalous.</summary>
    public bool HasLabels() => Label is not null || Sound || Layout is Layout.Skab or Layout.Msl;

    /// <summary>What is wrong where it does not.</summary>
    public const string NoLabels = "--data is of sound machines: --label COLUMN says which readings are not, or --sound that all are";

    /// <summary>Says when machines fail.</summary>
    public bool HasLives() => Life is not null || Layout == Layout.Cmapss || !HasLabels();

    /// <summary>What cannot be meant together.</summary>
    public IEnumerable<string> Mistakes()
    {
        if (Layout != Layout.Readings && (Label ?? Life) is not null) yield return "--label and --life are columns of --layout readings";
        if (Layout == Layout.Readings && Set.Length > 0) yield return "--set is of --layout cmapss, msl and skab";
        if (Layout == Layout.Skab && Set is not ("" or Skab.HistorySet)) yield return $"--set is {Set}, of --layout skab there is {Skab.HistorySet}, or none for all";
        if (Sound && Label is not null) yield return "--sound and --label both say which readings are anomalous: leave out one";
    }

    /// <exception cref="DataException">There is nothing to learn from or to judge by.</exception>
    public IReadOnlyList<Series> Read()
    {
        if (Mistakes().ToList() is { Count: > 0 } mistakes) throw new DataException(string.Join(Environment.NewLine, mistakes));
        IReadOnlyList<Series> machines = Layout switch
        {
            Layout.Cmapss => Cmapss.Read(Path, OrTest("FD001")),
            Layout.Skab => Set.Length == 0 ? Skab.Read(Path) : [.. Skab.Read(Path).Select(run => run.Part(0, run.History) with { Name = run.Name })],
            Layout.Msl => Msl.Read(Path, OrTest("test")),
            _ => ReadingTable.Read(Path, Label, Life),
        };
        if (machines.Count == 0) throw new DataException($"{Path}: has no readings");
        foreach (var machine in machines)
            if (machine.Features.Count == 0 || machine.Steps == 0) throw new DataException($"{Path}: {machine.Name} has {machine.Features.Count} sensors and no reading of them");
        if (machines.GroupBy(m => m.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice) throw new DataException($"{Path}: has {twice.Key} twice");
        return Sound ? [.. machines.Select(m => m with { Labels = new bool[m.Steps] })] : machines;
    }

    /// <summary>Each file with its digest, as a manifest's <c>trained</c> tells it.</summary>
    public JsonArray Digests() => [.. Files().Select(file => new JsonObject { ["file"] = System.IO.Path.GetRelativePath(Layout == Layout.Readings ? System.IO.Path.GetDirectoryName(file)! : Path, file), ["sha256"] = Cmapss.Sha256(File.ReadAllBytes(file)) })];

    /// <summary>Of them all.</summary>
    public string Sha256() => Cmapss.Sha256(Encoding.UTF8.GetBytes(Digests().ToJsonString()));

    private IEnumerable<string> Files() => Layout switch
    {
        Layout.Cmapss => Cmapss.Files(OrTest("FD001")).Select(file => System.IO.Path.Combine(Path, file)),
        Layout.Skab => Skab.Files(Path),
        Layout.Msl => Msl.Files(Path, OrTest("test")),
        _ => [System.IO.Path.GetFullPath(Path)],
    };

    private string OrTest(string test) => Set.Length == 0 ? test : Set;
}
