using System.Text.Json.Nodes;
using PredMaint.Core.Readings;
using PredMaint.Core.Settings;

namespace PredMaint.Core.Tests.Settings;

public class FieldsTests
{
    private readonly List<string> mistakes = [];

    [Fact]
    public void Absent_and_null_keys_have_their_fallback_or_are_missing()
    {
        var fields = Read("""{"a":null}""");
        Assert.Equal(("x", 1.5, 2, Fill.None), (fields.Text("a", "x"), fields.Number("b", 1.5), fields.Integer("c", 2, 0, 9), fields.OneOf<Fill>("d", Fill.None)));
        Assert.Empty(mistakes);
        fields.Text("a");
        fields.Number("b");
        fields.OneOf<Fill>("d", null);
        fields.Texts("e", required: true);
        fields.Object("f", required: true);
        Assert.Equal(["p.a: is missing (a text)", "p.b: is missing (a number)", "p.d: is missing (last, none)", "p.e: is missing (a list)", "p.f: is missing (an object)"], mistakes);
    }

    [Fact]
    public void A_value_of_the_wrong_type_says_what_it_is_and_what_is_allowed()
    {
        var fields = Read("""{"a":1,"b":"x","c":[],"d":{},"e":["x",1],"f":[1,"x",null],"g":true,"h":"Last","i":1e999}""");
        fields.Text("a");
        fields.Number("b");
        fields.Text("c");
        fields.Number("d");
        Assert.Equal(["x"], fields.Texts("e"));
        Assert.Equal([1.0], fields.Numbers("f"));
        fields.Object("g");
        fields.OneOf<Fill>("h", null);
        fields.Number("i");
        Assert.Equal(["p.a: must be a text, not 1", "p.b: must be a number, not \"x\"", "p.c: must be a text, not a list", "p.d: must be a number, not an object",
            "p.e: must hold texts, not 1", "p.f: must hold numbers, not \"x\"", "p.f: must hold numbers, not null", "p.g: must be an object, not true",
            "p.h: is \"Last\", allowed is last, none", "p.i: must be a number, not 1e999"], mistakes);
    }

    [Theory]
    [InlineData("-1", "p.a: is -1, allowed is 0 to 9")]
    [InlineData("10", "p.a: is 10, allowed is 0 to 9")]
    [InlineData("1e300", "p.a: is 1E+300, allowed is 0 to 9")]
    [InlineData("2.5", "p.a: must be a whole number, not 2.5")]
    public void A_number_out_of_range_says_the_range(string number, string mistake)
    {
        Read($$"""{"a":{{number}}}""").Integer("a", null, 0, 9);
        Assert.Equal([mistake], mistakes);
    }

    [Fact]
    public void Where_scalars_are_texts_they_are_read_as_what_is_asked_for()
    {
        var fields = new Fields(JsonNode.Parse("""{"a":"3","b":"1e-3","c":["1","2.5"],"d":7,"e":[true]}""")!.AsObject(), "", mistakes, textual: true);
        Assert.Equal((3, 0.001, "7"), (fields.Integer("a", null, 0, 9), fields.Number("b"), fields.Text("d")));
        Assert.Equal([1, 2.5], fields.Numbers("c"));
        Assert.Equal(["true"], fields.Texts("e"));
        Assert.Empty(mistakes);
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    [InlineData("7us", 7)]
    [InlineData("500ms", 500_000)]
    [InlineData("1.5s", 1_500_000)]
    [InlineData("10m", 600_000_000)]
    [InlineData("1h", 3_600_000_000)]
    [InlineData("30d", 2_592_000_000_000)]
    public void A_duration_is_a_number_and_a_unit(string text, long us)
    {
        Assert.True(Fields.TryDuration(text, out var span));
        Assert.Equal(TimeSpan.FromMicroseconds(us), span);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("5")]
    [InlineData("-5s")]
    [InlineData("5 s")]
    [InlineData("5S")]
    [InlineData("5w")]
    [InlineData("1.2.3s")]
    [InlineData(".s")]
    [InlineData("1e3s")]
    [InlineData("99999999999d")]
    public void What_is_no_duration_is_refused(string text) => Assert.False(Fields.TryDuration(text, out _));

    [Fact]
    public void A_duration_out_of_range_says_the_range_in_its_own_units()
    {
        var fields = Read("""{"a":"2h","b":"x","c":5}""");
        fields.Duration("a", default, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.FromSeconds(3), fields.Duration("b", TimeSpan.FromSeconds(3), default, TimeSpan.MaxValue));
        fields.Duration("c", default, default, TimeSpan.MaxValue);
        Assert.Equal(["p.a: is 2h, allowed is 1s to 1h", "p.b: must be a length of time like 500ms, 10s, 5m, 1h or 30d, not \"x\"",
            "p.c: must be a length of time like 500ms, 10s, 5m, 1h or 30d, not 5"], mistakes);
    }

    [Fact]
    public void Unknown_keys_are_mistakes_with_the_nearest_known_key_as_a_hint()
    {
        var fields = Read("""{"raiseat":1,"raiseAt":1,"zebra":1,"in":{"layuot":""}}""");
        fields.Number("raiseAt");
        fields.Has("clearAt");
        var inner = fields.Object("in");
        inner.Has("layout");
        inner.Done();
        fields.Done();
        Assert.Equal(["p.in.layuot: unknown key; did you mean layout?", "p.raiseat: unknown key; did you mean raiseAt?", "p.zebra: unknown key; allowed: raiseAt, clearAt, in"], mistakes);
    }

    [Fact]
    public void Items_of_a_list_are_named_by_their_place()
    {
        foreach (var item in Read("""{"list":[{"a":1},7,{"b":1}]}""").Objects("list"))
        {
            item.Number("a");
            item.Done();
        }
        Assert.Equal(["p.list[1]: must be an object, not 7", "p.list[2].a: is missing (a number)", "p.list[2].b: unknown key; did you mean a?"], mistakes);
    }

    private Fields Read(string json) => new(JsonNode.Parse(json)!.AsObject(), "p", mistakes, textual: false);
}
