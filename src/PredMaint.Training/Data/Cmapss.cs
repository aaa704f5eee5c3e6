using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;

namespace PredMaint.Training.Data;

/// <summary>A data file is missing or not what it should be; the message names the file and the line.</summary>
public sealed class DataException(string message) : Exception(message);

/// <summary>
/// NASA's C-MAPSS turbofan sets in their text layout, gzipped (Saxena, Goebel, Simon, Eklund: Damage Propagation Modeling for
/// Aircraft Engine Run-to-Failure Simulation, PHM08): a row a cycle, 26 numbers: unit, cycle, three settings, 21 sensors.
/// </summary>
public static class Cmapss
{
    /// <summary>Remaining life beyond this many cycles shows in no sensor, so that targets and errors are clipped to it (Heimes 2008).</summary>
    public const int LifeLimit = 125;

    private const int Columns = 26;
    private const int ColumnsBeforeSensors = 5;

    /// <summary>The 14 sensors that vary at sea level; the other seven are constant there.</summary>
    private static readonly int[] Sensors = [2, 3, 4, 7, 8, 9, 11, 12, 13, 14, 15, 17, 20, 21];

    public static IReadOnlyList<string> Features { get; } = [.. Sensors.Select(s => $"s{s}")];

    public static string TrainFile(string set) => $"train_{set}.txt.gz";
    public static string TestFile(string set) => $"test_{set}.txt.gz";
    public static string LifeFile(string set) => $"RUL_{set}.txt.gz";

    /// <summary>Engines that run to failure.</summary>
    public static IReadOnlyList<Engine> ReadTrain(string folder, string set) => ReadEngines(Path.Combine(folder, TrainFile(set)), _ => 0);

    /// <summary>Engines whose run is cut at some cycle, with the life that they had left.</summary>
    public static IReadOnlyList<Engine> ReadTest(string folder, string set)
    {
        var file = Path.Combine(folder, LifeFile(set));
        var lives = Lines(file).Select((line, i) => int.TryParse(line, out var life) && life >= 0
            ? life : throw new DataException($"{file}, line {i + 1}: is not a number of cycles: {line}")).ToList();
        var engines = ReadEngines(Path.Combine(folder, TestFile(set)), i => i < lives.Count ? lives[i] : 0);
        return engines.Count == lives.Count ? engines
            : throw new DataException($"{file}: has {lives.Count} lives for {engines.Count} engines");
    }

    /// <summary>Lower-case hexadecimal.</summary>
    public static string Sha256(string file) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)));

    private static List<Engine> ReadEngines(string file, Func<int, int> lifeAfterLast)
    {
        var set = Path.GetFileName(file).Split('.')[0];
        var engines = new List<Engine>();
        var readings = new List<float>();
        var row = new float[Columns];
        var lineNumber = 0;
        var (unit, cycle) = (1, 0);
        foreach (var line in Lines(file))
        {
            lineNumber++;
            Parse(line, row, $"{file}, line {lineNumber}");
            if (row[0] == unit + 1 && cycle > 0)
            {
                engines.Add(new Engine($"{set}/{unit}", [.. readings], lifeAfterLast(engines.Count)));
                readings.Clear();
                (unit, cycle) = (unit + 1, 0);
            }
            if (row[0] != unit || row[1] != ++cycle)
                throw new DataException($"{file}, line {lineNumber}: unit {row[0]}, cycle {row[1]} does not follow unit {unit}, cycle {cycle - 1}");
            foreach (var sensor in Sensors) readings.Add(row[ColumnsBeforeSensors + sensor - 1]);
        }
        if (cycle == 0) throw new DataException($"{file}: is empty");
        engines.Add(new Engine($"{set}/{unit}", [.. readings], lifeAfterLast(engines.Count)));
        return engines;
    }

    private static void Parse(string line, float[] row, string where)
    {
        var column = 0;
        foreach (var part in line.AsSpan().Split(' '))
        {
            var text = line.AsSpan(part);
            if (text.IsEmpty) continue;
            if (column == Columns || !float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out row[column]) || !float.IsFinite(row[column]))
                throw new DataException($"{where}: column {column + 1} is unexpected: {text}");
            column++;
        }
        if (column < Columns) throw new DataException($"{where}: has {column} columns, the layout has {Columns}");
    }

    private static IEnumerable<string> Lines(string file)
    {
        if (!File.Exists(file)) throw new DataException($"{file}: does not exist");
        using var reader = new StreamReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
            if (line.Trim() is { Length: > 0 } trimmed) yield return trimmed;
    }
}
