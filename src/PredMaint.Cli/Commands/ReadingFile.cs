using System.IO.Compression;
using PredMaint.Core.Backtest;
using PredMaint.Core.Readings;

namespace PredMaint.Cli.Commands;

/// <summary>A file of readings: JSON lines or CSV, plain or gzip, told apart by its first bytes.</summary>
internal sealed class ReadingFile : IDisposable
{
    private readonly FileStream file;
    private readonly Stream text;
    private readonly LineReader lines;
    private readonly JsonLineDecoder? json;
    private readonly CsvLineDecoder? csv;

    /// <exception cref="FormatException">A CSV file without the columns that are needed.</exception>
    public ReadingFile(string path, SensorIndex sensors, ReadingSettings settings)
    {
        Path = path;
        file = File.OpenRead(path);
        text = IsGzip(file) ? new GZipStream(file, CompressionMode.Decompress) : file;
        lines = new LineReader(text);
        var first = FirstByte(path);
        if (first is null or (byte)'{') { json = new JsonLineDecoder(sensors, settings); return; }
        lines.TryRead(out var header);
        Line = 1;
        csv = new CsvLineDecoder(header, sensors);
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

    private static byte? FirstByte(string path)
    {
        using var stream = File.OpenRead(path);
        using Stream unpacked = IsGzip(stream) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
        int b;
        do b = unpacked.ReadByte(); while (b is ' ' or '\t' or '\r' or '\n');
        return b < 0 ? null : (byte)b;
    }

    private static bool IsGzip(FileStream stream)
    {
        var isGzip = stream.ReadByte() == 0x1F && stream.ReadByte() == 0x8B;
        stream.Position = 0;
        return isGzip;
    }
}
