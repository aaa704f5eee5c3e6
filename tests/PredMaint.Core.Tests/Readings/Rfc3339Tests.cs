using System.Globalization;
using System.Text;
using CsCheck;
using PredMaint.Core.Readings;

namespace PredMaint.Core.Tests.Readings;

public class Rfc3339Tests
{
    private static readonly Gen<DateTimeOffset> AnyTime = Gen.Select(Gen.Long[864_000_000_000L, DateTime.MaxValue.Ticks - 864_000_000_000L], Gen.Int[-14 * 60, 14 * 60],
        (ticks, offset) => new DateTimeOffset(new DateTime(ticks), TimeSpan.FromMinutes(offset)));

    [Fact]
    public void Every_time_at_every_offset_is_what_DateTimeOffset_says() =>
        Gen.Select(AnyTime, Gen.Int[0, 7], Gen.OneOf('T', 't', ' ')).Sample((time, decimals, t) =>
        {
            var format = $"yyyy-MM-dd'{t}'HH:mm:ss{(decimals == 0 ? "" : "." + new string('f', decimals))}zzz";
            var text = time.ToString(format, CultureInfo.InvariantCulture);
            var oracle = DateTimeOffset.ParseExact(text, format, CultureInfo.InvariantCulture);
            Assert.Equal(Math.Floor((oracle - DateTimeOffset.UnixEpoch).Ticks / 10m), Parse(text));
        });

    [Fact]
    public void What_is_formatted_is_parsed_again() =>
        Gen.Long[Rfc3339.MinUs, Rfc3339.MaxUs].Sample(timeUs => Assert.Equal(timeUs, Parse(Rfc3339.Format(timeUs))));

    [Theory]
    [InlineData(0, "1970-01-01T00:00:00Z")]
    [InlineData(1, "1970-01-01T00:00:00.000001Z")]
    [InlineData(-1, "1969-12-31T23:59:59.999999Z")]
    [InlineData(1_500_000, "1970-01-01T00:00:01.5Z")]
    [InlineData(Rfc3339.MinUs, "0001-01-01T00:00:00Z")]
    [InlineData(Rfc3339.MaxUs, "9999-12-31T23:59:59.999999Z")]
    [InlineData(long.MinValue, "0001-01-01T00:00:00Z")]
    [InlineData(long.MaxValue, "9999-12-31T23:59:59.999999Z")]
    public void Formatted_in_UTC_with_the_decimals_that_are_needed_and_never_throwing(long timeUs, string text) => Assert.Equal(text, Rfc3339.Format(timeUs));

    [Theory]
    [InlineData("1970-01-01T00:00:00z", 0)]
    [InlineData("1970-01-01T00:00:00-00:00", 0)]
    [InlineData("1970-01-01T00:00:00.0000019999999999999999Z", 1)]
    [InlineData("1969-12-31T23:59:60Z", 0)]
    [InlineData("1970-01-01T23:59:00+23:59", 0)]
    [InlineData("2024-02-29T00:00:00Z", 1_709_164_800_000_000)]
    public void Rarer_forms_are_read(string text, long timeUs) => Assert.Equal(timeUs, Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("1970-01-01")]
    [InlineData("1970-01-01T00:00:00")]
    [InlineData("1970-01-01T00:00Z")]
    [InlineData("1970-01-01T00:00:00.Z")]
    [InlineData("1970-01-01T00:00:00,5Z")]
    [InlineData("1970-01-01T00:00:00+0100")]
    [InlineData("1970-01-01T00:00:00+01")]
    [InlineData("1970-01-01T00:00:00+24:00")]
    [InlineData("1970-01-01T00:00:00+01:60")]
    [InlineData("1970-01-01T00:00:00Zx")]
    [InlineData("1970-01-01X00:00:00Z")]
    [InlineData("1970-01-01T24:00:00Z")]
    [InlineData("1970-01-01T00:60:00Z")]
    [InlineData("1970-01-01T00:00:61Z")]
    [InlineData("1970-00-01T00:00:00Z")]
    [InlineData("1970-13-01T00:00:00Z")]
    [InlineData("1970-01-00T00:00:00Z")]
    [InlineData("1970-01-32T00:00:00Z")]
    [InlineData("1900-02-29T00:00:00Z")]
    [InlineData("0000-01-01T00:00:00Z")]
    [InlineData("0001-01-01T00:00:00+00:01")]
    [InlineData("9999-12-31T23:59:59-00:01")]
    [InlineData("+970-01-01T00:00:00Z")]
    [InlineData("1970/01/01T00:00:00Z")]
    [InlineData("1970-1--01T00:00:00Z")]
    public void All_else_is_refused(string text) => Assert.False(Rfc3339.TryParse(Encoding.UTF8.GetBytes(text), out _), text);

    private static long Parse(string text)
    {
        Assert.True(Rfc3339.TryParse(Encoding.UTF8.GetBytes(text), out var timeUs), text);
        return timeUs;
    }
}
