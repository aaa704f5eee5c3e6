using System.Text;
using PredMaint.Core.Backtest;
using PredMaint.Core.Readings;

namespace PredMaint.Core.Tests.Backtest;

public class LineDecoderTests
{
    private const long TimeUs = 1_768_678_400_125_000;

    private static readonly SensorIndex Sensors = new(["s1", "s2"]);

    [Fact]
    public void A_line_of_JSON_is_a_reading_of_the_machine_it_names()
    {
        var reading = Json("""{"machineId":"m\u0031","timestamp":"2026-01-17T19:33:20.125Z","values":{"s1":1,"s2":null}}""");
        AssertReading(reading, "m1", TimeUs, 1, float.NaN);
        Assert.Null(reading.RecordTimeUs);
    }

    [Theory]
    [InlineData("1768678400125", TimeUs)]
    [InlineData("\"2026-01-17T20:33:20.125+01:00\"", TimeUs)]
    [InlineData("\"2026-01-17T20:33:20.125\\u002B01:00\"", TimeUs)]
    [InlineData("null", null)]
    [InlineData("\"soon\"", null)]
    [InlineData("9223372036854775807", null)]
    [InlineData("-9223372036854775807", null)]
    [InlineData("{\"machineId\":\"m2\"}", null)]
    public void RecordTime_takes_the_place_of_the_records_timestamp(string recordTime, long? recordTimeUs)
    {
        var reading = Json("{\"recordTime\":" + recordTime + ",\"machineId\":\"m1\",\"timestamp\":0,\"values\":{}}");
        Assert.Equal((Fault.None, recordTimeUs), (reading.Fault, reading.RecordTimeUs));
    }

    [Theory]
    [InlineData("""{"timestamp":0,"values":{}}""", Fault.Key, "machineId is missing")]
    [InlineData("""{"machineId":7,"timestamp":0,"values":{}}""", Fault.MachineId, "must be a text")]
    [InlineData("""{"machineId":"","timestamp":0,"values":{}}""", Fault.Key, "empty key")]
    [InlineData("""{"machineId":"a","machineId":"b","timestamp":0,"values":{}}""", Fault.MachineId, "differs")]
    [InlineData("""{"machineId":"\ud800","timestamp":0,"values":{}}""", Fault.MachineId, "")]
    [InlineData("""{"machineId":"m1","timestamp":"x","values":{}}""", Fault.Timestamp, "RFC 3339")]
    [InlineData("""{"machineId":"m1","timestamp":0,"values":{"s1":"x"}}""", Fault.Values, "sensor s1")]
    [InlineData("""{"machineId":"m1","timestamp":0,"values":{}""", Fault.Json, "")]
    [InlineData("[]", Fault.Json, "not an object")]
    [InlineData("nonsense", Fault.Json, "")]
    [InlineData("", Fault.Empty, "empty value")]
    public void A_line_of_JSON_that_is_no_reading_says_why(string line, Fault fault, string detail)
    {
        var reading = Json(line);
        Assert.Equal(fault, reading.Fault);
        Assert.Contains(detail, reading.FaultDetail, StringComparison.Ordinal);
        Assert.Equal(line, Encoding.UTF8.GetString(reading.Value));
    }

