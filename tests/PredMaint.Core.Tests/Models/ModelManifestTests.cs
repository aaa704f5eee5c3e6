using System.Text;
using PredMaint.Core.Alerts;
using PredMaint.Core.Models;

namespace PredMaint.Core.Tests.Models;

public class ModelManifestTests
{
    /// <summary>As in contracts.md.</summary>
    private const string Example = """
        {"name":"turbofan-failure","version":"3","kind":"failure","mode":"stateful","features":["s1","s2"],
         "input":{"name":"x","layout":"TBF"},
         "states":[{"input":"h1","output":"Y1h","layout":"LBH"}],
         "outputs":{"rul":"q"},"quantiles":[0.05,0.5,0.95],"unit":"cycles",
         "steps":1,"warmup":30,"alert":{"raiseAt":30,"clearAt":35,"raiseAfter":"3/5","clearAfter":"5/5"},
         "trained":{"data":"...","seed":1,"metrics":{}}}
        """;

    private const string Window = """{"name":"n","version":"1","kind":"anomaly","mode":"window","features":["s1"],"input":{"name":"x","layout":"BTF"},"steps":5,"outputs":{"score":"s"}}""";

    [Fact]
    public void The_contracts_example_is_a_manifest()
    {
        var m = Parse(Example);
        Assert.Equal(("turbofan-failure@3", ModelKind.Failure, ModelMode.Stateful, new TensorSpec("x", "TBF"), "cycles", 1, 30),
            (m.NameAndVersion, m.Kind, m.Mode, m.Input, m.Unit, m.Steps, m.Warmup));
        Assert.Equal(["s1", "s2"], m.Features);
        Assert.Equal([new StateSpec("h1", "Y1h", "LBH")], m.States);
        Assert.Equal(new OutputNames { Rul = "q" }, m.Outputs);
        Assert.Equal([0.05, 0.5, 0.95], m.Quantiles);
        Assert.Equal((30.0, 35.0, new MOfN(3, 5), new MOfN(5, 5)), (m.Alert.RaiseAt, m.Alert.ClearAt, m.Alert.RaiseAfter, m.Alert.ClearAfter));
        Assert.Equal(1, m.Trained!["seed"]!.GetValue<int>());
        Assert.Equal((AlertingOutput.Rul, true), (m.Alerting, m.HasRul));
    }

    [Fact]
    public void What_is_not_given_has_its_default()
    {
        var m = Parse(Window);
        Assert.Equal((5, 0, "", AlertingOutput.Score, false), (m.Steps, m.Warmup, m.Unit, m.Alerting, m.HasRul));
        Assert.Null(m.Alert.RaiseAt);
    }

    [Theory]
    [InlineData("\"score\":\"a\",\"probability\":\"b\",\"forecast\":\"f\",\"spread\":\"d\"", AlertingOutput.Score)]
    [InlineData("\"probability\":\"b\",\"histogram\":\"c\"", AlertingOutput.Probability)]
    [InlineData("\"histogram\":\"c\",\"forecast\":\"f\",\"spread\":\"d\"", AlertingOutput.Histogram)]
    [InlineData("\"forecast\":\"f\",\"spread\":\"d\",\"expected\":\"e\"", AlertingOutput.Forecast)]
    public void The_first_output_present_alerts(string outputs, AlertingOutput alerting) =>
        Assert.Equal(alerting, Parse(Window.Replace("\"score\":\"s\"}", outputs + "},\"bins\":[1,2]", StringComparison.Ordinal)).Alerting);

