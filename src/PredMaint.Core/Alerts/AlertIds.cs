using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace PredMaint.Core.Alerts;

/// <summary>Name-based ids (RFC 9562, UUID version 5): the same readings give the same ids, whoever computes them.</summary>
public static class AlertIds
{
    public static readonly Guid Namespace = new("b5b0c1de-3f3c-5d0f-9a52-6d0f6d5e5c01");

    /// <summary>Over <c>machineId|kind|model name@version|onset in epoch microseconds</c>.</summary>
    public static string AlertName(string machineId, string kind, string nameAndVersion, long onsetUs) => $"{machineId}|{kind}|{nameAndVersion}|{onsetUs}";

    /// <summary>The alert's name with <c>|full type|time in epoch microseconds</c> added.</summary>
    public static string EventName(string alertName, string type, long timeUs) => $"{alertName}|{type}|{timeUs}";

    public static Guid Version5(string name)
    {
        Span<byte> bytes = new byte[16 + Encoding.UTF8.GetByteCount(name)];
        Namespace.TryWriteBytes(bytes, bigEndian: true, out _);
        Encoding.UTF8.GetBytes(name, bytes[16..]);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // RFC 9562 fixes SHA-1 for version 5; nothing here is secret.
        SHA1.HashData(bytes, hash);
#pragma warning restore CA5350
        BinaryPrimitives.WriteUInt16BigEndian(hash[6..], (ushort)(BinaryPrimitives.ReadUInt16BigEndian(hash[6..]) & 0x0FFF | 0x5000));
        hash[8] = (byte)(hash[8] & 0x3F | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