    [Theory]
    [InlineData(256, Fault.None, "")]
    [InlineData(257, Fault.Key, "key of 257 bytes")]
    [InlineData(5000, Fault.Key, "key of 5000 bytes")]
    public void A_machine_id_has_the_limit_of_a_key_however_it_is_escaped(int length, Fault fault, string detail)
    {
        foreach (var letter in new[] { "m", "\\u006d" })
        {
            var reading = Json("{\"machineId\":\"" + string.Concat(Enumerable.Repeat(letter, length)) + "\",\"timestamp\":0,\"values\":{}}");
            Assert.Equal(fault, reading.Fault);
            Assert.Contains(detail, reading.FaultDetail, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("machineId,timestamp,s1,s2", "m1,2026-01-17T19:33:20.125Z,1,2")]
    [InlineData("machineId,timestamp,s1,s2", "m1,1768678400125,1.0,2e0")]
    [InlineData("s2,unused,timestamp,s1,machineId", "2,\"x,\"\"y\",1768678400125,1,m1")]
    [InlineData("\"machineId\",\"timestamp\", s1 ,s2", "\"m1\", 1768678400125 , 1 ,\"2\"")]
    [InlineData("\uFEFFmachineId,timestamp,s1,s2\r", "m1,1768678400125,1,2\r")]
    public void A_line_of_CSV_is_a_reading_by_the_headers_columns(string header, string line) => AssertReading(Csv(header, line), "m1", TimeUs, 1, 2);

    [Theory]
    [InlineData("m1,0,,")]
    [InlineData("m1,0,null,NaN")]
    [InlineData("m1,0,\"\", ")]
    public void Missing_cells_are_missing_values(string line) => AssertReading(Csv("machineId,timestamp,s1,s2", line), "m1", 0, float.NaN, float.NaN);

    [Fact]
    public void A_sensor_without_a_column_is_missing() => AssertReading(Csv("machineId,timestamp,s2", "m1,0,2"), "m1", 0, float.NaN, 2);

    [Theory]
    [InlineData("\"a,b\",0,1,2", "a,b")]
    [InlineData("\"say \"\"hi\"\"\",0,1,2", "say \"hi\"")]
    [InlineData("Förderband 😀,0,1,2", "Förderband 😀")]
    public void Machine_ids_are_any_text(string line, string id) => AssertReading(Csv("machineId,timestamp,s1,s2", line), id, 0, 1, 2);

    [Theory]
    [InlineData("1768678400125", TimeUs)]
    [InlineData("2026-01-17T19:33:20.125Z", TimeUs)]
    [InlineData("", null)]
    [InlineData("9223372036854775807", null)]
    public void A_column_recordTime_takes_the_place_of_the_records_timestamp(string cell, long? recordTimeUs) =>
        Assert.Equal(recordTimeUs, Csv("machineId,timestamp,recordTime", $"m1,0,{cell}").RecordTimeUs);

    [Theory]
    [InlineData("m1,0,1", Fault.Values, "3 cells, the header has 4")]
    [InlineData("m1,0,1,2,3", Fault.Values, "5 cells, the header has 4")]
    [InlineData("m1", Fault.Values, "1 cells, the header has 4")]
    [InlineData(",0,1,2", Fault.Key, "empty key")]
    [InlineData("", Fault.Key, "empty key")]
    [InlineData("m1,soon,1,2", Fault.Timestamp, "neither RFC 3339")]
    [InlineData("m1,,1,2", Fault.Timestamp, "neither RFC 3339")]
    [InlineData("m1,9223372036854775807,1,2", Fault.Timestamp, "neither RFC 3339")]
    [InlineData("m1,0,x,2", Fault.Values, "\"x\" is no finite number")]
    [InlineData("m1,0,1e999,2", Fault.Values, "\"1e999\" is no finite number")]
    [InlineData("m1,0,Infinity,2", Fault.Values, "is no finite number")]
    [InlineData("m1,0,1 2,2", Fault.Values, "is no finite number")]
    public void A_line_of_CSV_that_is_no_reading_says_why(string line, Fault fault, string detail)
    {
        var reading = Csv("machineId,timestamp,s1,s2", line);
        Assert.Equal(fault, reading.Fault);
        Assert.Contains(detail, reading.FaultDetail, StringComparison.Ordinal);
        Assert.Equal(line, Encoding.UTF8.GetString(reading.Value));
    }

    [Theory]
    [InlineData("machine,timestamp,s1", "the header has no column machineId; it has machine, timestamp, s1")]
    [InlineData("machineId,s1", "the header has no column timestamp")]
    [InlineData("machineId,timestamp,s1,s1", "the header has the column s1 twice")]
    public void A_header_that_cannot_be_used_says_why(string header, string message) =>
        Assert.StartsWith(message, Assert.Throws<FormatException>(() => Csv(header, "")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_slot_is_clean_after_a_fault()
    {
        var slot = new Reading(2);
        var decoder = new CsvLineDecoder("machineId,timestamp,s1,s2,recordTime"u8, Sensors);
        decoder.Decode("m1,7,1,x,7"u8, slot);
        Assert.Equal(Fault.Values, slot.Fault);
        decoder.Decode("m2,8,,2,"u8, slot);
        AssertReading(slot, "m2", 8000, float.NaN, 2);
        Assert.Null(slot.RecordTimeUs);
    }

    private static void AssertReading(Reading reading, string machine, long timeUs, float s1, float s2)
    {
        Assert.Equal((Fault.None, ""), (reading.Fault, reading.FaultDetail));
        Assert.Equal((machine, timeUs), (Encoding.UTF8.GetString(reading.Key), reading.TimeUs));
        Assert.Equal([s1, s2], reading.Values);
    }

    private static Reading Json(string line)
    {
        var reading = new Reading(2);
        new JsonLineDecoder(Sensors, new ReadingSettings()).Decode(Encoding.UTF8.GetBytes(line), reading);
        return reading;
    }

    private static Reading Csv(string header, string line)
    {
        var reading = new Reading(2);
        new CsvLineDecoder(Encoding.UTF8.GetBytes(header), Sensors).Decode(Encoding.UTF8.GetBytes(line), reading);
        return reading;
    }
}
