using PredMaint.Core.Alerts;
using PredMaint.Core.Readings;
using PredMaint.Onnx;
using PredMaint.Worker.Configuration;

namespace PredMaint.Worker.Tests.Configuration;

public sealed class ConfigurationLoaderTests : IDisposable
{
    private const string Minimal = ConfigurationFolder.Minimal;

    private readonly ConfigurationFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Four_keys_are_enough_and_the_rest_has_the_defaults_of_the_contract()
    {
        var o = folder.Load(Minimal, environment: new() { ["HOSTNAME"] = "worker-0" });
        Assert.Equal(("predmaint", "worker-0", StartAt.Latest, 1, 512), (o.Group, o.Instance, o.StartAt, o.Threads, o.BatchMax));
        Assert.Equal((TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), 300_000, TimeSpan.FromDays(30)),
            (o.CommitInterval, o.SnapshotInterval, o.ReplayMax, o.MachineTtl));
        Assert.Equal(new TopicNames
        {
            Readings = "readings", Alerts = "alerts", State = "predmaint-state", Commands = "predmaint-commands",
            DeadLetters = "predmaint-dead-letters", Health = "predmaint-health",
        }, o.Topics);
        Assert.Equal(new ReadingSettings(), o.Readings);
        var model = Assert.Single(o.Models);
        Assert.Equal((Path.Combine(folder.Path, "m.onnx"), "*", new DeviceOptions(), "", "", new AlertPolicyKeys()),
            (model.File, model.Machines, model.Device, model.Sha256, model.Replaces, model.Alert));
    }

    [Fact]
    public void Every_key_is_read()
    {
        var o = folder.Load("""
            group: plant7
            instance: w1
            kafka: { bootstrap.servers: "a:1,b:2", linger.ms: 3 }
            topics: { readings: r, alerts: a, state: s, commands: c, deadLetters: d, health: h }
            startAt: earliest
            threads: 4
            batchMax: 64
            commitInterval: 250ms
            snapshotInterval: 1m
            replayMax: 5000
            machineTtl: 2d
            readings: { format: json, maxBytes: 1024, maxSensors: 9, lateness: 2s, maxGap: 1m, maxAhead: 1h, every: 1s, fill: none }
            models:
              - file: m.onnx
                machines: line1-*
                device: cuda
                cuda: { deviceId: 1, memoryLimit: 2000000000, arena: sameAsRequested }
                sha256: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
                replaces: turbofan@2
                alert: { raiseAt: 0.5, clearAt: 0.4, raiseAfter: 3/5, clearAfter: 5/5, severity: info, levels: [{ at: 0.9, severity: critical }] }
            """);
        Assert.Equal(("plant7", "w1", StartAt.Earliest, 4, 64), (o.Group, o.Instance, o.StartAt, o.Threads, o.BatchMax));
        Assert.Equal(("a:1,b:2", "3"), (o.Kafka["bootstrap.servers"], o.Kafka["linger.ms"]));
        Assert.Equal(new TopicNames { Readings = "r", Alerts = "a", State = "s", Commands = "c", DeadLetters = "d", Health = "h" }, o.Topics);
        Assert.Equal((TimeSpan.FromMilliseconds(250), TimeSpan.FromMinutes(1), 5000, TimeSpan.FromDays(2)),
            (o.CommitInterval, o.SnapshotInterval, o.ReplayMax, o.MachineTtl));
        Assert.Equal(new ReadingSettings
        {
            MaxBytes = 1024, MaxSensors = 9, Lateness = TimeSpan.FromSeconds(2), MaxGap = TimeSpan.FromMinutes(1),
            MaxAhead = TimeSpan.FromHours(1), Every = TimeSpan.FromSeconds(1), Fill = Fill.None,
        }, o.Readings);
        var m = o.Models[0];
        Assert.Equal(new DeviceOptions { Device = Device.Cuda, CudaDevice = 1, CudaMemoryLimitBytes = 2_000_000_000, CudaArenaGrowth = ArenaGrowth.SameAsRequested }, m.Device);
        Assert.Equal(("line1-*", new string('a', 64), "turbofan@2"), (m.Machines, m.Sha256, m.Replaces));
        Assert.Equal((0.5, 0.4, new MOfN(3, 5), new MOfN(5, 5), Severity.Info),
            (m.Alert.RaiseAt!.Value, m.Alert.ClearAt!.Value, m.Alert.RaiseAfter!.Value, m.Alert.ClearAfter!.Value, m.Alert.Severity!.Value));
        Assert.Equal([new SeverityLevel(0.9f, Severity.Critical)], m.Alert.Levels!);
    }

    [Fact]
    public void All_mistakes_come_at_once_each_with_its_place()
    {
        var mistakes = folder.Mistakes("""
            grup: x
            instance: "a b"
            kafka:
              bootstrap.servers: localhost:9092
            topics:
              readings: r
              alerts: r
              state: no/slash
            startAt: now
            threads: 65
            batchMax: many
            commitInterval: 5ms
            machineTtl: 1h
            readings:
              format: avro
              lateness: 10m
              maxGap: 10m
              every: 100ms
              fill: zero
            models:
              - file: missing.onnx
                machines: ""
                device: gpu
                sha256: abc
                replaces: turbofan
                alert: { raiseAfter: 5/3, levels: [{ at: x, severity: bad }] }
              - file: m.onnx
                alarm: {}
            """);
        Assert.Equal(
        [
            "c.yaml:1:1: grup: unknown key; did you mean group?",
            "c.yaml:2:11: instance: is \"a b\", allowed are 1 to 249 letters, digits, dots, underscores and hyphens",
            "c.yaml:7:11: topics.alerts: is r, the topic of readings; each needs its own",
            "c.yaml:8:10: topics.state: is \"no/slash\", allowed are 1 to 249 letters, digits, dots, underscores and hyphens",
            "c.yaml:9:10: startAt: is \"now\", allowed is earliest, latest",
            "c.yaml:10:10: threads: is 65, allowed is 1 to 64",
            "c.yaml:11:11: batchMax: must be a number, not \"many\"",
            "c.yaml:12:17: commitInterval: is 5ms, allowed is 10ms to 1m",
            "c.yaml:15:11: readings.format: is avro, which is not supported yet; allowed is json",
            "c.yaml:16:13: readings.lateness: is 10m, must be less than maxGap (10m), else every gap would be waited for",
            "c.yaml:18:10: readings.every: fits 6000 times into maxGap (00:10:00), allowed are 3600 (so many steps a machine may take at once)",
            "c.yaml:19:9: readings.fill: is \"zero\", allowed is last, none",
            "c.yaml:21:11: models[0].file: missing.onnx does not exist",
            "c.yaml:22:15: models[0].machines: must be a glob over machine ids of 1 to 249 characters, like * or line1-*",
            "c.yaml:23:13: models[0].device: is \"gpu\", allowed is auto, cpu, cuda",
            "c.yaml:24:13: models[0].sha256: must be 64 hexadecimal digits, as sha256sum prints them",
            "c.yaml:25:15: models[0].replaces: is \"turbofan\", must be name@version of a model",
            "c.yaml:26:26: models[0].alert.raiseAfter: is \"5/3\", allowed is M/N with 1 <= M <= N <= 64, like 3/5",
            "c.yaml:26:46: models[0].alert.levels[0].at: must be a number, not \"x\"",
            "c.yaml:26:59: models[0].alert.levels[0].severity: is \"bad\", allowed is info, warning, critical",
            "c.yaml:28:5: models[1].alarm: unknown key; did you mean alert?",
        ], mistakes.Order(LineOrder));
    }

    [Fact]
    public void An_empty_file_lacks_the_four_keys_that_must_be_given() => Assert.Equal(
    [
        "c.yaml: kafka: is missing (an object)",
        "c.yaml: topics: is missing (an object)",
        "c.yaml: topics.readings: is missing (a text)",
        "c.yaml: topics.alerts: is missing (a text)",
        "c.yaml: models: is missing (a list)",
    ], folder.Mistakes("# nothing yet\n"));

    [Theory]
    [InlineData("a: 1\na: 2\n", "c.yaml:2:1: Duplicate key a")]
    [InlineData("a:\n  b: [1, 2\nc: 3\n", "c.yaml:2:8: what follows is not YAML; is a bracket, brace or quote before it not closed?")]
    [InlineData("a: &a [*a]\n", "c.yaml:1:")]
    [InlineData("- a\n", "c.yaml: must hold keys and values at its top")]
    [InlineData("a: 1\n---\nb: 2\n", "c.yaml: holds 2 YAML documents, allowed is one")]
    [InlineData("? [a, b]\n: 1\n", "c.yaml:1:3: a key must be a plain text")]
    public void What_is_not_a_configuration_is_one_mistake_with_its_line(string yaml, string mistake) =>
        Assert.StartsWith(mistake, Assert.Single(folder.Mistakes(yaml)), StringComparison.Ordinal);

    [Fact]
    public void Aliases_that_unfold_without_end_are_refused()
    {
        var yaml = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range(1, 9)
            .Select(i => $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 9))}]\n"));
        Assert.Contains("unfolds too far", Assert.Single(folder.Mistakes(yaml)), StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_the_file_holds_the_answer_is_a_list_of_mistakes_never_an_exception()
    {
        const string bits = "{}[]:,\"'&*!|>%@`#?- \n\t\0x$";
        var random = new Random(1);
        for (var round = 0; round < 1000; round++)
        {
            // Without kafka, no client is made a thousand times.
            var text = Minimal[Minimal.IndexOf("topics", StringComparison.Ordinal)..].ToCharArray().ToList();
            for (var change = random.Next(1, 6); change > 0; change--)
            {
                var at = random.Next(text.Count);
                if (random.Next(3) == 0) text.RemoveAt(at);
                else text.Insert(at, bits[random.Next(bits.Length)]);
            }
            var file = folder.Write("c.yaml", string.Concat(text));
            var (_, mistakes) = ConfigurationLoader.LoadWithoutModels(file, [], new Dictionary<string, string>());
            Assert.NotEmpty(mistakes);
        }
    }

    [Fact]
    public void A_missing_file_is_a_mistake()
    {
        var (options, mistakes) = ConfigurationLoader.Load("/nowhere/c.yaml", [], new Dictionary<string, string>());
        Assert.Null(options);
        Assert.StartsWith("/nowhere/c.yaml: cannot be read: ", Assert.Single(mistakes), StringComparison.Ordinal);
    }

    [Fact]
    public void JSON_is_read_too_with_tabs()
    {
        var o = folder.Load("{\n\t\"kafka\": {\"bootstrap.servers\": \"h:1\"},\n\t\"topics\": {\"readings\": \"r\", \"alerts\": \"a\"},\n\t\"threads\": 2,\n\t\"models\": [{\"file\": \"m.onnx\"}]\n}\n");
        Assert.Equal((2, "h:1"), (o.Threads, o.Kafka["bootstrap.servers"]));
    }

    private static readonly Comparer<string> LineOrder = Comparer<string>.Create((a, b) => Place(a).CompareTo(Place(b)));

    private static (int Line, int Column) Place(string mistake) =>
        mistake.Split(':') is [_, var line, var column, ..] && int.TryParse(line, out var l) && int.TryParse(column, out var c) ? (l, c) : (0, 0);
}
