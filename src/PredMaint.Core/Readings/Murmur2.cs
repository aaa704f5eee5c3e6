using System.Buffers.Binary;

namespace PredMaint.Core.Readings;

/// <summary>The partitioner of Java's Kafka clients and of librdkafka's <c>murmur2_random</c>: Austin Appleby's MurmurHash2, seed 0x9747b28c.</summary>
public static class Murmur2
{
    public static int Partition(ReadOnlySpan<byte> key, int partitions) => (int)((Hash(key) & 0x7FFF_FFFF) % (uint)partitions);

    public static uint Hash(ReadOnlySpan<byte> data)
    {
        const uint m = 0x5BD1_E995;
        var h = 0x9747_B28Cu ^ (uint)data.Length;
        for (; data.Length >= 4; data = data[4..])
        {
            var k = BinaryPrimitives.ReadUInt32LittleEndian(data) * m;
            h = h * m ^ (k ^ k >> 24) * m;
        }
        for (var i = data.Length - 1; i >= 0; i--) h ^= (uint)data[i] << 8 * i;
        if (data.Length > 0) h *= m;
        h = (h ^ h >> 13) * m;
        return h ^ h >> 15;
    }
}
