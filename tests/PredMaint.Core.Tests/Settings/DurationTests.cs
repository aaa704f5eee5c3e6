using PredMaint.Core.Settings;

namespace PredMaint.Core.Tests.Settings;

public sealed class DurationTests
{
    [Theory]
    [InlineData("0", 0L)]
    [InlineData("250us", 250L)]
    [InlineData("500ms", 500_000L)]
    [InlineData("1.5s", 1_500_000L)]
    [InlineData("10m", 600_000_000L)]
    [InlineData("30d", 2_592_000_000_000L)]
    public void A_number_and_a_unit_are_a_length_of_time(string text, long microseconds)
    {
        Assert.True(Fields.TryDuration(text, out var span));
        Assert.Equal(TimeSpan.FromMicroseconds(microseconds), span);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("1.2.3s")]
    [InlineData("5 weeks")]
    [InlineData("99999999999d")]
    public void Anything_else_is_refused(string text) => Assert.False(Fields.TryDuration(text, out _));
}
