using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using PredMaint.Worker.Configuration;

namespace PredMaint.Worker.Telemetry;

/// <summary>
/// Lets metrics and spans out: over HTTP, beside the probes, where the configuration says so, and by OTLP where the
/// environment names a receiver.
/// </summary>
public sealed class TelemetryServer : IAsyncDisposable
{
    /// <summary>A receiver that is away must not hold the worker's end up.</summary>
    internal const int FlushLimitMs = 1500;

    /// <summary>A transaction in a storm of alerts has thousands; what the queue cannot hold is dropped. OpenTelemetry's default is 2048.</summary>
    private const int SpanQueue = 32_768;

    private readonly MeterProvider? metrics;
    private readonly TracerProvider? traces;
    private WebApplication? web;

    /// <summary>Where it listens, as http://HOST:PORT; null where nowhere.</summary>
    public string? Address => web?.Urls.Single();

    /// <summary>Sends metrics and spans from now on, where the environment names a receiver.</summary>
    public TelemetryServer(WorkerOptions options)
    {
        var isListening = options.Telemetry.Listen.Length > 0;
        if (isListening || OtlpVariables.IsWanted("METRICS"))
        {
            var builder = Sdk.CreateMeterProviderBuilder().ConfigureResource(r => Describe(r, options)).AddMeter(Semantics.Scope).AddRuntimeInstrumentation()
                .SetExemplarFilter(ExemplarFilterType.TraceBased);
            if (isListening) builder.AddPrometheusExporter(e => e.ScopeInfoEnabled = false);
            if (OtlpVariables.IsWanted("METRICS")) builder.AddOtlpExporter(o => OtlpVariables.Apply("METRICS", o));
            metrics = builder.Build();
        }
        // Which batches are told of is decided where they are made.
        if (OtlpVariables.IsWanted("TRACES"))
            traces = Sdk.CreateTracerProviderBuilder().ConfigureResource(r => Describe(r, options)).AddSource(Semantics.Scope).SetSampler(new AlwaysOnSampler())
                .AddOtlpExporter(o =>
                {
                    OtlpVariables.Apply("TRACES", o);
                    o.BatchExportProcessorOptions.MaxQueueSize = Math.Max(SpanQueue, o.BatchExportProcessorOptions.MaxQueueSize);
                }).Build();
    }

    /// <summary>What all telemetry of a worker says it is of.</summary>
    public static ResourceBuilder Describe(ResourceBuilder resource, WorkerOptions options) =>
        resource.AddService(Semantics.Service, serviceNamespace: options.Group, typeof(TelemetryServer).Assembly.GetName().Version!.ToString(3), autoGenerateServiceInstanceId: false, options.Instance)
            .AddEnvironmentVariableDetector();

    /// <summary>Serves metrics and probes where the configuration says so.</summary>
    /// <exception cref="IOException">The address cannot be had; the message begins with the key.</exception>
    public async Task ListenAsync(WorkerOptions options, Probes probes)
    {
        if (options.Telemetry.Listen.Length == 0) return;
        try
        {
            await ListenAsync(options.Telemetry.Listen, probes);
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or InvalidOperationException)
        {
            throw new IOException($"telemetry.listen: {options.Telemetry.Listen}: {e.Message}", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (web is not null) await web.DisposeAsync();
        // Side by side: both wait for the same receiver, and the grace period is short.
        await Task.WhenAll(Task.Run(() => metrics?.Shutdown(FlushLimitMs)), Task.Run(() => traces?.Shutdown(FlushLimitMs)));
        metrics?.Dispose();
        traces?.Dispose();
    }

    private async Task ListenAsync(string address, Probes probes)
    {
        // An empty one: no file and no variable of ASP.NET's has a say in what is listened to.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls($"http://{address}").ConfigureKestrel(k => k.AddServerHeader = false);
        builder.Services.AddRoutingCore();
        web = builder.Build();
        web.MapPrometheusScrapingEndpoint("/metrics", metrics, configureBranchedPipeline: null, optionsName: null);
        Serve("/livez", probes.Liveness);
        Serve("/readyz", probes.Readiness);
        Serve("/startupz", probes.Startup);
        await web.StartAsync();

        void Serve(string path, Func<(bool Is, IReadOnlyList<string> Reasons)> ask) => web.MapMethods(path, [HttpMethods.Get, HttpMethods.Head], async (HttpContext http) =>
        {
            var (isSo, reasons) = ask();
            http.Response.StatusCode = (int)(isSo ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable);
            http.Response.ContentType = "text/plain; charset=utf-8";
            await http.Response.WriteAsync(string.Join('\n', reasons) + '\n', http.RequestAborted);
        });
    }
}