    [Theory]
    [InlineData("\"name\":\"n\",", "", "name: is missing (a text)")]
    [InlineData("\"name\":\"n\"", "\"name\":\"a|b\"", "name: must be 1 to 100 characters without | and @")]
    [InlineData("\"version\":\"1\"", "\"version\":\"1@2\"", "version: must be 1 to 100 characters without | and @")]
    [InlineData("\"name\":\"n\"", "\"name\":\"\"", "name: must be 1 to 100 characters without | and @")]
    [InlineData("\"name\":\"n\"", "\"name\":5", "name: must be a text, not 5")]
    [InlineData("\"BTF\"", "[]", "input.layout: must be a text, not a list")]
    [InlineData("\"kind\":\"anomaly\"", "\"kind\":\"anomoly\"", "kind: is \"anomoly\", allowed is anomaly, failure, quality")]
    [InlineData("\"mode\":\"window\",", "", "mode: is missing (window, stateful)")]
    [InlineData("[\"s1\"]", "[]", "features: must not be empty")]
    [InlineData("[\"s1\"]", "\"s1\"", "features: must be a list, not \"s1\"")]
    [InlineData("[\"s1\"]", "[\"s1\",\"s2\",\"s1\"]", "features: names s1 twice")]
    [InlineData("[\"s1\"]", "[\"s1\"],\"optional\":[\"s9\"]", "optional: names s9, which is no feature")]
    [InlineData("BTF", "BTFT", "input.layout: is \"BTFT\", allowed are the letters T B F, each once at most, B among them")]
    [InlineData("BTF", "TF", "input.layout: is \"TF\", allowed are")]
    [InlineData("BTF", "BTFH", "input.layout: is \"BTFH\", allowed are")]
    [InlineData("BTF", "TB", "input.layout: lacks F, the features")]
    [InlineData("BTF", "BF", "input.layout: lacks T, but steps is 5")]
    [InlineData("\"layout\":\"BTF\"}", "\"layout\":\"BTF\",\"shape\":1}", "input.shape: unknown key; allowed: name, layout")]
    [InlineData("\"steps\":5", "\"steps\":0", "steps: is 0, allowed is 1 to 10000")]
    [InlineData("\"steps\":5", "\"steps\":5,\"warmup\":-1", "warmup: is -1, allowed is 0 to 1000000")]
    [InlineData("\"steps\":5", "\"steps\":5,\"warmpu\":1", "warmpu: unknown key; did you mean warmup?")]
    [InlineData("\"steps\":5", "\"steps\":5,\"states\":[{\"input\":\"h\",\"output\":\"g\",\"layout\":\"LBH\"}]", "states: belong to mode stateful")]
    [InlineData("\"score\":\"s\"", "", "outputs: needs one of score, probability, rul, histogram, forecast")]
    [InlineData("\"score\":\"s\"", "\"score\":\"s\",\"scores\":\"t\"", "outputs.scores: unknown key; did you mean score?")]
    [InlineData("\"score\":\"s\"", "\"rul\":\"r\"", "quantiles: must hold 0.5 where rul is an output")]
    [InlineData("\"score\":\"s\"}", "\"score\":\"s\"},\"quantiles\":[0.5,0.5]", "quantiles: must be ascending, between 0 and 1")]
    [InlineData("\"score\":\"s\"}", "\"score\":\"s\"},\"quantiles\":[0.5,1]", "quantiles: must be ascending, between 0 and 1")]
    [InlineData("\"score\":\"s\"", "\"histogram\":\"h\"", "bins: are missing")]
    [InlineData("\"score\":\"s\"}", "\"histogram\":\"h\"},\"bins\":[2,1]", "bins: must be ascending")]
    [InlineData("\"score\":\"s\"}", "\"histogram\":\"h\",\"rul\":\"r\"},\"bins\":[1,2],\"quantiles\":[0.5]", "outputs: rul and histogram exclude each other")]
    [InlineData("\"score\":\"s\"", "\"forecast\":\"f\"", "outputs.spread: is missing, a forecast is judged by its spread")]
    [InlineData("\"score\":\"s\"", "\"score\":\"s\",\"spread\":\"f\"", "outputs.spread: needs forecast")]
    [InlineData("\"score\":\"s\"", "\"probability\":\"p\",\"contribution\":\"c\"", "outputs.contribution: needs score")]
    [InlineData("\"steps\":5", "\"steps\":5,\"alert\":{\"raiseAfter\":\"3\"}", "alert.raiseAfter: is \"3\", allowed is M/N")]
    public void Every_mistake_is_named_with_what_is_allowed(string original, string replacement, string mistake) =>
        Assert.StartsWith("m.json: " + mistake, Assert.Single(Mistakes(Replace(Window, original, replacement))), StringComparison.Ordinal);

    [Theory]
    [InlineData("[{\"input\":\"h1\",\"output\":\"Y1h\",\"layout\":\"LBH\"}]", "[]", "states: are missing, mode stateful needs at least one")]
    [InlineData("\"steps\":1", "\"steps\":2", "steps: must be 1 in mode stateful")]
    [InlineData("\"input\":\"h1\"", "\"input\":\"x\"", "states: two inputs have the same name")]
    [InlineData("\"layout\":\"LBH\"}", "\"layout\":\"LBH\"},{\"input\":\"h2\",\"output\":\"Y1h\",\"layout\":\"BLH\"}", "states: two states come from the same output")]
    [InlineData("\"layout\":\"LBH\"}", "\"layout\":\"LH\"}", "states[0].layout: is \"LH\"")]
    [InlineData("\"output\":\"Y1h\",", "", "states[0].output: is missing (a text)")]
    public void Every_mistake_of_a_stateful_model_is_named(string original, string replacement, string mistake) =>
        Assert.StartsWith("m.json: " + mistake, Assert.Single(Mistakes(Replace(Example, original, replacement))), StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"name\":\"a\",\"name\":\"b\"}")]
    [InlineData("{\"name\":\"\\ud800\"}")]
    [InlineData("{\"\\ud800\":1}")]
    public void What_is_no_JSON_object_is_one_mistake(string json) =>
        Assert.StartsWith("m.json: the manifest ", Assert.Single(Mistakes(json)), StringComparison.Ordinal);

    [Fact]
    public void All_mistakes_come_at_once() =>
        Assert.Equal(3, Mistakes(Replace(Replace(Replace(Window, "BTF", "BTFX"), "\"steps\":5", "\"steps\":0"), "\"score\"", "\"scroe\"")).Count(m => !m.Contains("needs one of", StringComparison.Ordinal)));

    [Fact]
    public void There_is_a_limit_to_features()
    {
        var many = string.Join(',', Enumerable.Range(0, ModelManifest.MaxFeatures + 1).Select(i => $"\"s{i}\""));
        Assert.Equal(["m.json: features: are 1025, allowed are 1024"], Mistakes(Replace(Window, "\"s1\"", many)));
    }

    [Fact]
    public void There_is_a_limit_to_a_machines_window()
    {
        var features = string.Join(',', Enumerable.Range(0, 27).Select(i => $"\"s{i}\""));
        Assert.Equal(["m.json: steps: times features is 270000, allowed are 262144"],
            Mistakes(Replace(Replace(Window, "\"s1\"", features), "\"steps\":5", "\"steps\":10000")));
    }

    private static string Replace(string json, string original, string replacement)
    {
        Assert.Contains(original, json, StringComparison.Ordinal);
        return json.Replace(original, replacement, StringComparison.Ordinal);
    }

    private static ModelManifest Parse(string json)
    {
        var mistakes = new List<string>();
        var manifest = ModelManifest.Parse(Encoding.UTF8.GetBytes(json), "m.json", mistakes);
        Assert.Empty(mistakes);
        return manifest!;
    }

    private static List<string> Mistakes(string json)
    {
        var mistakes = new List<string>();
        Assert.Null(ModelManifest.Parse(Encoding.UTF8.GetBytes(json), "m.json", mistakes));
        return mistakes;
    }
}
