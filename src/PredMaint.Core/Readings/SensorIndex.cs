using System.Text;

namespace PredMaint.Core.Readings;

/// <summary>The sensors that some model uses, numbered; all others are ignored.</summary>
public sealed class SensorIndex
{
    private readonly byte[][] utf8;
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> byName;

    public SensorIndex(IEnumerable<string> names)
    {
        Names = [.. names.Distinct(StringComparer.Ordinal)];
        utf8 = [.. Names.Select(Encoding.UTF8.GetBytes)];
        var table = new Dictionary<byte[], int>(Utf8Comparer.Instance);
        for (var i = 0; i < utf8.Length; i++) table.Add(utf8[i], i);
        byName = table.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    public IReadOnlyList<string> Names { get; }

    public int Count => utf8.Length;

    /// <summary>The sensor's number, or -1.</summary>
    /// <param name="guess">The number tried first: readings name their sensors in the same order again and again.</param>
    public int Find(ReadOnlySpan<byte> name, int guess)
    {
        if ((uint)guess < (uint)utf8.Length && name.SequenceEqual(utf8[guess])) return guess;
        return byName.TryGetValue(name, out var index) ? index : -1;
    }

    public int Find(string name) => Find(Encoding.UTF8.GetBytes(name), -1);
}
