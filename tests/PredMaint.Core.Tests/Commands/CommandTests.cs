using System.Text;
using PredMaint.Core.Commands;
using PredMaint.Core.Readings;

namespace PredMaint.Core.Tests.Commands;

/// <summary>What a record of the commands topic must be.</summary>
public class CommandTests
{
    private const string Id = "9f1c1a52-6d0f-4d5e-8c01-b5b0c1de3f3c";

    public static string Json(string machine) => $$"""{"id":"{{Id}}","command":"reset","machineId":"{{machine}}","time":"2026-01-17T19:33:20Z"}""";

    [Fact]
    public void A_reset_is_a_command_whatever_else_it_says() =>
        Assert.Equal((Fault.None, ""), Read("m \u00e4", Json("m \\u00e4").Replace("{", """{"by":{"name":"ann"},""", StringComparison.Ordinal)));

    [Theory]
    [InlineData(null, "{}", Fault.Key, "no key")]
    [InlineData("", "{}", Fault.Key, "empty key")]
    [InlineData("\0control", "{}", Fault.Key, "byte 0")]
    [InlineData("m", null, Fault.Empty, "null value")]
    [InlineData("m", "", Fault.Empty, "empty value")]
    [InlineData("m", "reset", Fault.Json, "")]
    [InlineData("m", "[]", Fault.Json, "not an object")]
    [InlineData("m", "{}", Fault.Id, "UUID")]
    [InlineData("m", """{"id":7}""", Fault.Id, "UUID")]
    [InlineData("m", """{"id":"\ud800"}""", Fault.Json, "")]
    [InlineData("m", $$"""{"id":"{{Id}}","id":"{{Id}}"}""", Fault.Json, "")]
    [InlineData("m", $$"""{"id":"{{Id}}"}""", Fault.Command, "reset")]
    [InlineData("m", $$"""{"id":"{{Id}}","command":"explode"}""", Fault.Command, "reset")]
    [InlineData("m", $$"""{"id":"{{Id}}","command":"reset"}""", Fault.MachineId, "text")]
    [InlineData("m", $$"""{"id":"{{Id}}","command":"reset","machineId":"n"}""", Fault.MachineId, "differs")]
    [InlineData("m", $$"""{"id":"{{Id}}","command":"reset","machineId":"m"}""", Fault.Timestamp, "RFC 3339")]
    [InlineData("m", $$"""{"id":"{{Id}}","command":"reset","machineId":"m","time":"noon"}""", Fault.Timestamp, "RFC 3339")]
    [InlineData("m", $$"""{"id":"{{Id}}","command":"reset","machineId":"m","time":5}""", Fault.Timestamp, "RFC 3339")]
    public void What_is_no_command_says_why(string? key, string? value, Fault fault, string why)
    {
        var read = Read(key, value);
        Assert.Equal(fault, read.Fault);
        Assert.Contains(why, read.Detail, StringComparison.Ordinal);
        Assert.NotEmpty(read.Detail);
    }

    [Fact]
    public void A_command_has_limits_as_a_reading_has()
    {
        Assert.Equal(Fault.TooLarge, Read("m", Json("m") + new string(' ', Command.MaxBytes)).Fault);
        Assert.Equal(Fault.None, Read("m", Json("m").PadRight(Command.MaxBytes)).Fault);
        Assert.Equal(Fault.Key, Read(new string('k', 257), "{}").Fault);
        Assert.Equal(Fault.Json, Read("m", "\"\xFF\"", Encoding.Latin1).Fault);
    }

    private static (Fault Fault, string Detail) Read(string? key, string? value, Encoding? encoding = null)
    {
        var command = Command.Read(key is null ? null : Encoding.UTF8.GetBytes(key), value is null ? null : (encoding ?? Encoding.UTF8).GetBytes(value), 3, 7);
        return (command.Fault, command.FaultDetail);
    }
}
