using System.Net;
using System.Net.Sockets;
using System.Reflection.PortableExecutable;
using PredMaint.Testing;

namespace PredMaint.Deploy.Tests.Images;

/// <summary>The files of the image, started as the image starts them: a read-only root, another user, no shell.</summary>
public sealed class LayoutTests(ImageFiles image)
{
    private static readonly Dictionary<string, string> NoVariables = [];

    [Fact]
    public async Task Every_assembly_is_compiled_before_it_is_shipped()
    {
        var assemblies = Directory.GetFiles(await image.FolderAsync(), "*.dll");
        Assert.Contains(assemblies, a => Path.GetFileName(a) == "predmaint.dll");
        Assert.All(assemblies, IsReadyToRun);
    }

    [Fact]
    public async Task The_program_starts_and_says_what_it_can()
    {
        using var root = await ImageRoot.OfAsync(image);
        var (code, output, errors) = await root.RunAsync(NoVariables, "demo", "--help");
        Assert.True(code == 0, errors);
        Assert.Contains("turbofan engines", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_shipped_model_warns_of_an_engine_that_wears_out()
    {
        using var root = await ImageRoot.OfAsync(image);
        root.Write("/etc/predmaint/worker.yaml", """
            kafka: { bootstrap.servers: "nobody:9092" }
            topics: { readings: readings, alerts: alerts }
            models:
              - file: /app/models/turbofan/anomaly.onnx
            """);
        root.Write("/data/engine.csv", Engine(34));
        var (code, output, errors) = await root.RunAsync(NoVariables, "backtest", "--config", "/etc/predmaint/worker.yaml", "--input", "/data/engine.csv");
        Assert.True(code == 0, errors);
        Assert.Contains("\"predmaint.alert.raised\"", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/app/alerts.jsonl")]
    [InlineData("/alerts.jsonl")]
    public async Task Nothing_can_be_written_but_to_the_temporary_folder(string file)
    {
        using var root = await ImageRoot.OfAsync(image);
        root.Write("/worker.yaml", """
            kafka: { bootstrap.servers: "nobody:9092" }
            topics: { readings: readings, alerts: alerts }
            models: [{ file: /app/models/turbofan/anomaly.onnx }]
            """);
        root.Write("/engine.csv", Engine(34));
        var (code, _, errors) = await root.RunAsync(NoVariables, "backtest", "--config", "/worker.yaml", "--input", "/engine.csv", "--output", file);
        Assert.NotEqual(0, code);
        Assert.Contains(file, errors, StringComparison.Ordinal);
        var (written, _, why) = await root.RunAsync(NoVariables, "backtest", "--config", "/worker.yaml", "--input", "/engine.csv", "--output", "/tmp/alerts.jsonl");
        Assert.True(written == 0, why);
    }

    [Fact]
    public async Task The_probes_are_answered_where_no_broker_is_and_a_signal_ends_the_worker_in_time()
    {
        using var root = await ImageRoot.OfAsync(image);
        root.Write("/worker.yaml", """
            kafka: { bootstrap.servers: "127.0.0.1:1" }
            topics: { readings: readings, alerts: alerts }
            models: [{ file: /app/models/turbofan/anomaly.onnx }]
            """);
        await using var worker = root.Start(new Dictionary<string, string>(StringComparer.Ordinal) { ["PREDMAINT__TELEMETRY__LISTEN"] = "127.0.0.1:0" }, "run", "--config", "/worker.yaml");
        using var http = new HttpClient { BaseAddress = await Job.EndpointAsync(worker) };
        await Eventually.TrueAsync(() => AnswersAsync(http, "/livez", HttpStatusCode.OK), "liveness", state: () => worker.Errors);
        Assert.True(await AnswersAsync(http, "/readyz", HttpStatusCode.ServiceUnavailable));
        Assert.True(await AnswersAsync(http, "/startupz", HttpStatusCode.ServiceUnavailable));
        worker.Terminate();
        // What it says when no broker answered.
        Assert.Equal(1, await worker.ExitAsync(TimeSpan.FromSeconds(25)));
    }

    private static async Task<bool> AnswersAsync(HttpClient http, string path, HttpStatusCode code)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri(path, UriKind.Relative));
            return answer.StatusCode == code;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static void IsReadyToRun(string assembly)
    {
        using var reader = new PEReader(File.OpenRead(assembly));
        // Resources and facades have no code.
        if (reader.PEHeaders.CorHeader is not { } header) return;
        Assert.True(header.ManagedNativeHeaderDirectory.Size > 0, $"{Path.GetFileName(assembly)} is compiled at start");
    }

    /// <summary>One of NASA's test engines as the backtest reads it, a flight a minute.</summary>
    private static string Engine(int number)
    {
        using var file = new System.IO.Compression.GZipStream(File.OpenRead(Path.Combine(Repository.Root, "models", "turbofan", "data", "test_FD001.txt.gz")), System.IO.Compression.CompressionMode.Decompress);
        using var text = new StreamReader(file);
        var flights = text.ReadToEnd().Split('\n').Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(c => c.Length > 5 && c[0] == $"{number}");
        var head = $"machineId,timestamp,{string.Join(',', Enumerable.Range(1, 21).Select(i => $"s{i}"))}";
        return string.Join('\n', flights.Select(c => $"engine-{number},{DateTimeOffset.UnixEpoch.AddMinutes(int.Parse(c[1])):O},{string.Join(',', c[5..])}").Prepend(head)) + "\n";
    }
}
