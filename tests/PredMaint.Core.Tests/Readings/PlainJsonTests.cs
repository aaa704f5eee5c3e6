using System.Globalization;
using System.Text;
using CsCheck;
using PredMaint.Core.Readings;

namespace PredMaint.Core.Tests.Readings;

/// <summary>The fast reading of plain JSON and the general one give the same to the bit.</summary>
public sealed class PlainJsonTests
{
    /// <summary>A field that nobody knows sends a reading to the general reader.</summary>
    private const string Unknown = "\"unknown\":[],";

    private static readonly Gen<string> Decimal = Gen.OneOf(
        Gen.Select(Gen.Long[0, 999_999_999_999_999_999], Gen.Int[0, 18], Gen.Bool).Select((digits, scale, minus) => Written(digits, scale, minus)),
        Gen.Select(Gen.Long[0, 99_999_999], Gen.Int[0, 9], Gen.Bool).Select((digits, scale, minus) => Written(digits, scale, minus)),
        Gen.Double[-1e9, 1e9].Select(d => d.ToString("R", CultureInfo.InvariantCulture)),
        // The middle between two floats, and its nearest neighbours with 15 digits.
        Gen.Select(Gen.Int[1 << 23, (1 << 24) - 1], Gen.Int[-1, 1]).Select((m, off) => (m + 0.5 + off * 1e-7).ToString("0.0000000", CultureInfo.InvariantCulture)));

    [Fact]
    public void Numbers_are_rounded_as_the_general_reader_rounds_them() => Decimal.Sample(text =>
    {
        var expected = float.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        var reading = Decode($"{{\"timestamp\":\"2026-01-17T19:33:20Z\",\"values\":{{\"s1\":{text}}}}}");
        Assert.Equal(BitConverter.SingleToInt32Bits(expected), BitConverter.SingleToInt32Bits(reading.Values[0]));
    }, iter: 200_000);

    [Theory]
    [InlineData("01")]
    [InlineData("-")]
    [InlineData("-01")]
    [InlineData("1.")]
    [InlineData(".5")]
    [InlineData("+1")]
    [InlineData("1.5.2")]
    [InlineData("nul")]
    [InlineData("NaN")]
    [InlineData("0x1")]
    [InlineData("1 2")]
    public void What_is_no_number_of_JSON_is_a_fault(string text) =>
        Assert.NotEqual(Fault.None, Decode($"{{\"timestamp\":\"2026-01-17T19:33:20Z\",\"values\":{{\"s1\":{text}}}}}").Fault);

    [Theory]
    [InlineData("{\"timestamp\":\"2026-01-17T19:33:20Z\",\"values\":{ ,\"values\":{}}")]
    [InlineData("{\"timestamp\":\"2026-01-17\",\"timestamp\":\"2026-01-17T19:33:20Z\",\"values\":{}}")]
    public void A_field_that_cannot_be_read_is_not_read_again(string json) => Assert.NotEqual(Fault.None, Decode(json).Fault);

    [Fact]
    public void Both_readers_agree_on_any_variation_of_a_reading()
    {
        const string plain = """{"machineId":"m1","timestamp":"2026-01-17T19:33:20.125Z","values":{"s1":0.8351,"s2":null,"x":-12.5}}""";
        var piece = Gen.OneOf((string[])["\"", "{", "}", ",", ":", " ", "\n", "0", "7", ".", "-", "e", "\\", "\\u0031", "null", "\u0001", "é", "\"s1\":3,", "\"values\":{},", "\"machineId\":\"m1\","]);
        Gen.Select(Gen.Int[1, plain.Length - 1], Gen.Int[0, 2], piece).Array[0, 3].Sample(edits =>
        {
            var text = new StringBuilder(plain);
            foreach (var (at, removed, added) in edits)
            {
                var start = Math.Min(at, text.Length - 1);
                text.Remove(start, Math.Min(removed, text.Length - start)).Insert(start, added);
            }
            var (fast, general) = (Decode(text.ToString()), Decode(text.ToString().Insert(1, Unknown)));
            Assert.Equal(general.Fault == Fault.None, fast.Fault == Fault.None);
            if (general.Fault != Fault.None) return;
            Assert.Equal(general.TimeUs, fast.TimeUs);
            Assert.Equal(general.Values, fast.Values);
        }, iter: 100_000);
    }

    private static Reading Decode(string json) => Slots.Decode(Encoding.UTF8.GetBytes(json), "m1"u8.ToArray(), Slots.New());

    private static string Written(long digits, int scale, bool isNegative)
    {
        var text = digits.ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        return (isNegative ? "-" : "") + (scale == 0 ? text : $"{text[..^scale]}.{text[^scale..]}");
    }
}
