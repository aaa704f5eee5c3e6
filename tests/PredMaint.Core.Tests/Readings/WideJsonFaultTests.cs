using System.Text;
using PredMaint.Core.Readings;

namespace PredMaint.Core.Tests.Readings;

public class WideJsonFaultTests
{
    [Theory]
    [InlineData("x")]
    [InlineData("{")]
    [InlineData(" ")]
    [InlineData("[1]")]
    [InlineData("7")]
    [InlineData("null")]
    [InlineData("\"text\"")]
    [InlineData("""{"timestamp":0,"values":{"s1":1}""")]
    [InlineData("""{"timestamp":0,"values":{"s1":1}}}""")]
    [InlineData("""{"timestamp":0,"values":{"s1":1}} x""")]
    [InlineData("""{"timestamp":0,"values":{"s1":1}}{"timestamp":0,"values":{"s1":1}}""")]
    [InlineData("""{"timestamp":0,"values":{"s1":1},}""")]
    [InlineData("""{"timestamp":0,"values":{"s1":1,}}""")]
    [InlineData("""{"timestamp":0,"values":{"s1":1}/**/}""")]
    [InlineData("""{"timestamp":0,"values":{"s1":NaN}}""")]
    [InlineData("""{"timestamp":0,"values":{"s1":Infinity}}""")]
    [InlineData("""{"timestamp":0,"values":{"s1":01}}""")]
    [InlineData("""{"timestamp":0,"values":{"s1":1e}}""")]
    [InlineData("""{'timestamp':0,'values':{'s1':1}}""")]
    [InlineData("""{"timestamp":0,"timestamp":0,"values":{"s1":1}}""")]
    [InlineData("""{"timestamp":0,"values":{"s1":1},"values":{}}""")]
    [InlineData("""{"timestamp":"\ud800","values":{}}""")]
    [InlineData("""{"timestamp":0,"values":{"\ud800":1}}""")]
    public void What_is_not_one_JSON_object_is_a_fault(string json) => AssertFault(Fault.Json, Slots.Decode(json));

    [Fact]
    public void Too_deep_is_a_fault_wherever_it_is()
    {
        var deep = string.Concat(Enumerable.Repeat("[", 20)) + string.Concat(Enumerable.Repeat("]", 20));
        AssertFault(Fault.Json, Slots.Decode(Slots.With($"\"a\":{deep}")));
        AssertFault(Fault.Json, Slots.Decode(Slots.WithValues($$"""{"unused":{{deep}}}""")));
        AssertFault(Fault.Json, Slots.Decode(new string('[', 60_000)));
    }

