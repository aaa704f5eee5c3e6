using PredMaint.Core.Alerts;
using PredMaint.Core.Models;

namespace PredMaint.Core.Tests.Models;

public sealed class ModelEntryTests
{
    [Theory]
    [InlineData("*", "*", true)]
    [InlineData("press-*", "pump-*", false)]
    [InlineData("p*-1", "*p-1", true)]
    [InlineData("press-?", "press-12", false)]
    [InlineData("press-??", "press-1*", true)]
    [InlineData("*a*b*", "*b*a*", true)]
    [InlineData("a*b", "a*c", false)]
    [InlineData("", "*", true)]
    [InlineData("", "?", false)]
    [InlineData("same", "same", true)]
    public void Two_globs_overlap_where_some_machine_would_match_both(string a, string b, bool overlap)
    {
        Assert.Equal(overlap, Entry(a).Overlaps(Entry(b)));
        Assert.Equal(overlap, Entry(b).Overlaps(Entry(a)));
    }

    private static ModelEntry Entry(string machines) =>
        new(new FakeModel(FakeModel.Window(1, "s1"), row => row.Score = row.X(0, 0)), machines, new AlertPolicy { RaiseAt = 1, ClearAt = 1 });
}
