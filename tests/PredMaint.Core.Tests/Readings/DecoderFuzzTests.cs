using System.Text;
using System.Text.Json;
using CsCheck;
using PredMaint.Core.Readings;

namespace PredMaint.Core.Tests.Readings;

/// <summary>Whatever comes: a reading or a fault, never an exception, and nothing of it in the next reading.</summary>
public class DecoderFuzzTests
{
    private static readonly byte[] Valid = """{"machineId":"m\u0031","timestamp":"2026-01-17T19:33:20.125Z","values":{"s1":0.8351,"s2":null,"x":"y"},"more":[{}]}"""u8.ToArray();

    // What JSON is made of hits more branches than other bytes.
    private static readonly Gen<byte> JsonByte = Gen.OneOf(Gen.OneOf("{}[]\",:\\u/0123456789.-+eEtfnalsrTZ \n"u8.ToArray()), Gen.Byte);

    [Fact]
    public void Random_bytes_are_a_reading_or_a_fault() =>
        Gen.Select(Gen.Byte.Array[0, 300], JsonByte.Array[0, 300]).Sample((key, value) => AssertReadingOrFault(key, value), iter: 3000);

    [Fact]
    public void A_mutated_reading_is_a_reading_or_a_fault_and_never_a_reading_where_it_is_not_JSON()
    {
        var mutation = Gen.Select(Gen.Int[0, 200], Gen.Int[0, 3], JsonByte.Array[0, 4]);
        mutation.Array[1, 4].Sample(mutations =>
        {
            var value = Valid.ToList();
            foreach (var (at, removed, added) in mutations)
            {
                var start = Math.Min(at, value.Count);
                value.RemoveRange(start, Math.Min(removed, value.Count - start));
                value.InsertRange(start, added);
            }
            var reading = AssertReadingOrFault("m1"u8.ToArray(), [.. value]);
            if (!IsJson([.. value])) Assert.NotEqual(Fault.None, reading.Fault);
        }, iter: 10_000);
    }

    [Fact]
    public void Every_cut_of_a_reading_is_a_fault()
    {
        for (var length = 0; length < Valid.Length; length++)
            Assert.NotEqual(Fault.None, AssertReadingOrFault("m1"u8.ToArray(), Valid[..length]).Fault);
    }

    private static Reading AssertReadingOrFault(byte[] key, byte[] value)
    {
        var slot = Slots.Decode(value, key, Slots.New());
        if (slot.Fault == Fault.None)
        {
            Assert.All(slot.Values, v => Assert.True(float.IsFinite(v) || float.IsNaN(v)));
            Assert.InRange(slot.TimeUs, Rfc3339.MinUs, Rfc3339.MaxUs);
        }
        else Assert.NotEmpty(slot.FaultDetail);
        var fault = slot.Fault;
        Slots.Decode(Encoding.UTF8.GetBytes(Slots.Valid), "m1"u8.ToArray(), slot);
        Assert.Equal((Fault.None, "", Slots.ValidUs), (slot.Fault, slot.FaultDetail, slot.TimeUs));
        Assert.Equal([0.8351f, 0.8082f, float.NaN], slot.Values);
        return fault == Fault.None ? slot : Slots.Decode(value, key, slot);
    }

    private static bool IsJson(byte[] value)
    {
        try
        {
            using var document = JsonDocument.Parse(value);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
