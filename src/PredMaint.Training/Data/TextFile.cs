using System.IO.Compression;

namespace PredMaint.Training.Data;

/// <summary>A text file, gzipped where its name says so.</summary>
internal static class TextFile
{
    public static IEnumerable<string> Lines(string file)
    {
        using var reader = new StreamReader(Open(file));
        while (Next(reader, file) is { } line) yield return line;
    }

    private static string? Next(StreamReader reader, string file)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (InvalidDataException e)
        {
            throw new DataException($"{file}: is no whole gzip: {e.Message}");
        }
    }

    public static Stream Open(string file)
    {
        if (!File.Exists(file)) throw new DataException($"{file}: does not exist");
        var stream = File.OpenRead(file);
        return file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
    }
}
