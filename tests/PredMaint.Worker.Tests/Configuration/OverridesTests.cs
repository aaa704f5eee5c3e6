using PredMaint.Worker.Configuration;

namespace PredMaint.Worker.Tests.Configuration;

public sealed class OverridesTests : IDisposable
{
    private const string Minimal = ConfigurationFolder.Minimal;

    private readonly ConfigurationFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_environment_is_stronger_than_the_file_and_the_command_line_than_both()
    {
        var environment = new Dictionary<string, string> { ["PREDMAINT__THREADS"] = "3", ["PREDMAINT__BATCHMAX"] = "30" };
        var o = folder.Load(Minimal + "threads: 2\nbatchMax: 20\nreplayMax: 2000\n", ["threads=4"], environment);
        Assert.Equal((4, 30, 2000), (o.Threads, o.BatchMax, o.ReplayMax));
    }

    [Fact]
    public void A_whole_configuration_may_come_from_the_environment()
    {
        folder.Write("n.onnx", "");
        var o = folder.Load("", environment: new()
        {
            ["PREDMAINT__KAFKA__BOOTSTRAP_SERVERS"] = "broker:9092",
            ["PREDMAINT__KAFKA__SECURITY_PROTOCOL"] = "plaintext",
            ["PREDMAINT__TOPICS__READINGS"] = "r",
            ["PREDMAINT__TOPICS__ALERTS"] = "a",
            ["PREDMAINT__TOPICS__DEADLETTERS"] = "d",
            ["PREDMAINT__MODELS__1__FILE"] = "n.onnx",
            ["PREDMAINT__MODELS__0__FILE"] = "m.onnx",
            ["PREDMAINT__MODELS__0__ALERT__LEVELS__0__AT"] = "0.9",
            ["PREDMAINT__MODELS__0__ALERT__LEVELS__0__SEVERITY"] = "critical",
            ["PREDMAINT_THREADS"] = "9",
        });
        Assert.Equal(("broker:9092", "plaintext", "d", 1), (o.Kafka["bootstrap.servers"], o.Kafka["security.protocol"], o.Topics.DeadLetters, o.Threads));
        Assert.Equal(["m.onnx", "n.onnx"], o.Models.Select(m => Path.GetFileName(m.File)));
        Assert.Equal(0.9f, o.Models[0].Alert.Levels![0].At);
    }

    [Theory]
    [InlineData("models.0.alert.raiseAt=0.1")]
    [InlineData("models[0].alert.raiseAt=0.1")]
    public void A_list_takes_an_index_either_way(string set) =>
        Assert.Equal(0.1, folder.Load(Minimal, [set]).Models[0].Alert.RaiseAt);

    [Fact]
    public void What_follows_kafka_is_one_key_and_a_value_may_hold_anything()
    {
        var o = folder.Load(Minimal, ["kafka.bootstrap.servers=a:1,b:2", "kafka.sasl.password=x=y.z[0]"]);
        Assert.Equal(("a:1,b:2", "x=y.z[0]"), (o.Kafka["bootstrap.servers"], o.Kafka["sasl.password"]));
    }

    [Fact]
    public void Mistakes_name_the_variable_or_the_argument() => Assert.Equal(
    [
        "--set nonsense: must be path=value, like kafka.bootstrap.servers=localhost:9092",
        "--set models[x].file: models[x]: a list takes an index from 0 to 999 here",
        "--set topics.reading: unknown key; did you mean readings?",
        "PREDMAINT__THREADS: threads: must be a number, not \"two\"",
        "c.yaml:7:3: models[1]: must be an object, not null",
        "PREDMAINT__TREADS: treads: unknown key; did you mean threads?",
        "--set readigns.fill: readigns: unknown key; did you mean readings?",
    ], folder.Mistakes(Minimal, ["nonsense", "readigns.fill=last", "models[x].file=m.onnx", "topics.reading=r", "models[2].file=m.onnx"],
        new() { ["PREDMAINT__THREADS"] = "two", ["PREDMAINT__TREADS"] = "2" }));

    [Fact]
    public void Placeholders_take_the_environment_and_the_trimmed_content_of_files_once()
    {
        folder.Write("password", "  pa${HOME}ss\n");
        var o = folder.Load(Minimal + "group: ${PLANT}-${LINE}\n",
            ["kafka.sasl.password=${file:password}", "kafka.sasl.username=$${PLANT}"], new() { ["PLANT"] = "p7", ["LINE"] = "l1" });
        Assert.Equal(("p7-l1", "p7-l1-state", "pa${HOME}ss", "${PLANT}"), (o.Group, o.Topics.State, o.Kafka["sasl.password"], o.Kafka["sasl.username"]));
    }

    [Fact]
    public void A_placeholder_without_content_is_one_mistake_that_names_the_key() => Assert.Equal(
    [
        "c.yaml:8:10: threads: ${N} is not set in the environment (a plain ${ is written $${)",
        "--set kafka.sasl.password: ${file:none}: none does not exist",
    ], folder.Mistakes(Minimal + "threads: ${N}\n", ["kafka.sasl.password=${file:none}"]).OrderDescending());

    [Fact]
    public void A_command_that_only_speaks_to_Kafka_does_not_mind_models_that_are_not_here()
    {
        var file = folder.Write("c.yaml", Minimal.Replace("m.onnx", "${MODEL}", StringComparison.Ordinal) + "threads: 0\n");
        var (_, mistakes) = ConfigurationLoader.LoadWithoutModels(file, [], new Dictionary<string, string>());
        Assert.EndsWith("threads: is 0, allowed is 1 to 64", Assert.Single(mistakes), StringComparison.Ordinal);
        Assert.NotNull(ConfigurationLoader.LoadWithoutModels(file, ["threads=1"], new Dictionary<string, string>()).Options);
    }
}
