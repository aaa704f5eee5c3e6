using System.Diagnostics.Tracing;
using System.Globalization;

namespace PredMaint.Worker.Telemetry;

/// <summary>Says in the log that telemetry could not be sent, which OpenTelemetry itself tells nobody but listeners of its exporter's event source. Once a minute at most.</summary>
public sealed class ExportWatch(ILogger log, TimeProvider time) : EventListener
{
    private const string Exporter = "OpenTelemetry-Exporter-OpenTelemetryProtocol";

    private readonly LogThrottle throttle = new(time, TimeSpan.FromMinutes(1));

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == Exporter) EnableEvents(eventSource, EventLevel.Warning);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (!throttle.IsTime()) return;
        // An exception comes with its stack.
        var what = string.Format(CultureInfo.InvariantCulture, eventData.Message ?? "", [.. eventData.Payload ?? []]).Split('\n')[0].Trim();
        log.LogWarning("Telemetry by OTLP is lost: {Reason}", what);
    }
}
