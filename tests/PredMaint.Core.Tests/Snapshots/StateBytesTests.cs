using PredMaint.Core.Snapshots;

namespace PredMaint.Core.Tests.Snapshots;

public class StateBytesTests
{
    // RFC 3720, B.4: 32 bytes of zeros, of ones, and counting up.
    [Fact]
    public void The_checksum_is_CRC_32C()
    {
        Assert.Equal(0x8A9136AAu, StateReader.Checksum(new byte[32]));
        Assert.Equal(0x62A8AB43u, StateReader.Checksum([.. Enumerable.Repeat((byte)0xFF, 32)]));
        Assert.Equal(0x46DD794Eu, StateReader.Checksum([.. Enumerable.Range(0, 32).Select(i => (byte)i)]));
    }
}
