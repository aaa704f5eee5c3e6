using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace PredMaint.Core.Readings;

/// <summary>Looks texts up by their UTF-8 bytes, without a string.</summary>
public sealed class Utf8Comparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    public static readonly Utf8Comparer Instance = new();

    // Seeded, because machine ids come from outside and could be made to collide.
    private readonly ulong seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

    public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        var hash = seed ^ (ulong)alternate.Length;
        while (alternate.Length >= 8)
        {
            hash = Mix(hash ^ MemoryMarshal.Read<ulong>(alternate));
            alternate = alternate[8..];
        }
        ulong tail = 0;
        foreach (var b in alternate) tail = tail << 8 | b;
        hash = Mix(hash ^ tail);
        return (int)(hash ^ hash >> 32);
    }

    private static ulong Mix(ulong x) => BitOperations.RotateLeft(x * 0x9E3779B97F4A7C15, 29) * 0xBF58476D1CE4E5B9;
}
