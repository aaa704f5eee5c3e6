using System.Text;
using PredMaint.Core.Readings;

namespace PredMaint.Core.Tests.Readings;

/// <summary>Decodes texts into slots; the models use the sensors s1, s2 and "temp °C".</summary>
internal static class Slots
{
    public const string Valid = """{"machineId":"m1","timestamp":"2026-01-17T19:33:20.125Z","values":{"s1":0.8351,"s2":0.8082}}""";

    /// <summary>Of the timestamp in <see cref="Valid"/>.</summary>
    public const long ValidUs = 1_768_678_400_125_000;

    public static readonly SensorIndex Sensors = new(["s1", "s2", "temp °C"]);

    public static Reading New() => new(Sensors.Count);

    public static Reading Decode(string json, string key = "m1", ReadingSettings? settings = null) =>
        Decode(Encoding.UTF8.GetBytes(json), Encoding.UTF8.GetBytes(key), New(), settings);

    public static Reading Decode(byte[]? value, byte[]? key, Reading slot, ReadingSettings? settings = null)
    {
        WideJsonDecoder.DecodeKey(key, key is null, slot);
        new WideJsonDecoder(Sensors, settings ?? new ReadingSettings()).Decode(value, value is null, slot);
        return slot;
    }

    /// <summary>A reading with these fields beside a good timestamp and good values.</summary>
    public static string With(string fields) => "{" + fields + ""","timestamp":0,"values":{"s1":1}}""";

    public static string WithTime(string timestamp) => """{"timestamp":""" + timestamp + ""","values":{"s1":1}}""";

    public static string WithValues(string values) => """{"timestamp":0,"values":""" + values + "}";
}
