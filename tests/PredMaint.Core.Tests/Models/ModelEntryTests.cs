using PredMaint.Core.Tests.Machines;

namespace PredMaint.Core.Tests.Models;

public class ModelEntryTests
{
    [Theory]
    [InlineData("*", "anything", true)]
    [InlineData("pump-*", "pump-1", true)]
    [InlineData("pump-*", "pump-", true)]
    [InlineData("pump-*", "xpump-1", false)]
    [InlineData("pump-?", "pump-1", true)]
    [InlineData("pump-?", "pump-12", false)]
    [InlineData("pump-?", "pump-", false)]
    [InlineData("PUMP-*", "pump-1", false)]
    [InlineData("*.a*", "x.abc", true)]
    [InlineData("pump", "pump", true)]
    [InlineData("[ab]", "a", false)]
    public void A_glob_knows_star_and_question_mark_and_minds_the_case(string glob, string machine, bool matches) =>
        Assert.Equal(matches, TestLine.Entry(new FakeModel(FakeModel.Window(1, "s1"), _ => { }), machines: glob).Matches(machine));
}
