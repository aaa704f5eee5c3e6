namespace PredMaint.Core.Readings;

/// <summary>One bit a sensor: whether it has a value.</summary>
internal static class PresenceBits
{
    public static int Words(int sensors) => (sensors + 63) / 64;

    public static bool Has(ReadOnlySpan<ulong> bits, int sensor) => (bits[sensor / 64] >> sensor % 64 & 1) != 0;

    public static void Set(Span<ulong> bits, int sensor) => bits[sensor / 64] |= 1UL << sensor % 64;
}
