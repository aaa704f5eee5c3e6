using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PredMaint.Training.Data;

/// <summary>
/// The layout of NASA's MSL and SMAP telemetry (Hundman et al. 2018, telemanom): folders train and test with an array a channel,
/// <c>CHANNEL.npy</c> or gzipped, [rows, columns], the first column the telemetry and the others commands; and
/// labeled_anomalies.csv with the rows of each test channel that are anomalous.
/// </summary>
internal static partial class Msl
{
    private const int MatchLimitMs = 1000;
    private const string LabelFile = "labeled_anomalies.csv";

    /// <summary>What a stream would have seen: each channel's test after its training rows.</summary>
    public const string Both = "both";

    /// <param name="set">train, test or <see cref="Both"/>, after a spacecraft and a hyphen where the folder has several; the labels are of test.</param>
    public static IReadOnlyList<Series> Read(string folder, string set)
    {
        var part = PartOf(set);
        var craft = set[..^part.Length];
        if (part == Both) return [.. Read(folder, $"{craft}train").Zip(Read(folder, $"{craft}test"), (train, test) => train.Name != test.Name ? throw new DataException($"{folder}: train has {train.Name} where test has {test.Name}") :
            test with { Values = [.. train.Values, .. test.Values], Labels = [.. train.Labels!, .. test.Labels!], History = train.Steps })];
        var labels = Labels(Path.Combine(folder, LabelFile));
        var arrays = Path.Combine(folder, part);
        if (!Directory.Exists(arrays)) throw new DataException($"{arrays}: does not exist");
        var channels = Arrays(folder, part).Select(file => (File: file, Name: Path.GetFileName(file).Split('.')[0])).Where(c => labels.ContainsKey(c.Name) && labels[c.Name].Craft.StartsWith(craft, StringComparison.Ordinal)).ToList();
        if (channels.Select(c => labels[c.Name].Craft).Distinct().ToList() is { Count: > 1 } crafts) throw new DataException($"{folder}: has channels of {string.Join(" and ", crafts.Select(c => c[..^1]))}; --set {crafts[0]}{part} reads those of one");
        return [.. channels.Select(c => ReadChannel(c.File, c.Name, part == "test" ? labels[c.Name].Ranges : []))];
    }

    private static string PartOf(string set) => set.Split('-')[^1];

    public static IEnumerable<string> Files(string folder, string set) => (PartOf(set) == Both ? ["train", "test"] : new[] { PartOf(set) }).SelectMany(p => Arrays(folder, p)).Append(Path.Combine(folder, LabelFile));

    private static IEnumerable<string> Arrays(string folder, string part) => Directory.EnumerateFiles(Path.Combine(folder, part), "*.npy*").Order(StringComparer.Ordinal);

    private static Series ReadChannel(string file, string channel, IReadOnlyList<(int From, int To)> anomalies)
    {
        using var stream = TextFile.Open(file);
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        var bytes = memory.ToArray();
        // Format version 1.0: magic, version, length of the header, header, data (numpy.lib.format).
        if (bytes.Length < 10 || bytes[0] != 0x93 || !bytes.AsSpan(1, 5).SequenceEqual("NUMPY"u8)) throw new DataException($"{file}: is no NumPy array");
        var headerLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8));
        if (bytes.Length < 10 + headerLength) throw new DataException($"{file}: ends in its header");
        var header = Encoding.ASCII.GetString(bytes, 10, headerLength);
        var shape = Shape().Match(header);
        if (!header.Contains("'<f8'", StringComparison.Ordinal) || header.Contains("True", StringComparison.Ordinal) || !shape.Success) throw new DataException($"{file}: is not [rows, columns] of 64-bit floats: {header}");
        var (rows, columns) = (int.Parse(shape.Groups["rows"].Value, CultureInfo.InvariantCulture), int.Parse(shape.Groups["columns"].Value, CultureInfo.InvariantCulture));
        var data = bytes.AsSpan(10 + headerLength);
        if (data.Length != 8 * rows * columns) throw new DataException($"{file}: has {data.Length} bytes of data, {rows} x {columns} floats need {8 * rows * columns}");
        var values = new float[rows * columns];
        for (var i = 0; i < values.Length; i++) values[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(data[(8 * i)..]);
        var labels = new bool[rows];
        foreach (var (from, to) in anomalies) labels.AsSpan(Math.Min(from, rows)..Math.Min(to + 1, rows)).Fill(true);
        return new Series(channel, [.. Enumerable.Range(0, columns).Select(c => c == 0 ? "telemetry" : $"command{c}")], values, 0) { Labels = labels };
    }

    /// <summary>Spacecraft, with a hyphen, and first and last anomalous row of each stretch, by channel.</summary>
    private static Dictionary<string, (string Craft, List<(int From, int To)> Ranges)> Labels(string file)
    {
        var labels = new Dictionary<string, (string Craft, List<(int From, int To)> Ranges)>(StringComparer.Ordinal);
        foreach (var line in TextFile.Lines(file).Skip(1).Where(l => l.Length > 0))
        {
            if (line.Split(',') is not [var channel, var craft, ..]) throw new DataException($"{file}: names no channel and spacecraft: {line}");
            if (!labels.ContainsKey(channel)) labels[channel] = ($"{craft}-", []);
            labels[channel].Ranges.AddRange(Range().Matches(line).Select(m => (int.Parse(m.Groups["from"].Value, CultureInfo.InvariantCulture), int.Parse(m.Groups["to"].Value, CultureInfo.InvariantCulture))));
        }
        return labels;
    }

    [GeneratedRegex(@"'shape': \((?<rows>\d+), (?<columns>\d+)\)", RegexOptions.ExplicitCapture, MatchLimitMs)]
    private static partial Regex Shape();

    [GeneratedRegex(@"\[(?<from>\d+), (?<to>\d+)\]", RegexOptions.ExplicitCapture, MatchLimitMs)]
    private static partial Regex Range();
}
