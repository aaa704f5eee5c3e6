using System.Text;
using PredMaint.Core.Readings;

namespace PredMaint.Core.Tests.Readings;

public class Murmur2Tests
{
    /// <summary>Vectors of Apache Kafka, clients/src/test/java/org/apache/kafka/common/utils/UtilsTest.java.</summary>
    [Theory]
    [InlineData("21", -973932308)]
    [InlineData("foobar", -790332482)]
    [InlineData("a-little-bit-long-string", -985981536)]
    [InlineData("a-little-bit-longer-string", -1486304829)]
    [InlineData("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971)]
    [InlineData("abc", 479470107)]
    public void Hashes_as_Javas_clients_do(string key, int hash) => Assert.Equal(hash, (int)Murmur2.Hash(Encoding.UTF8.GetBytes(key)));

    [Theory]
    [InlineData("21", 7, (-973932308 & 0x7FFF_FFFF) % 7)]
    [InlineData("abc", 4, 479470107 % 4)]
    [InlineData("abc", 1, 0)]
    public void A_partition_is_the_positive_hash_modulo_their_number(string key, int partitions, int partition) =>
        Assert.Equal(partition, Murmur2.Partition(Encoding.UTF8.GetBytes(key), partitions));
}
