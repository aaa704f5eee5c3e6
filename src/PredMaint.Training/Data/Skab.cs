using System.Globalization;

namespace PredMaint.Training.Data;

/// <summary>
/// The layout of SKAB (Katser and Kozitsin 2020, Skoltech Anomaly Benchmark): a file a run of a test bench, separated by semicolons:
/// datetime, eight sensors, anomaly, changepoint; about a row a second. Its data is GPL: for reading, never to be shipped.
/// </summary>
internal static class Skab
{
    /// <summary>Rows of a run that its authors give to learn from.</summary>
    public const int HistoryRows = 400;

    /// <summary>Of a data source: those rows alone.</summary>
    public const string HistorySet = "history";

    private const int Sensors = 8;

    /// <summary>Each <c>*.csv</c> or <c>*.csv.gz</c> of a folder and of those below it, in the order of their names.</summary>
    public static IReadOnlyList<Series> Read(string folder)
    {
        if (!Directory.Exists(folder)) throw new DataException($"{folder}: does not exist");
        var files = Files(folder).ToList();
        return files.Count > 0 ? [.. files.Select(file => ReadRun(file, WithoutEnds(Path.GetRelativePath(folder, file))))] : throw new DataException($"{folder}: has no *.csv");
    }

    public static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(folder, "*.csv*", SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    private static string WithoutEnds(string name) => (name.EndsWith(".gz", StringComparison.Ordinal) ? name[..^3] : name)[..^".csv".Length];

    private static Series ReadRun(string file, string name)
    {
        var (times, values, labels) = (new List<long>(), new List<float>(), new List<bool>());
        string[]? header = null;
        var number = 0;
        foreach (var line in TextFile.Lines(file))
        {
            number++;
            var cells = line.Split(';');
            if (header is null)
            {
                header = cells;
                if (cells.Length < Sensors + 1 || cells[0] != "datetime") throw new DataException($"{file}, line 1: is no header of SKAB: {line}");
                continue;
            }
            if (cells.Length != header.Length || !DateTime.TryParse(cells[0], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
                throw new DataException($"{file}, line {number}: is no row of SKAB: {line}");
            times.Add((time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
            if (times.Count > 1 && times[^1] <= times[^2]) throw new DataException($"{file}, line {number}: is not in the order of time");
            for (var i = 1; i <= Sensors; i++)
                values.Add(float.TryParse(cells[i], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : throw new DataException($"{file}, line {number}: is no number: {cells[i]}"));
            // The run without anomalies has no such column.
            labels.Add(cells.Length > Sensors + 1 && cells[Sensors + 1] is not ("0.0" or "0"));
        }
        if (header is null) throw new DataException($"{file}: is empty");
        return new Series(name, header[1..(Sensors + 1)], [.. values], 0) { TimesUs = [.. times], Labels = [.. labels], History = Math.Min(HistoryRows, labels.Count) };
    }
}
