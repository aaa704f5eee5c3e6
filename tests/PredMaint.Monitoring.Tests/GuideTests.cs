using System.Text.RegularExpressions;
using PredMaint.Testing;
using PredMaint.Worker.Telemetry;

namespace PredMaint.Monitoring.Tests;

/// <summary>What the guides name is there.</summary>
public sealed partial class GuideTests
{
    /// <summary>Settings of brokers and topics, which no client takes.</summary>
    private static readonly HashSet<string> OfBrokers =
    [
        "min.insync.replicas", "min.cleanable.dirty.ratio", "max.compaction.lag.ms", "message.timestamp.type", "group.consumer.heartbeat.interval.ms",
    ];

    /// <summary>Columns of `state inspect`, and other programs' names.</summary>
    private static readonly HashSet<string> OfOthers = ["bytesRead", "replayFrom", "maxReplicaCount", "subPath", "runAsUser", "runAsGroup", "fsGroup", "exemplarTraceIdDestinations"];

    /// <summary>Attributes of spans and metrics.</summary>
    private static readonly HashSet<string> OfTelemetry =
        [.. typeof(Semantics).GetFields().Where(f => f.IsLiteral).Select(f => (string)f.GetRawConstantValue()!), .. Semantics.Metrics.Select(m => m.Name)];

    public static TheoryData<string> Guides => [.. Guide.Paths];

    [Fact]
    public async Task Every_command_exists_with_its_options()
    {
        var commands = Guide.Paths.SelectMany(p => Guide.Of(p).Commands).ToList();
        Assert.Contains(("state reset", "--partition"), commands.SelectMany(c => c.Options.Select(o => (c.Words, o))));
        Assert.True(commands.Select(c => c.Words).Distinct(StringComparer.Ordinal).Count() >= 13);
        foreach (var command in commands.GroupBy(c => c.Words, StringComparer.Ordinal))
        {
            await using var help = RunningProgram.Start("predmaint", [.. command.Key.Split(' '), "--help"]);
            Assert.True(await help.ExitAsync() == 0, $"{command.Key}: {help.Errors}");
            // The help of what does not exist is that of what is above it.
            Assert.Contains($"predmaint {command.Key} ", help.Output, StringComparison.Ordinal);
            Assert.All(command.SelectMany(c => c.Options).Where(o => o != "--help"), o => Assert.Contains($"{o} ", help.Output, StringComparison.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(Guides))]
    public void Every_link_leads_somewhere(string path)
    {
        var guide = Guide.Of(path);
        Assert.All(guide.Links, link =>
        {
            var (to, anchor) = link.Split('#') is [var file, var title] ? (file, title) : (link, "");
            var target = to.Length == 0 ? Path.Combine(Repository.Root, path) : Path.Combine(Repository.Root, Path.GetDirectoryName(path)!, to);
            Assert.True(Path.Exists(target), link);
            if (anchor.Length > 0) Assert.Contains(anchor, Guide.Of(target).Anchors);
        });
    }

    [Theory]
    [MemberData(nameof(Guides))]
    public void Every_file_and_target_is_there(string path)
    {
        var guide = Guide.Of(path);
        Assert.NotEmpty(guide.Files);
        Assert.All(guide.Files, f => Assert.True(Path.Exists(Path.Combine(Repository.Root, f)), f));
        var makefile = File.ReadAllText(Path.Combine(Repository.Root, "Makefile"));
        Assert.All(guide.Targets, t => Assert.Contains($"\n{t}:", makefile, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Guides))]
    public void Every_metric_exists(string path) => Assert.All(Guide.Of(path).Metrics, m => Assert.Contains(m, GeneratedTests.Known));

    [Theory]
    [MemberData(nameof(Guides))]
    public void Every_key_of_a_configuration_exists(string path)
    {
        var guide = Guide.Of(path);
        Assert.All(guide.Words, w => Assert.True(IsKnown(w), w));
        Assert.All(guide.Blocks("yaml").SelectMany(ConfigurationKeys.In), p => Assert.True(ConfigurationKeys.Has(p), p));
    }

    /// <summary>Otherwise the test above would say nothing.</summary>
    [Theory]
    [InlineData("kafka.session.timeout.ms", true)]
    [InlineData("kafka.session.timeout.s", false)]
    [InlineData("sasl.mechanisme", false)]
    [InlineData("readings.lateness: 5s", true)]
    [InlineData("readings.latency: 5s", false)]
    [InlineData("{topics.deadLetters}", true)]
    [InlineData("{topics.deadletters}", false)]
    [InlineData("snapshotEvery", false)]
    [InlineData("telemetry.listen: \"*:9464\"", true)]
    public void A_key_that_does_not_exist_is_found(string word, bool isKnown) => Assert.Equal(isKnown, IsKnown(word));

    [Fact]
    public void A_key_that_does_not_exist_is_found_in_yaml_too()
    {
        var paths = ConfigurationKeys.In("kafka:\n  bootstrap.servers: a:9092\n  bootstrap.server: a\nmodels:\n  - file: x\n    machine: y\n");
        Assert.Equal(["kafka.bootstrap.server", "models.machine"], paths.Where(p => !ConfigurationKeys.Has(p)));
    }

    /// <summary>Words of other shapes are no keys.</summary>
    private static bool IsKnown(string word)
    {
        var key = word.Trim('{', '}').Split(": ")[0].Split('=')[0];
        if (OfPath().IsMatch(key)) return ConfigurationKeys.Has(key);
        if (Dotted().IsMatch(key) && !FileName().IsMatch(key)) return OfBrokers.Contains(key) || OfTelemetry.Contains(key) || key.Split('.').All(ConfigurationKeys.Words.Contains) || ConfigurationKeys.IsKafkas(key);
        return !Camel().IsMatch(key) || ConfigurationKeys.Words.Contains(key) || OfOthers.Contains(key);
    }

    [GeneratedRegex("""^(kafka|topics|readings|telemetry|models)(\.[A-Za-z][A-Za-z0-9]*)+$""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OfPath();

    [GeneratedRegex("""^[a-z]+(\.[a-z_]+)+$""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Dotted();

    [GeneratedRegex("""\.(yaml|json|onnx|md|cs|sh|props)$""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FileName();

    [GeneratedRegex("""^[a-z]+[A-Z]\w*$""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Camel();
}
