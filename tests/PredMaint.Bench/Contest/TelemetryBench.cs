using System.Net;
using PredMaint.Bench.Brokers;
using PredMaint.Bench.Measuring;
using PredMaint.Testing;

namespace PredMaint.Bench.Contest;

/// <summary>The same run with all its telemetry asked for, and with none.</summary>
/// <param name="Scrapes">Of its metrics, as Prometheus would.</param>
/// <param name="Exports">Requests that it sent to a receiver of OTLP.</param>
public sealed record TelemetryPair(Measurement With, Measurement Without, int Scrapes, int Exports)
{
    /// <summary>The share of either's work before which nothing counts, somewhat more than elsewhere.</summary>
    public const double After = 0.4;

    /// <summary>CPU seconds per million readings while both were at work, as the next.</summary>
    public double CpuWith => CpuPerMillion(With);

    public double CpuWithout => CpuPerMillion(Without);

    public double Cost => CpuWith / CpuWithout;

    private double Begin => Math.Max(Reached(With), Reached(Without));

    private double End => Math.Min(With.Course[^1].At, Without.Course[^1].At);

    private static double Reached(Measurement run) => run.Course.First(p => p.Done >= After * run.Readings).At;

    private double CpuPerMillion(Measurement run)
    {
        if (Begin >= End) throw new BenchException("telemetry: of a pair one had come to its end before the other had really begun");
        var (from, to) = (run.At(Begin), run.At(End));
        return (to.Cpu - from.Cpu) * 1e6 / (to.Done - from.Done);
    }
}

/// <summary>
/// Measures what telemetry costs: metrics that are scraped every five seconds, metrics and spans by OTLP. The two of a pair run at the same
/// time on the same core: how fast a core is, which changes by more than telemetry costs, is the same for both.
/// </summary>
public sealed class TelemetryBench(BenchOptions options, Cluster cluster, Contestants contestants, TextWriter say)
{
    /// <summary>As deploy/compose/prometheus.yaml does; k8s/components/monitoring every 15 s.</summary>
    private static readonly TimeSpan ScrapeEvery = TimeSpan.FromSeconds(5);

    /// <summary>Of fewer one has come to the end before the other has really begun.</summary>
    private const long LeastReadings = 2_000_000;

    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(100);

    public async Task<IReadOnlyList<TelemetryPair>> RunAsync(CancellationToken cancel)
    {
        var mode = Mode.Stateful(Math.Max(2 * options.Readings, LeastReadings));
        var topic = cluster.Topic("telemetry-readings");
        await cluster.CreateAsync(topic);
        new ReadingGenerator(options.Machines).Send(cluster.Broker, topic, mode.Readings, cancel);
        List<TelemetryPair> pairs = [];
        for (var n = 1; n <= options.Pairs; n++)
        {
            await say.WriteLineAsync($"telemetry: pair {n} of {options.Pairs}");
            var port = FreePort.Next();
            var asked = OnOneCore(await contestants.ProductAsync(mode, topic, cancel, $"telemetry: {{ listen: \"127.0.0.1:{port}\" }}"));
            var plain = OnOneCore(await contestants.ProductAsync(mode, topic, cancel));
            var (running, alone) = (WithAsync(asked, port, mode, topic, cancel), contestants.MeasureAsync("without", plain, mode, topic, cancel));
            await Task.WhenAll(running, alone);
            var ((with, scrapes, exports), without) = (await running, await alone);
            if (scrapes == 0 || exports == 0) throw new BenchException($"telemetry: {scrapes} scrapes and {exports} exports: nothing was measured");
            pairs.Add(new TelemetryPair(with, without, scrapes, exports));
        }
        return pairs;
    }

    /// <summary>Compiled once, at the first call: a worker runs for days, but better code for what telemetry calls would come in the midst of these runs.</summary>
    private static Contestant OnOneCore(Contestant product) =>
        product with { Command = ["taskset", "--cpu-list", ProcessTree.FirstCore(), "env", "DOTNET_TieredCompilation=0", "DOTNET_ReadyToRun=0", .. product.Command] };

    private async Task<(Measurement Measured, int Scrapes, int Exports)> WithAsync(Contestant product, int port, Mode mode, string topic, CancellationToken cancel)
    {
        var receiver = FreePort.Next();
        string[] asked = ["env", $"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:{receiver}", "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "OTEL_METRIC_EXPORT_INTERVAL=5000"];
        using var listener = new HttpListener { Prefixes = { $"http://127.0.0.1:{receiver}/" } };
        listener.Start();
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var (receiving, scraping) = (ReceiveAsync(listener), ScrapeAsync(port, done.Token));
        var measured = await contestants.MeasureAsync("with", product with { Command = [.. asked, .. product.Command] }, mode, topic, cancel);
        await done.CancelAsync();
        listener.Stop();
        return (measured, await scraping, await receiving);
    }

    private static async Task<int> ReceiveAsync(HttpListener listener)
    {
        for (var count = 0; ; count++)
        {
            try
            {
                var request = await listener.GetContextAsync();
                await request.Request.InputStream.CopyToAsync(Stream.Null);
                request.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return count;
            }
        }
    }

    private static async Task<int> ScrapeAsync(int port, CancellationToken done)
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        for (var count = 0; ;)
        {
            try
            {
                if ((await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), done)).Contains("predmaint_readings_total", StringComparison.Ordinal)) count++;
                await Task.Delay(ScrapeEvery, done);
            }
            catch (HttpRequestException)
            {
                // It does not listen yet, or no more.
                await Task.Delay(AskAgainAfter, CancellationToken.None);
            }
            catch (OperationCanceledException)
            {
                return count;
            }
        }
    }
}