    [Theory]
    [InlineData("{\"timestamp\":0,\"values\":{\"s1\":1},\"note\":\"@\"}")]
    [InlineData("{\"timestamp\":0,\"values\":{\"s1\":1,\"@\":1}}")]
    [InlineData("{\"timestamp\":0,\"values\":{\"s1\":1,\"u\":\"@\"}}")]
    [InlineData("{\"timestamp\":0,\"values\":{\"s1\":1},\"@\":1}")]
    public void What_is_not_UTF8_is_a_fault_even_in_fields_that_nobody_reads(string json)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        bytes[Array.IndexOf(bytes, (byte)'@')] = 0xFF;
        AssertFault(Fault.Json, Slots.Decode(bytes, "m1"u8.ToArray(), Slots.New()));
    }

    [Theory]
    [InlineData("""{"values":{"s1":1}}""", "timestamp is missing")]
    [InlineData("""{"timestamp":null,"values":{}}""", "must be RFC 3339 or milliseconds")]
    [InlineData("""{"timestamp":true,"values":{}}""", "must be RFC 3339 or milliseconds")]
    [InlineData("""{"timestamp":{"s":[]},"values":{}}""", "must be RFC 3339 or milliseconds")]
    [InlineData("""{"timestamp":[1],"values":{}}""", "must be RFC 3339 or milliseconds")]
    [InlineData("""{"timestamp":"","values":{}}""", "not a date and time of RFC 3339")]
    [InlineData("""{"timestamp":"1768678400125","values":{}}""", "not a date and time of RFC 3339")]
    [InlineData("""{"timestamp":"2026-01-17T19:33:20","values":{}}""", "with an offset")]
    [InlineData("""{"timestamp":"2026-02-29T00:00:00Z","values":{}}""", "not a date and time of RFC 3339")]
    [InlineData("""{"timestamp":253402300800000,"values":{}}""", "out of range")]
    [InlineData("""{"timestamp":-62135596800001,"values":{}}""", "out of range")]
    [InlineData("""{"timestamp":1e30,"values":{}}""", "out of range")]
    [InlineData("""{"timestamp":1e999,"values":{}}""", "out of range")]
    public void A_timestamp_that_is_none_is_a_fault(string json, string detail) => AssertFault(Fault.Timestamp, Slots.Decode(json), detail);

    [Fact]
    public void A_timestamp_of_any_length_is_a_fault_and_no_more() =>
        AssertFault(Fault.Timestamp, Slots.Decode(Slots.WithTime($"\"2026-01-17T19:33:20.{new string('1', 1000)}Z\"")));

    [Theory]
    [InlineData("""{"timestamp":0}""", "values are missing")]
    [InlineData("""{"timestamp":0,"values":null}""", "must be an object")]
    [InlineData("""{"timestamp":0,"values":[{"s1":1}]}""", "must be an object")]
    [InlineData("""{"timestamp":0,"values":"s1"}""", "must be an object")]
    [InlineData("""{"timestamp":0,"values":{"s2":1,"s1":"NaN"}}""", "sensor s1 is neither a finite number nor null")]
    [InlineData("""{"timestamp":0,"values":{"s2":"1"}}""", "sensor s2")]
    [InlineData("""{"timestamp":0,"values":{"s2":1e999}}""", "sensor s2")]
    [InlineData("""{"timestamp":0,"values":{"s2":-1e999}}""", "sensor s2")]
    [InlineData("""{"timestamp":0,"values":{"s2":1e39}}""", "sensor s2")]
    [InlineData("""{"timestamp":0,"values":{"s2":true}}""", "sensor s2")]
    [InlineData("""{"timestamp":0,"values":{"s2":{"s1":1}}}""", "sensor s2")]
    [InlineData("""{"timestamp":0,"values":{"s2":[1]}}""", "sensor s2")]
    public void A_sensor_that_is_neither_a_finite_number_nor_null_is_a_fault(string json, string detail) => AssertFault(Fault.Values, Slots.Decode(json), detail);

    [Theory]
    [InlineData("\"machineId\":\"m2\"", "differs")]
    [InlineData("\"machineId\":\"M1\"", "differs")]
    [InlineData("\"machineId\":\"\"", "differs")]
    [InlineData("\"machineId\":\"m1\",\"machineId\":\"m2\"", "differs")]
    [InlineData("\"machineId\":1", "must be a text")]
    [InlineData("\"machineId\":null", "must be a text")]
    [InlineData("\"machineId\":{\"m1\":1}", "must be a text")]
    public void A_machineId_unlike_the_key_is_a_fault(string fields, string detail) => AssertFault(Fault.MachineId, Slots.Decode(Slots.With(fields)), detail);

    [Fact]
    public void A_key_that_is_no_machine_id_is_a_fault()
    {
        var value = Encoding.UTF8.GetBytes(Slots.WithTime("0"));
        AssertFault(Fault.Key, Slots.Decode(value, null, Slots.New()), "no key");
        AssertFault(Fault.Key, Slots.Decode(value, [], Slots.New()), "empty key");
        AssertFault(Fault.Key, Slots.Decode(value, [0, 65], Slots.New()), "byte 0");
        AssertFault(Fault.Key, Slots.Decode(value, [65, 0xFF], Slots.New()), "not UTF-8");
        AssertFault(Fault.Key, Slots.Decode(value, new byte[257], Slots.New()), "key of 257 bytes");
    }

    [Fact]
    public void A_value_that_is_absent_empty_or_too_large_is_a_fault()
    {
        AssertFault(Fault.Empty, Slots.Decode(null, "m1"u8.ToArray(), Slots.New()), "null value");
        AssertFault(Fault.Empty, Slots.Decode([], "m1"u8.ToArray(), Slots.New()), "empty value");
        AssertFault(Fault.TooLarge, Slots.Decode(Slots.Valid, settings: new ReadingSettings { MaxBytes = Slots.Valid.Length - 1 }), "bytes, allowed are");
    }

    [Fact]
    public void More_sensors_than_the_limit_are_a_fault_even_if_no_model_uses_them() =>
        AssertFault(Fault.Values, Slots.Decode(Slots.WithValues("""{"a":1,"b":2,"c":3}"""), settings: new ReadingSettings { MaxSensors = 2 }), "more than 2 sensors");

    [Fact]
    public void The_first_fault_stands() =>
        AssertFault(Fault.Timestamp, Slots.Decode("""{"timestamp":"x","values":{"s1":"y"},"machineId":"z"} trailing"""));

    [Fact]
    public void Even_a_faulty_record_keeps_its_key_and_value_for_the_dead_letter()
    {
        var slot = Slots.Decode([1, 2, 3], [0, 9], Slots.New());
        Assert.Equal([1, 2, 3], slot.Value.ToArray());
        Assert.Equal([0, 9], slot.Key.ToArray());
        Assert.True(slot.HasKey && slot.HasValue);
        Slots.Decode(null, null, slot);
        Assert.False(slot.HasKey || slot.HasValue);
    }

    private static void AssertFault(Fault fault, Reading reading, string detail = "")
    {
        Assert.Equal(fault, reading.Fault);
        Assert.NotEmpty(reading.FaultDetail);
        Assert.Contains(detail, reading.FaultDetail, StringComparison.Ordinal);
    }
}
