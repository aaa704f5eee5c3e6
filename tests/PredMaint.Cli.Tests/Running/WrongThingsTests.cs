using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using PredMaint.Testing;

namespace PredMaint.Cli.Tests.Running;

/// <summary>What is wrong ends <c>run</c> with 2 before anything has begun, every mistake named.</summary>
public sealed class WrongThingsTests(KafkaFixture kafka)
{
    /// <summary>Nothing listens there.</summary>
    private static readonly KafkaBroker Nobody = new("127.0.0.1:1");

    public static TheoryData<string[], string[]> Mistakes => new()
    {
        { ["threads=0", "batchMax=x", "startAt=now", "kafka.acks=7"], ["threads: ", "batchMax: ", "startAt: ", "kafka.acks: "] },
        { ["models.0.file=nowhere.onnx"], ["models[0].file: ", "nowhere.onnx does not exist"] },
        { [$"models.0.sha256={new string('0', 64)}"], ["models[0]: ", "sha256"] },
        { ["models.0.device=cuda"], ["models[0]: ", "cuda"] },
        { ["treads=2"], ["treads: ", "threads"] },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task Mistakes_end_with_2_before_a_broker_is_asked(string[] settings, string[] named)
    {
        using var job = new Job(Nobody);
        await using var worker = job.Run(settings);
        await AssertWrongAsync(worker, named);
        Assert.True(worker.Errors.Split('\n').Length <= settings.Length, worker.Errors);
    }

    [Fact]
    public async Task A_manifest_that_does_not_fit_its_model_says_what_differs()
    {
        using var job = new Job(Nobody);
        File.Copy(Job.Model("stateful"), job.PathOf("m.onnx"));
        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(Path.ChangeExtension(Job.Model("stateful"), "json")))!;
        manifest["features"]!.AsArray().RemoveAt(0);
        manifest["states"]![0]!["input"] = "h9";
        await File.WriteAllTextAsync(job.PathOf("m.json"), manifest.ToJsonString());

        await using var worker = job.Run("models.0.file=m.onnx");
        await AssertWrongAsync(worker, "models[0]: ", "h9", "13");
    }

    [Fact]
    public async Task An_unknown_flag_is_wrong_usage()
    {
        using var job = new Job(Nobody);
        await using var worker = job.Start("run", "--threads", "2");
        await AssertWrongAsync(worker, "--threads", "predmaint run --help");
    }

    [Fact]
    [Trait("needs", "kafka")]
    public async Task Missing_topics_are_all_named_with_the_command_that_makes_them()
    {
        using var job = new Job(await kafka.RequireAsync());
        await using var worker = job.Run();
        await AssertWrongAsync(worker, $"topics.readings: {job.Readings}", $"topics.alerts: {job.Alerts}", $"topics.deadLetters: {job.DeadLetters}", "predmaint topics create --config");
        Assert.DoesNotContain("thread(s) read", worker.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_does_not_come_is_not_blamed_on_the_brokers_alone()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var job = new Job(Nobody);
        var (code, said) = await job.EndAsync(
            "alerts", "list", "--set", "kafka.security.protocol=sasl_plaintext", "--set", "kafka.sasl.mechanism=OAUTHBEARER", "--set", "kafka.sasl.oauthbearer.method=oidc",
            "--set", $"kafka.sasl.oauthbearer.token.endpoint.url=http://{silent.LocalEndpoint}/token", "--set", "kafka.sasl.oauthbearer.client.id=me", "--set", "kafka.sasl.oauthbearer.client.secret=mine");
        Assert.Equal(1, code);
        Assert.StartsWith(
            $"predmaint: kafka.bootstrap.servers, kafka.sasl.oauthbearer.token.endpoint.url: no broker of 127.0.0.1:1 answers, or no token comes from http://{silent.LocalEndpoint}/token, within 15 s", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_no_broker_answers_it_keeps_trying_and_when_asked_to_end_says_that_none_did()
    {
        using var job = new Job(Nobody);
        await using var worker = job.Run();
        await worker.LineAsync("no broker of 127.0.0.1:1 answers");
        Assert.False(worker.HasExited);
        worker.Terminate();
        Assert.Equal(1, await worker.ExitAsync(TimeSpan.FromSeconds(10)));
        Assert.Contains("no broker of 127.0.0.1:1 answers", worker.Errors, StringComparison.Ordinal);
    }

    private static async Task AssertWrongAsync(RunningProgram worker, params string[] named)
    {
        Assert.Equal(2, await worker.ExitAsync());
        Assert.All(named, n => Assert.Contains(n, worker.Errors, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", worker.Errors, StringComparison.Ordinal);
    }
}
