using System.Text;

namespace PredMaint.Core.Readings;

/// <summary>The sensors that some model uses, numbered; all others are ignored.</summary>
public sealed class SensorIndex
{
    private readonly byte[][] utf8;
    private readonly byte[][] labels;
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> byName;

    public SensorIndex(IEnumerable<string> names)
    {
        Names = [.. names.Distinct(StringComparer.Ordinal)];
        utf8 = [.. Names.Select(Encoding.UTF8.GetBytes)];
        labels = [.. Names.Select(n => n.Contains('"', StringComparison.Ordinal) ? [] : Encoding.UTF8.GetBytes($"\"{n}\":"))];
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

    /// <summary>How JSON begins the sensor's value where its name needs no escapes: the name in quotes, a colon. Empty for a number that no sensor has.</summary>
    internal ReadOnlySpan<byte> Label(int sensor) => (uint)sensor < (uint)labels.Length ? labels[sensor] : [];

    public int Find(string name) => Find(Encoding.UTF8.GetBytes(name), -1);
}
