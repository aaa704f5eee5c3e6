using System.Diagnostics.Tracing;
using System.Globalization;

namespace PredMaint.Worker.Telemetry;

/// <summary>Says in the log that telemetry could not be sent, which OpenTelemetry itself tells nobody but listeners of its exporter's event source. Once a minute at most.</summary>
public sealed class ExportWatch(ILogger log, TimeProvider time) : EventListener
{
    private const string Exporter = "OpenTelemetry-Exporter-OpenTelemetryProtocol";

    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private long? told;

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == Exporter) EnableEvents(eventSource, EventLevel.Warning);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        lock (gate)
        {
            if (told is { } before && time.GetElapsedTime(before) < Silence) return;
            told = time.GetTimestamp();
        }
        // An exception comes with its stack.
        var what = string.Format(CultureInfo.InvariantCulture, eventData.Message ?? "", [.. eventData.Payload ?? []]).Split('\n')[0].Trim();
        log.LogWarning("Telemetry by OTLP is lost: {Reason}", what);
    }
}
