using System.Text.Json.Nodes;
using PredMaint.Core.Alerts;
using PredMaint.Core.Settings;

namespace PredMaint.Core.Tests.Alerts;

public class AlertPolicyTests
{
    [Fact]
    public void ClearAt_is_raiseAt_where_it_is_not_given_and_all_else_has_its_default()
    {
        var policy = Build("""{"raiseAt":0.8}""");
        Assert.Equal((0.8f, 0.8f, MOfN.One, MOfN.One, Severity.Warning, false), (policy.RaiseAt, policy.ClearAt, policy.RaiseAfter, policy.ClearAfter, policy.Severity, policy.RaiseBelow));
        Assert.Empty(policy.Levels);
    }

    [Fact]
    public void The_configuration_overrides_the_manifest_key_by_key()
    {
        var manifest = Read("""{"raiseAt":30,"clearAt":35,"raiseAfter":"3/5","severity":"info","levels":[{"at":10,"severity":"critical"}]}""");
        var policy = Read("""{"raiseAt":20,"clearAfter":"2/2","levels":[]}""").Over(manifest).Build(raiseBelow: true, "alert", [])!;
        Assert.Equal((20f, 35f, new MOfN(3, 5), new MOfN(2, 2), Severity.Info), (policy.RaiseAt, policy.ClearAt, policy.RaiseAfter, policy.ClearAfter, policy.Severity));
        Assert.Empty(policy.Levels);
    }

    [Fact]
    public void A_level_may_lie_at_raiseAt_itself_whatever_its_binary_fraction() =>
        Assert.Single(Build("""{"raiseAt":0.7,"levels":[{"at":0.7,"severity":"critical"}]}""").Levels);

    [Theory]
    [InlineData("""{}""", false, "alert.raiseAt: is missing")]
    [InlineData("""{"raiseAt":0.5,"clearAt":0.6}""", false, "alert.clearAt: is 0.6, must be at or below raiseAt (0.5)")]
    [InlineData("""{"raiseAt":0.5,"clearAt":0.4}""", true, "alert.clearAt: is 0.4, must be at or above raiseAt (0.5)")]
    [InlineData("""{"raiseAt":0.5,"levels":[{"at":0.4,"severity":"info"}]}""", false, "alert.levels: 0.4 is never reached before raiseAt (0.5)")]
    [InlineData("""{"raiseAt":0.5,"levels":[{"at":0.6,"severity":"info"}]}""", true, "alert.levels: 0.6 is never reached before raiseAt (0.5)")]
    [InlineData("""{"raiseAt":0.5,"levels":[{"at":0.6,"severity":"info"}]}""", false, "alert.levels: at 0.6 an alert that is warning would become info, though its score is worse")]
    [InlineData("""{"raiseAt":30,"severity":"info","levels":[{"at":10,"severity":"warning"},{"at":20,"severity":"critical"}]}""", true, "alert.levels: at 10 an alert that is critical would become warning, though its score is worse")]
    public void What_contradicts_itself_is_named(string json, bool raiseBelow, string mistake)
    {
        var mistakes = new List<string>();
        Assert.Null(Read(json).Build(raiseBelow, "alert", mistakes));
        Assert.StartsWith(mistake, Assert.Single(mistakes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"raiseAfter":"0/1"}""", "raiseAfter: is \"0/1\", allowed is M/N with 1 <= M <= N <= 64")]
    [InlineData("""{"clearAfter":"3/2"}""", "clearAfter: is \"3/2\"")]
    [InlineData("""{"clearAfter":"1/65"}""", "clearAfter: is \"1/65\"")]
    [InlineData("""{"clearAfter":"1"}""", "clearAfter: is \"1\"")]
    [InlineData("""{"clearAfter":3}""", "clearAfter: must be a text, not 3")]
    [InlineData("""{"severity":"bad"}""", "severity: is \"bad\", allowed is info, warning, critical")]
    [InlineData("""{"raiseAt":"high"}""", "raiseAt: must be a number, not \"high\"")]
    [InlineData("""{"raiseAt":1e300}""", "raiseAt: is 1E+300, allowed is ")]
    [InlineData("""{"clearAt":-1e39}""", "clearAt: is -1E+39, allowed is ")]
    [InlineData("""{"levels":[{"severity":"info"}]}""", "levels[0].at: is missing")]
    [InlineData("""{"levels":[{"at":1e39,"severity":"info"}]}""", "levels[0].at: is 1E+39, allowed is ")]
    [InlineData("""{"levels":[{"at":1}]}""", "levels[0].severity: is missing (info, warning, critical)")]
    [InlineData("""{"levels":{"at":1}}""", "levels: must be a list, not an object")]
    [InlineData("""{"raiseAtt":1}""", "raiseAtt: unknown key; did you mean raiseAt?")]
    public void Every_mistake_names_its_key_and_what_is_allowed(string json, string mistake)
    {
        var mistakes = new List<string>();
        Read(json, mistakes);
        Assert.StartsWith(mistake, Assert.Single(mistakes), StringComparison.Ordinal);
    }

    private static AlertPolicy Build(string json)
    {
        var mistakes = new List<string>();
        var policy = Read(json).Build(raiseBelow: false, "alert", mistakes);
        Assert.Empty(mistakes);
        return policy!;
    }

    private static AlertPolicyKeys Read(string json)
    {
        var mistakes = new List<string>();
        var keys = Read(json, mistakes);
        Assert.Empty(mistakes);
        return keys;
    }

    private static AlertPolicyKeys Read(string json, List<string> mistakes) =>
        AlertPolicyKeys.Read(new Fields(JsonNode.Parse(json)!.AsObject(), "", mistakes, textual: false));
}
