using System.Text;
using PredMaint.Core.Readings;

namespace PredMaint.Core.Tests.Readings;

public class WideJsonDecoderTests
{
    [Fact]
    public void The_contracts_example_is_a_reading()
    {
        var reading = Slots.Decode(Slots.Valid);
        Assert.Equal((Fault.None, ""), (reading.Fault, reading.FaultDetail));
        Assert.Equal("m1", Encoding.UTF8.GetString(reading.Key));
        Assert.Equal(Slots.ValidUs, reading.TimeUs);
        Assert.Equal([0.8351f, 0.8082f, float.NaN], reading.Values);
        Assert.Equal(Slots.Valid, Encoding.UTF8.GetString(reading.Value));
    }

    [Theory]
    [InlineData("\"2026-01-17T20:33:20.125+01:00\"", Slots.ValidUs)]
    [InlineData("\"2026-01-17T20:33:20.125\\u002B01:00\"", Slots.ValidUs)]
    [InlineData("\"2026-01-17T19:33:20.1259999Z\"", Slots.ValidUs + 999)]
    [InlineData("1768678400125", Slots.ValidUs)]
    [InlineData("1768678400125.001", Slots.ValidUs + 1)]
    [InlineData("1768678400125.123", Slots.ValidUs + 123)]
    [InlineData("1768678400125.9999", Slots.ValidUs + 999)]
    [InlineData("1.768678400125e12", Slots.ValidUs)]
    [InlineData("-1", -1000)]
    [InlineData("-0.0005", -1)]
    [InlineData("0", 0)]
    [InlineData("253402300799999", 253_402_300_799_999_000)]
    public void A_timestamp_is_kept_to_the_microsecond(string timestamp, long timeUs)
    {
        var reading = Slots.Decode(Slots.WithTime(timestamp));
        Assert.Equal((Fault.None, timeUs), (reading.Fault, reading.TimeUs));
    }

    [Theory]
    [InlineData("""{"s1":null,"s2":2}""", float.NaN, 2f)]
    [InlineData("""{}""", float.NaN, float.NaN)]
    [InlineData("""{"s2":-1.5e-3}""", float.NaN, -0.0015f)]
    [InlineData("""{"s2":2,"s1":1}""", 1f, 2f)]
    [InlineData("""{"\u0073\u0031":1}""", 1f, float.NaN)]
    [InlineData("""{"unused":"text","x":[1,{"y":[]}],"s1":1,"z":{"s2":9},"w":1e999,"v":true,"s2":2}""", 1f, 2f)]
    [InlineData("""{"S1":1,"s1 ":2}""", float.NaN, float.NaN)]
    [InlineData("""{"s1":0,"s2":-0}""", 0f, -0f)]
    public void Values_are_those_of_the_sensors_that_some_model_uses(string values, float s1, float s2)
    {
        var reading = Slots.Decode(Slots.WithValues(values));
        Assert.Equal(Fault.None, reading.Fault);
        Assert.Equal([s1, s2, float.NaN], reading.Values);
    }

    [Fact]
    public void Of_a_sensor_that_is_there_twice_the_last_value_stands() =>
        Assert.Equal(3, Slots.Decode(Slots.WithValues("""{"s1":1,"s2":2,"s1":3}""")).Values[0]);

    [Theory]
    [InlineData("""{"temp °C":20}""")]
    [InlineData("""{"temp \u00b0C":20}""")]
    public void A_sensors_name_is_any_text_escaped_or_not(string values) =>
        Assert.Equal(20, Slots.Decode(Slots.WithValues(values)).Values[2]);

    [Theory]
    [InlineData("m1", "m1")]
    [InlineData("m1", "\\u006d1")]
    [InlineData("a\"b\\c/d", "a\\\"b\\\\c\\/d")]
    [InlineData("Förderband 😀", "Förderband 😀")]
    [InlineData("Förderband 😀", "F\\u00f6rderband \\ud83d\\ude00")]
    public void The_machine_id_equals_the_key_however_it_is_escaped(string key, string machineId) =>
        Assert.Equal(Fault.None, Slots.Decode(Slots.With($"\"machineId\":\"{machineId}\""), key).Fault);

    [Fact]
    public void Without_machineId_the_key_alone_says_the_machine() => Assert.Equal(Fault.None, Slots.Decode(Slots.WithTime("0")).Fault);

    [Theory]
    [InlineData("\"a\":1,\"b\":[[]],\"c\":{\"timestamp\":\"x\",\"values\":3,\"machineId\":\"other\"},\"d\":null,\"Timestamp\":true")]
    [InlineData("\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":1}}}}}")]
    public void Unknown_fields_are_ignored(string fields) => Assert.Equal(Fault.None, Slots.Decode(Slots.With(fields)).Fault);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Whitespace_between_and_around_is_no_matter(int variant)
    {
        var json = new[] { " \r\n\t{ \"timestamp\" : 0 , \"values\" : { \"s1\" : 1 } } \n", "{\"values\":{\"s1\":1},\"timestamp\":0}\n", "\n{\"values\":{\"s1\":1},\"timestamp\":0}" }[variant];
        Assert.Equal((Fault.None, 1f), (Slots.Decode(json).Fault, Slots.Decode(json).Values[0]));
    }

    [Fact]
    public void Limits_themselves_are_allowed()
    {
        var settings = new ReadingSettings { MaxBytes = Slots.Valid.Length, MaxSensors = 2 };
        Assert.Equal(Fault.None, Slots.Decode(Slots.Valid, settings: settings).Fault);
        var id = new string('m', Reading.MaxKeyBytes);
        Assert.Equal(Fault.None, Slots.Decode(Slots.With($"\"machineId\":\"{id}\""), id).Fault);
    }

    [Fact]
    public void A_slot_is_clean_for_the_next_reading()
    {
        var slot = Slots.Decode("""{"machineId":"m1","timestamp":"2026-01-17T19:33:20Z","values":{"s1":5,"s2":6,"s1":"x"}}""");
        Assert.Equal(Fault.Values, slot.Fault);
        slot.TraceParent = "trace";
        slot.RecordTimeUs = 7;
        Slots.Decode("""{"timestamp":1,"values":{"s2":1}}"""u8.ToArray(), "m2"u8.ToArray(), slot);
        Assert.Equal((Fault.None, "", 1000L, null, null), (slot.Fault, slot.FaultDetail, slot.TimeUs, slot.TraceParent, slot.RecordTimeUs));
        Assert.Equal([float.NaN, 1, float.NaN], slot.Values);
        Assert.Equal("m2", Encoding.UTF8.GetString(slot.Key));
    }
}
