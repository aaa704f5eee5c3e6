namespace PredMaint.Worker.Telemetry;

public enum LogFormat { Text, Json }

/// <summary>The section <c>telemetry</c>. Where OTLP goes, OpenTelemetry's own variables of the environment say (OTEL_EXPORTER_OTLP_ENDPOINT, ...).</summary>
public sealed record TelemetryOptions
{
    /// <summary>Where <c>/metrics</c>, <c>/livez</c>, <c>/readyz</c> and <c>/startupz</c> are served, as HOST:PORT, * for every address; empty where nowhere.</summary>
    public string Listen { get; init; } = "";

    /// <summary>Share of the batches without an alert whose spans are kept, from 0 to 1; those that led to an alert always are.</summary>
    public double TraceRatio { get; init; } = 0.001;

    public LogFormat Logs { get; init; } = LogFormat.Text;
}
