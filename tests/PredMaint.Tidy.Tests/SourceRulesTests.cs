namespace PredMaint.Tidy.Tests;

/// <summary>A rule that cannot fail holds nothing: each is shown a bad sample, and a good one at its very limit.</summary>
public sealed class SourceRulesTests
{
    [Fact]
    public void A_file_over_the_limit_is_named_with_its_length()
    {
        Assert.Empty(SourceRules.LongFiles("A.cs", Repeat("\n", SourceRules.MaxFileLines)));
        Assert.Equal("A.cs: 301 lines, at most 300 are allowed", Assert.Single(SourceRules.LongFiles("A.cs", Repeat("\n", SourceRules.MaxFileLines) + "x")));
    }

    [Theory]
    [InlineData("class C\n{\n    [Fact]\n    [Other(\"x\")]\n    void Grow()\n    {\n", "    }\n}\n", "function Grow")]
    [InlineData("class C\n{\n    public C(int x)\n    {\n", "    }\n}\n", "function C (constructor)")]
    [InlineData("class C\n{\n    void M()\n    {\n        void Inner()\n        {\n", "        } } }\n", "function Inner")]
    [InlineData("class C\n{\n    int P\n    {\n        get\n        {\n", "        }\n    }\n}\n", "function get of P")]
    [InlineData("class C\n{\n    System.Action a = () =>\n    {\n", "    };\n}\n", "function (lambda at line 3)")]
    [InlineData("// comment\nusing System;\nvar a = 1;\n{\n", "}\n", "top-level statements")]
    public void A_function_over_the_limit_is_named_with_its_length(string head, string tail, string name)
    {
        // Head and tail give the function three lines besides its body: signature, opening and closing brace.
        const int room = SourceRules.MaxFunctionLines - 3;
        Assert.DoesNotContain(SourceRules.LongFunctions("A.cs", head + Repeat("x = 1;\n", room) + tail), b => b.Contains(name, StringComparison.Ordinal));
        var breach = Assert.Single(SourceRules.LongFunctions("A.cs", head + Repeat("x = 1;\n", room + 1) + tail), b => b.Contains(name, StringComparison.Ordinal));
        Assert.StartsWith("A.cs: ", breach, StringComparison.Ordinal);
        Assert.Contains("71 lines", breach, StringComparison.Ordinal);
    }

    [Fact]
    public void An_interface_besides_the_seam_is_named()
    {
        Assert.Empty(SourceRules.Interfaces("A.cs", "public interface IModel { }"));
        Assert.Contains("interface IClock", Assert.Single(SourceRules.Interfaces("A.cs", "namespace X; class C { interface IClock { } }")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("// TO" + "DO: later")]
    [InlineData("// FIX" + "ME")]
    [InlineData("/* HA" + "CK */")]
    [InlineData("throw new NotImplemented" + "Exception();")]
    public void What_was_left_undone_is_named_with_its_line(string line)
    {
        Assert.StartsWith("A.cs: line 2: ", Assert.Single(SourceRules.Leftovers("A.cs", "\n" + line)), StringComparison.Ordinal);
        Assert.Empty(SourceRules.Leftovers("A.cs", "mastodons hacked"));
    }

    [Theory]
    [InlineData("cd /ho" + "me/ann/src")]
    [InlineData("\"/ro" + "ot/.nuget\"")]
    [InlineData("/wo" + "rk/main")]
    [InlineData("C:\\Us" + "ers\\ann")]
    public void A_path_of_one_machine_is_named_with_its_line(string line)
    {
        Assert.StartsWith("A.md: line 1: ", Assert.Single(SourceRules.MachinePaths("A.md", line)), StringComparison.Ordinal);
        Assert.Empty(SourceRules.MachinePaths("A.md", "src/work/x.cs, https://example.org/ho" + "me/page, $(Root)/wo" + "rk/x"));
    }

    private static string Repeat(string text, int times) => string.Concat(Enumerable.Repeat(text, times));
}
