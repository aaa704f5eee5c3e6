using System.Globalization;
using System.IO.Compression;

namespace PredMaint.Cli.Demo;

/// <summary>
/// The test engines of NASA's C-MAPSS set FD001: 100 turbofans, each cut off some cycles before its failure, and the life
/// that each had left. A. Saxena, K. Goebel, D. Simon, N. Eklund, "Damage Propagation Modeling for Aircraft Engine
/// Run-to-Failure Simulation", PHM08, 2008.
/// </summary>
internal sealed class Turbofan
{
    /// <summary>The columns after unit and cycle: operational settings, then sensors.</summary>
    public static IReadOnlyList<string> Columns { get; } = [.. Enumerable.Range(1, 3).Select(i => $"setting{i}"), .. Enumerable.Range(1, 21).Select(i => $"s{i}")];

    /// <param name="folder">Holds test_FD001.txt.gz and RUL_FD001.txt.gz in NASA's layout.</param>
    public static IReadOnlyList<Engine> Load(string folder)
    {
        var lives = Lines(Path.Combine(folder, "RUL_FD001.txt.gz")).Select(l => int.Parse(l, CultureInfo.InvariantCulture)).ToList();
        return [.. Lines(Path.Combine(folder, "test_FD001.txt.gz"))
            .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .GroupBy(cells => int.Parse(cells[0], CultureInfo.InvariantCulture))
            .Select(g => new Engine($"engine-{g.Key:000}", [.. g.Select(cells => cells[^Columns.Count..])], lives[g.Key - 1]))];
    }

    private static IEnumerable<string> Lines(string file)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
            if (!string.IsNullOrWhiteSpace(line)) yield return line.Trim();
    }
}

/// <param name="Cycles">One flight each: the values of <see cref="Turbofan.Columns"/>, as NASA wrote them.</param>
/// <param name="TrueLife">Cycles left after the last of them.</param>
internal sealed record Engine(string Id, IReadOnlyList<string[]> Cycles, int TrueLife);
