using System.Globalization;
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

    private const string TrainPrefix = "train-";
    private const int Columns = 26;
    private const int ColumnsBeforeSensors = 5;
    private const int AltitudeColumn = 2;

    /// <summary>The 14 sensors that vary at sea level; the other seven are constant there.</summary>
    private static readonly int[] Varying = [2, 3, 4, 7, 8, 9, 11, 12, 13, 14, 15, 17, 20, 21];

    public static IReadOnlyList<string> Sensors { get; } = [.. Varying.Select(s => $"s{s}")];

    /// <summary>The sensors and, last, the altitude (in kft), which tells the operating conditions apart.</summary>
    public static IReadOnlyList<string> Features { get; } = [.. Sensors, "setting1"];

    /// <summary>The six altitudes of FD002 and FD004, in kft; FD001 and FD003 fly at the first alone.</summary>
    public static IReadOnlyList<float> Altitudes { get; } = [0, 10, 20, 25, 35, 42];

    /// <summary>FD001 of the training engine train_FD001/7.</summary>
    public static string SetOf(string engine) => engine[(engine.IndexOf('_', StringComparison.Ordinal) + 1)..engine.IndexOf('/', StringComparison.Ordinal)];

    public static string TrainFile(string set) => $"train_{set}.txt.gz";
    public static string TestFile(string set) => $"test_{set}.txt.gz";
    public static string LifeFile(string set) => $"RUL_{set}.txt.gz";

    /// <summary>Engines that run to failure.</summary>
    public static IReadOnlyList<Series> ReadTrain(string folder, string set) => ReadEngines(Path.Combine(folder, TrainFile(set)), _ => 0);

    /// <summary>Engines whose run is cut at some cycle, with the life that they had left.</summary>
    public static IReadOnlyList<Series> ReadTest(string folder, string set)
    {
        var file = Path.Combine(folder, LifeFile(set));
        var lives = Lines(file).Select((line, i) => int.TryParse(line, out var life) && life >= 0
            ? life : throw new DataException($"{file}, line {i + 1}: is not a number of cycles: {line}")).ToList();
        var engines = ReadEngines(Path.Combine(folder, TestFile(set)), i => i < lives.Count ? lives[i] : 0);
        return engines.Count == lives.Count ? engines
            : throw new DataException($"{file}: has {lives.Count} lives for {engines.Count} engines");
    }

    /// <summary>By the names of their sets, separated by commas: FD001 for a test's engines, train-FD001 for those that run to failure.</summary>
    public static IReadOnlyList<Series> Read(string folder, string sets) => [.. sets.Split(',').SelectMany(set => IsTrain(set) ? ReadTrain(folder, set[TrainPrefix.Length..]) : ReadTest(folder, set))];

    public static IEnumerable<string> Files(string sets) => sets.Split(',').SelectMany(set => IsTrain(set) ? [TrainFile(set[TrainPrefix.Length..])] : new[] { TestFile(set), LifeFile(set) });

    /// <summary>Lower-case hexadecimal.</summary>
    public static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static List<Series> ReadEngines(string file, Func<int, int> lifeAfterLast)
    {
        var set = Path.GetFileName(file).Split('.')[0];
        var engines = new List<Series>();
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
                engines.Add(new Series($"{set}/{unit}", Features, [.. readings], lifeAfterLast(engines.Count)));
                readings.Clear();
                (unit, cycle) = (unit + 1, 0);
            }
            if (row[0] != unit || row[1] != ++cycle)
                throw new DataException($"{file}, line {lineNumber}: unit {row[0]}, cycle {row[1]} does not follow unit {unit}, cycle {cycle - 1}");
            foreach (var sensor in Varying) readings.Add(row[ColumnsBeforeSensors + sensor - 1]);
            readings.Add(row[AltitudeColumn]);
        }
        if (cycle == 0) throw new DataException($"{file}: is empty");
        engines.Add(new Series($"{set}/{unit}", Features, [.. readings], lifeAfterLast(engines.Count)));
        return engines;
    }

    private static bool IsTrain(string set) => set.StartsWith(TrainPrefix, StringComparison.Ordinal);

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

    private static IEnumerable<string> Lines(string file) => TextFile.Lines(file).Select(line => line.Trim()).Where(line => line.Length > 0);
}
