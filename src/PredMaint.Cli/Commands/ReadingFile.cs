using System.IO.Compression;
using PredMaint.Core.Backtest;
using PredMaint.Core.Readings;

namespace PredMaint.Cli.Commands;

/// <summary>A file of readings: JSON lines or CSV, plain or gzip, told apart by its name's end, else by its first bytes.</summary>
internal sealed class ReadingFile : IDisposable
{
    private readonly FileStream file;
    private readonly Stream text;
    private readonly LineReader lines;
    private readonly JsonLineDecoder? json;
    private readonly CsvLineDecoder? csv;

    /// <exception cref="FormatException">A CSV file without the columns that are needed.</exception>
    /// <exception cref="IOException">A gzip that ends early or is damaged.</exception>
    public ReadingFile(string path, SensorIndex sensors, ReadingSettings settings)
    {
        Path = path;
        file = File.OpenRead(path);
        text = IsGzip(file) ? new GZipStream(file, CompressionMode.Decompress) : file;
        lines = new LineReader(text, path);
        if (IsJson(path)) { json = new JsonLineDecoder(sensors, settings); return; }
        if (!lines.TryRead(out var header)) return;
        Line = 1;
        try { csv = new CsvLineDecoder(header, sensors); }
        catch (FormatException e) { throw new FormatException($"{path}:1: is read as CSV, but {e.Message}", e); }
    }

    public string Path { get; }

    /// <summary>Of the reading last read, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>How much of the file has been read, 0 to 1.</summary>
    public double Progress => file.Length == 0 ? 1 : (double)file.Position / file.Length;

    /// <summary>Decodes the next line that is not blank; false at the end.</summary>
    public bool TryRead(Reading reading)
    {
        while (lines.TryRead(out var line))
        {
            Line++;
            if (line.Trim(" \t"u8).IsEmpty) continue;
            if (json is not null) json.Decode(line, reading);
            else csv!.Decode(line, reading);
            return true;
        }
        return false;
    }

    public void Dispose()
    {
        text.Dispose();
        file.Dispose();
    }

    private bool IsJson(string path)
    {
        var name = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path;
        return System.IO.Path.GetExtension(name).ToLowerInvariant() switch
        {
            ".jsonl" or ".json" or ".ndjson" => true,
            ".csv" => false,
            _ => lines.FirstByte() is null or (byte)'{',
        };
    }

    private static bool IsGzip(FileStream stream)
    {
        var isGzip = stream.ReadByte() == 0x1F && stream.ReadByte() == 0x8B;
        stream.Position = 0;
        return isGzip;
    }
}
