using System.Text;
using CsCheck;
using PredMaint.Core.Readings;

namespace PredMaint.Core.Tests.Readings;

public class SensorIndexTests
{
    [Fact]
    public void Sensors_that_several_models_use_are_numbered_once_in_their_first_order()
    {
        var index = new SensorIndex(["b", "a", "b", "B"]);
        Assert.Equal(["b", "a", "B"], index.Names);
        Assert.Equal(3, index.Count);
    }

    [Fact]
    public void Any_guess_finds_the_same_sensor() =>
        Gen.Select(Gen.String.Array[0, 30], Gen.String, Gen.Int[-2, 40]).Sample((names, other, guess) =>
        {
            // Only texts that UTF-8 can carry: half a surrogate pair is none.
            var index = new SensorIndex(names.Select(Utf8));
            for (var i = 0; i < index.Count; i++) Assert.Equal(i, index.Find(Encoding.UTF8.GetBytes(index.Names[i]), guess));
            Assert.Equal(index.Names.ToList().IndexOf(Utf8(other)), index.Find(Encoding.UTF8.GetBytes(other), guess));
        });

    private static string Utf8(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
