using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace PredMaint.Core.Snapshots;

/// <summary>
/// Writes a record of the state topic: a version byte, fields in little-endian order, a CRC-32C over all of it
/// (Castagnoli, RFC 3720 B.4).
/// </summary>
public sealed class StateWriter
{
    private readonly ArrayBufferWriter<byte> buffer = new(4096);

    public void Begin(byte version)
    {
        buffer.ResetWrittenCount();
        Byte(version);
    }

    public void Byte(byte value)
    {
        buffer.GetSpan(1)[0] = value;
        buffer.Advance(1);
    }

    public void Int(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(buffer.GetSpan(4), value);
        buffer.Advance(4);
    }

    public void Long(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(buffer.GetSpan(8), value);
        buffer.Advance(8);
    }

    public void Float(float value) => Int(BitConverter.SingleToInt32Bits(value));

    /// <summary>Values without their number.</summary>
    public void Numbers<T>(ReadOnlySpan<T> values) where T : unmanaged
    {
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("state is written by little-endian machines");
        buffer.Write(MemoryMarshal.AsBytes(values));
    }

    public void Raw(ReadOnlySpan<byte> bytes) => buffer.Write(bytes);

    /// <summary>UTF-8 with its length before it.</summary>
    public void Text(string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        Int(length);
        Encoding.UTF8.GetBytes(value, buffer.GetSpan(length));
        buffer.Advance(length);
    }

    public byte[] Written => buffer.WrittenSpan.ToArray();

    /// <summary>The record with its checksum.</summary>
    public byte[] End()
    {
        Int((int)StateReader.Checksum(buffer.WrittenSpan));
        return Written;
    }
}

/// <summary>Reads what <see cref="StateWriter"/> wrote; every length is checked against what is there.</summary>
public ref struct StateReader
{
    private const int ChecksumBytes = 4;

    private ReadOnlySpan<byte> rest;

    /// <param name="version">The version that this program writes.</param>
    /// <param name="oldest">The oldest version that it reads.</param>
    /// <exception cref="StateException">The checksum is wrong, or the version is another.</exception>
    public StateReader(ReadOnlySpan<byte> record, byte version, byte oldest)
    {
        if (record.Length <= ChecksumBytes || Checksum(record[..^ChecksumBytes]) != BinaryPrimitives.ReadUInt32LittleEndian(record[^ChecksumBytes..]))
            throw new StateException("its checksum is wrong");
        rest = record[..^ChecksumBytes];
        Version = Byte();
        if (Version < oldest || Version > version)
            throw new StateException($"its version is {Version}, this program reads {(oldest == version ? $"{version}" : $"{oldest} to {version}")}");
    }

    /// <summary>The version that wrote the record.</summary>
    public byte Version { get; }

    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= 8; bytes = bytes[8..]) crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var b in bytes) crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }

    public byte Byte() => Take(1)[0];

    public int Int() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public long Long() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public float Float() => BitConverter.Int32BitsToSingle(Int());

    public string Text() => Encoding.UTF8.GetString(Take(Int()));

    /// <summary>The number of things of at least so many bytes each that follow: a false one cannot ask for more memory than the record has.</summary>
    public int Count(int bytesEach)
    {
        var count = Int();
        if (count < 0 || (long)count * bytesEach > rest.Length) throw Truncated();
        return count;
    }

    public void Numbers<T>(Span<T> values) where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(values);
        Take(bytes.Length).CopyTo(bytes);
    }

    public ReadOnlySpan<byte> Take(int length)
    {
        if ((uint)length > (uint)rest.Length) throw Truncated();
        var taken = rest[..length];
        rest = rest[length..];
        return taken;
    }

    public bool StartsWith(ReadOnlySpan<byte> bytes) => rest.StartsWith(bytes);

    /// <exception cref="StateException">Something is left over.</exception>
    public readonly void End()
    {
        if (rest.Length > 0) throw new StateException($"{rest.Length} bytes are left over");
    }

    private static StateException Truncated() => new("a length in it is beyond its end");
}

/// <summary>What the state topic says cannot be used, or contradicts what the group has committed. It is never guessed away.</summary>
public sealed class StateException(string message) : Exception(message);
