using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using PredMaint.Testing;
using PredMaint.Worker.Telemetry;

namespace PredMaint.Cli.Tests.Running;

/// <summary>What Prometheus and Kubernetes get from the running program.</summary>
public sealed partial class EndpointTests(KafkaFixture kafka)
{
    private const string AnyPort = "telemetry.listen=127.0.0.1:0";

    [Fact]
    public async Task While_no_broker_answers_the_worker_lives_has_not_started_and_says_why()
    {
        using var job = new Job(new KafkaBroker("127.0.0.1:1"));
        await using var worker = job.Run(AnyPort);
        using var http = await ConnectAsync(worker);
        Assert.Equal((HttpStatusCode.OK, "alive\n"), await GetAsync(http, "/livez"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "0 % restored\nwaits for the brokers\n"), await GetAsync(http, "/startupz"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "waits for the brokers\n"), await GetAsync(http, "/readyz"));
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(http, "/metrics")).Code);
        Assert.Equal(HttpStatusCode.NotFound, (await GetAsync(http, "/")).Code);
        using var head = new HttpRequestMessage(HttpMethod.Head, "/livez");
        using var answer = await http.SendAsync(head);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    /// <summary>The web server would listen on every address.</summary>
    [Theory]
    [InlineData("127.0.0.l:9464")]
    [InlineData("256.1.1.1:9464")]
    [InlineData("example.invalid:9464")]
    public async Task A_host_that_is_no_address_is_refused(string address)
    {
        using var job = new Job(new KafkaBroker("127.0.0.1:1"));
        await using var worker = job.Run($"telemetry.listen={address}");
        Assert.Equal(2, await worker.ExitAsync());
        Assert.Contains($"telemetry.listen: is \"{address}\"", worker.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "garbage", "OTEL_EXPORTER_OTLP_*, OTEL_*_EXPORT_* in the environment: ")]
    [InlineData("OTEL_METRIC_EXPORT_INTERVAL", "5s", "OTEL_METRIC_EXPORT_INTERVAL: is \"5s\", must be milliseconds, a whole number above 0")]
    [InlineData("OTEL_TRACES_EXPORTER", "jaeger", "OTEL_TRACES_EXPORTER: is \"jaeger\", must be one of: otlp, none")]
    [InlineData("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "OTEL_EXPORTER_OTLP_TIMEOUT: is \"10s\", must be milliseconds, a whole number above 0")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317", "OTEL_EXPORTER_OTLP_ENDPOINT: is \"collector:4317\", must be an address such as http://collector:4317")]
    [InlineData("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "//collector", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: is \"//collector\"")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "OTEL_EXPORTER_OTLP_PROTOCOL: is \"http/json\", must be one of: grpc, http/protobuf")]
    public async Task Variables_that_OpenTelemetry_cannot_use_end_with_2(string variable, string value, string mistake)
    {
        using var job = new Job(new KafkaBroker("127.0.0.1:1"));
        job.Environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:4317";
        job.Environment[variable] = value;
        await using var worker = job.Run();
        Assert.Equal(2, await worker.ExitAsync());
        Assert.StartsWith($"predmaint: {mistake}", worker.Errors, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("needs", "kafka")]
    public async Task Each_signal_goes_where_its_own_variables_say()
    {
        using var job = await Job.WithTopicsAsync(await kafka.RequireAsync());
        using var receiver = new HttpListener();
        var address = $"http://127.0.0.1:{FreePort.Next()}";
        receiver.Prefixes.Add($"{address}/");
        receiver.Start();
        // A general one beside them, where nobody is.
        job.Environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1";
        job.Environment["OTEL_METRIC_EXPORT_INTERVAL"] = "500";
        foreach (var signal in new[] { "TRACES", "METRICS", "LOGS" })
        {
            job.Environment[$"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"] = $"{address}/mine/{signal}";
            job.Environment[$"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL"] = "http/protobuf";
            job.Environment[$"OTEL_EXPORTER_OTLP_{signal}_HEADERS"] = $"x-key={signal}";
        }
        await job.Broker.ProduceAsync(job.Readings, Fleet.Readings(machines: 50, steps: 25));
        await using var worker = job.Run();
        var wanted = new HashSet<string>(StringComparer.Ordinal) { "/mine/TRACES TRACES", "/mine/METRICS METRICS", "/mine/LOGS LOGS" };
        while (wanted.Count > 0)
        {
            var request = await receiver.GetContextAsync().WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            Assert.Equal("application/x-protobuf", request.Request.ContentType);
            wanted.Remove($"{request.Request.Url!.AbsolutePath} {request.Request.Headers["x-key"]}");
            request.Response.Close();
        }
        Assert.DoesNotContain("is lost", worker.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signal_that_nobody_wants_is_not_sent()
    {
        using var job = new Job(new KafkaBroker("127.0.0.1:1"));
        using var receiver = new TcpListener(IPAddress.Loopback, 0);
        receiver.Start();
        job.Environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://{receiver.LocalEndpoint}";
        foreach (var signal in new[] { "TRACES", "METRICS", "LOGS" }) job.Environment[$"OTEL_{signal}_EXPORTER"] = "none";
        // What nobody uses need not make sense.
        job.Environment["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/json";
        await using var worker = job.Run(AnyPort);
        using var http = await ConnectAsync(worker);
        Assert.Matches("(?m)^predmaint_ready\\b.* 0$", (await GetAsync(http, "/metrics")).Body.Replace("\r", "", StringComparison.Ordinal));
        worker.Terminate();
        Assert.Equal(1, await worker.ExitAsync());
        Assert.False(receiver.Pending());
    }

    [Fact]
    public async Task A_receiver_that_is_away_is_told_of()
    {
        using var job = new Job(new KafkaBroker("127.0.0.1:1"));
        job.Environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1";
        job.Environment["OTEL_METRIC_EXPORT_INTERVAL"] = "500";
        await using var worker = job.Run();
        await worker.LineAsync("Telemetry by OTLP is lost: ");
    }

    [Fact]
    public async Task An_address_that_is_taken_is_named_with_its_key()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        using var job = new Job(new KafkaBroker("127.0.0.1:1"));
        await using var worker = job.Run($"telemetry.listen={taken.LocalEndpoint}");
        Assert.Equal(2, await worker.ExitAsync());
        Assert.Contains($"telemetry.listen: {taken.LocalEndpoint}", worker.Errors, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("needs", "kafka")]
    public async Task Every_metric_that_is_defined_is_scraped_from_the_running_program_with_its_type_and_labels()
    {
        using var job = await Job.WithTopicsAsync(await kafka.RequireAsync());
        await job.Broker.ProduceAsync(job.Readings, Fleet.Readings(machines: 50, steps: 25));
        await job.Broker.ProduceAsync(job.Readings, [(Fleet.Machine(1), "no reading")]);
        await using var worker = job.Run(AnyPort);
        using var http = await ConnectAsync(worker);
        await Eventually.TrueAsync(async () => (await GetAsync(http, "/readyz")).Code == HttpStatusCode.OK, "ready", state: () => worker.Output);
        Assert.Equal((HttpStatusCode.OK, "started\n"), await GetAsync(http, "/startupz"));
        await job.CaughtUpAsync(worker);
        var alerts = await job.AlertsAsync();
        // What a commit made visible is counted when the worker has the broker's answer, after everybody else can see it.
        var text = "";
        await Eventually.TrueAsync(
            async () => Sum(text = (await GetAsync(http, "/metrics")).Body, "predmaint_machines") == 50 && Sum(text, "predmaint_alerts_total") == alerts.Count && Sum(text, "predmaint_dead_letters_total") == 1,
            "all counted", state: () => text);

        var types = text.Split('\n').Select(l => l.Split(' ')).Where(w => w is ["#", "TYPE", ..]).ToDictionary(w => w[2], w => w[3], StringComparer.Ordinal);
        foreach (var metric in Semantics.Metrics)
        {
            Assert.True(string.Equals(types.GetValueOrDefault(metric.PrometheusName), $"{metric.Kind}", StringComparison.OrdinalIgnoreCase), $"{metric.PrometheusName} is not there or of another type:\n{text}");
            var sample = metric.Kind == MetricKind.Histogram ? $"{metric.PrometheusName}_bucket" : metric.PrometheusName;
            var labels = Sample().Matches(text).Where(m => m.Groups["name"].Value == sample)
                .SelectMany(m => Label().Matches(m.Groups["labels"].Value)).Select(m => m.Groups["name"].Value).Where(l => l != "le").ToHashSet(StringComparer.Ordinal);
            // A transaction that succeeds has no error.
            Assert.Equal(metric.Labels.Where(l => l != Semantics.ErrorType).Select(l => l.Replace('.', '_')).Order(StringComparer.Ordinal), labels.Where(l => !l.StartsWith("otel_", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        }
        Assert.Contains("predmaint_readings_total{", text, StringComparison.Ordinal);
        Assert.Equal(1250, Sum(text, "predmaint_readings_total"));
        Assert.Equal(alerts.GroupBy(a => a.AlertId, StringComparer.Ordinal).Count(a => a.Last().Type != "predmaint.alert.cleared"), Sum(text, "predmaint_alerts_active"));
        Assert.NotEqual(0, Sum(text, "predmaint_alerts_active"));
        Assert.Equal(1, Sum(text, "predmaint_ready"));
        // The partitions end with records of nobody's transaction here; with some they would be at their end too.
        await Eventually.TrueAsync(async () => Sum((await GetAsync(http, "/metrics")).Body, "predmaint_lag_seconds") == 0, "no lag", state: () => worker.Output);
        await Job.StopAsync(worker);
    }

    [Fact]
    [Trait("needs", "kafka")]
    public async Task A_scrape_that_asks_for_OpenMetrics_leads_from_the_delay_of_alerts_to_the_trace_of_one()
    {
        using var job = await Job.WithTopicsAsync(await kafka.RequireAsync());
        using var receiver = new TcpListener(IPAddress.Loopback, 0);
        receiver.Start();
        job.Environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = $"http://{receiver.LocalEndpoint}";
        await job.Broker.ProduceAsync(job.Readings, Fleet.Readings(machines: 50, steps: 60));
        await using var worker = job.Run(AnyPort);
        using var http = await ConnectAsync(worker);
        http.DefaultRequestHeaders.Add("Accept", "application/openmetrics-text;version=1.0.0");
        await job.CaughtUpAsync(worker);
        List<string> traces = [];
        await Eventually.TrueAsync(async () => (traces = [.. Exemplar().Matches((await GetAsync(http, "/metrics")).Body).Select(m => m.Groups["trace"].Value)]).Count > 0, "exemplars", state: () => worker.Output);
        var told = (await job.Broker.ReadCommittedAsync(job.Alerts)).Select(r => Encoding.ASCII.GetString(r.Message.Headers.GetLastBytes("traceparent")).Split('-')[1]).ToHashSet(StringComparer.Ordinal);
        Assert.All(traces, t => Assert.Contains(t, told));
        await Job.StopAsync(worker);
        Assert.True(receiver.Pending(), "no span was sent to where spans are to go");
    }

    private static async Task<HttpClient> ConnectAsync(RunningProgram worker) => new() { BaseAddress = await Job.EndpointAsync(worker) };

    private static async Task<(HttpStatusCode Code, string Body)> GetAsync(HttpClient http, string path)
    {
        using var response = await http.GetAsync(new Uri(path, UriKind.Relative));
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static double Sum(string text, string name) => Sample().Matches(text).Where(m => m.Groups["name"].Value == name)
        .Sum(m => double.Parse(m.Groups["value"].ValueSpan, System.Globalization.CultureInfo.InvariantCulture));

    [GeneratedRegex("""^(?<name>[a-z_]+)(\{(?<labels>[^}]*)\})? (?<value>\S+)""", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sample();

    [GeneratedRegex("""^predmaint_alert_delay_seconds_bucket.* # \{.*trace_id="(?<trace>[0-9a-f]{32})""", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Exemplar();

    [GeneratedRegex("""(?<name>[a-z0-9_]+)="[^"]*",?""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Label();
}
