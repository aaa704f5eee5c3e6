using System.Globalization;
using OpenTelemetry.Exporter;

namespace PredMaint.Worker.Telemetry;

/// <summary>
/// Where telemetry goes by OTLP: OpenTelemetry's own variables of the environment say. What its exporters cannot use of them,
/// and those of a single signal, they leave out in silence.
/// </summary>
/// <remarks>https://opentelemetry.io/docs/specs/otel/protocol/exporter/</remarks>
public static class OtlpVariables
{
    private const string Prefix = "OTEL_EXPORTER_OTLP_";

    private static readonly string[] Signals = ["METRICS", "TRACES", "LOGS"];

    private static readonly Dictionary<string, OtlpExportProtocol> Protocols = new(StringComparer.Ordinal) { ["grpc"] = OtlpExportProtocol.Grpc, ["http/protobuf"] = OtlpExportProtocol.HttpProtobuf };

    /// <summary>A receiver of this signal is named: METRICS, TRACES, LOGS.</summary>
    public static bool IsWanted(string signal) => Of(signal, "ENDPOINT") is not null && Value($"OTEL_{signal}_EXPORTER") != "none";

    /// <summary>What is said of one signal alone is stronger than what is said of all.</summary>
    public static void Apply(string signal, OtlpExporterOptions options)
    {
        // Unlike that of all signals it is a whole address: no path is added.
        if (Value($"{Prefix}{signal}_ENDPOINT") is { } endpoint) options.Endpoint = new Uri(endpoint);
        if (Value($"{Prefix}{signal}_PROTOCOL") is { } protocol) options.Protocol = Protocols[protocol];
        if (Value($"{Prefix}{signal}_HEADERS") is { } headers) options.Headers = headers;
        if (Value($"{Prefix}{signal}_TIMEOUT") is { } timeout) options.TimeoutMilliseconds = int.Parse(timeout, CultureInfo.InvariantCulture);
    }

    /// <summary>One sentence each, with the variable's name; where nothing is sent none matters.</summary>
    public static IReadOnlyList<string> Mistakes() => [.. Signals.Where(IsWanted).SelectMany(MistakesOf).Distinct(StringComparer.Ordinal)];

    private static IEnumerable<string> MistakesOf(string signal)
    {
        foreach (var prefix in new[] { Prefix, $"{Prefix}{signal}_" })
        {
            if (Value($"{prefix}ENDPOINT") is { } endpoint && !(Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0))
                yield return $"{prefix}ENDPOINT: is \"{endpoint}\", must be an address such as http://collector:4317";
            if (Value($"{prefix}PROTOCOL") is { } protocol && !Protocols.ContainsKey(protocol))
                yield return $"{prefix}PROTOCOL: is \"{protocol}\", must be one of: {string.Join(", ", Protocols.Keys)}";
            if (Value($"{prefix}TIMEOUT") is { } timeout && !IsMilliseconds(timeout)) yield return Milliseconds($"{prefix}TIMEOUT", timeout);
        }
        if (Value($"OTEL_{signal}_EXPORTER") is { } exporter and not "otlp") yield return $"OTEL_{signal}_EXPORTER: is \"{exporter}\", must be one of: otlp, none";
        if (signal == "METRICS" && Value("OTEL_METRIC_EXPORT_INTERVAL") is { } interval && !IsMilliseconds(interval)) yield return Milliseconds("OTEL_METRIC_EXPORT_INTERVAL", interval);
    }

    private static bool IsMilliseconds(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var ms) && ms > 0;

    private static string Milliseconds(string variable, string text) => $"{variable}: is \"{text}\", must be milliseconds, a whole number above 0";

    private static string? Of(string signal, string what) => Value($"{Prefix}{signal}_{what}") ?? Value($"{Prefix}{what}");

    /// <summary>An empty one is as good as none.</summary>
    private static string? Value(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
}
