using System.Security.Cryptography;

namespace PredMaint.Onnx;

/// <summary>A model as it lay on disk at one moment: what was read is what is judged and loaded.</summary>
/// <param name="File">The ONNX file.</param>
/// <param name="Manifest">The manifest beside it (NAME.json); null where there is none.</param>
public sealed record ModelFiles(string File, byte[] Model, byte[]? Manifest)
{
    /// <summary>Of a model; those that fit machines' histories are a few megabytes. It lies in memory twice while it is loaded.</summary>
    private const long MaxModelBytes = 512L << 20;

    private const long MaxManifestBytes = 1 << 20;

    /// <summary>Of the ONNX file, lower-case hexadecimal.</summary>
    public string Sha256 { get; } = Convert.ToHexStringLower(SHA256.HashData(Model));

    /// <summary>Of both files: another one is another model.</summary>
    public string Digest => Manifest is null ? Sha256 : $"{Sha256}+{Convert.ToHexStringLower(SHA256.HashData(Manifest))}";

    public string ManifestFile => ManifestOf(File);

    public static string ManifestOf(string file) => Path.ChangeExtension(file, ".json");

    /// <summary>Null and one sentence a file that cannot be read.</summary>
    public static ModelFiles? Read(string file, List<string> mistakes)
    {
        var beside = ManifestOf(file);
        if (Bytes(file, "the model", MaxModelBytes, mistakes) is not { } model) return null;
        if (!System.IO.File.Exists(beside)) return new ModelFiles(file, model, null);
        return Bytes(beside, "the manifest", MaxManifestBytes, mistakes) is { } manifest ? new ModelFiles(file, model, manifest) : null;
    }

    private static byte[]? Bytes(string file, string what, long most, List<string> mistakes)
    {
        try
        {
            using var stream = System.IO.File.OpenRead(file);
            // Before it is read: a wrong file must not cost the worker its memory.
            if (stream.Length > most) throw new IOException($"it has {stream.Length} bytes, allowed are {most}");
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            mistakes.Add($"{file}: {what} cannot be read: {e.Message}");
            return null;
        }
    }
}
