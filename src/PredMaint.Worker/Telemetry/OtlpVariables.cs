namespace PredMaint.Worker.Telemetry;

/// <summary>Where telemetry goes by OTLP: OpenTelemetry's own variables of the environment say. What it cannot use of them it would leave out in silence.</summary>
/// <remarks>https://opentelemetry.io/docs/specs/otel/protocol/exporter/</remarks>
public static class OtlpVariables
{
    private const string Prefix = "OTEL_EXPORTER_OTLP_";

    private static readonly string[] Protocols = ["grpc", "http/protobuf"];

    /// <summary>A receiver of this signal is named: METRICS, TRACES, LOGS.</summary>
    public static bool IsWanted(string signal) => Value("ENDPOINT").Length > 0 || Value($"{signal}_ENDPOINT").Length > 0;

    /// <summary>One sentence each, with the variable's name.</summary>
    public static IReadOnlyList<string> Mistakes() => [.. Mistakes(""), .. Mistakes("METRICS_"), .. Mistakes("TRACES_"), .. Mistakes("LOGS_")];

    private static IEnumerable<string> Mistakes(string signal)
    {
        var (endpoint, protocol) = (Value($"{signal}ENDPOINT"), Value($"{signal}PROTOCOL"));
        if (endpoint.Length > 0 && !(Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0))
            yield return $"{Prefix}{signal}ENDPOINT: is \"{endpoint}\", must be an address such as http://collector:4317";
        if (protocol.Length > 0 && !Protocols.Contains(protocol, StringComparer.Ordinal))
            yield return $"{Prefix}{signal}PROTOCOL: is \"{protocol}\", must be one of: {string.Join(", ", Protocols)}";
    }

    private static string Value(string variable) => Environment.GetEnvironmentVariable(Prefix + variable) ?? "";
}
