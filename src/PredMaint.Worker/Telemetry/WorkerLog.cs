using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Logs;
using OpenTelemetry.Resources;
using PredMaint.Worker.Configuration;

namespace PredMaint.Worker.Telemetry;

/// <summary>A worker's log: one line an event on the console, and OTLP where the environment names a receiver.</summary>
public static class WorkerLog
{
    private const string Timestamp = "yyyy-MM-ddTHH:mm:ss.fffZ";

    /// <summary>The client's own debug lines come only where kafka.debug asks for them.</summary>
    public static ILoggerFactory Create(WorkerOptions options) => LoggerFactory.Create(b =>
    {
        b.SetMinimumLevel(LogLevel.Debug);
        if (options.Telemetry.Logs == LogFormat.Json)
            b.AddJsonConsole(c => (c.UseUtcTimestamp, c.TimestampFormat) = (true, Timestamp));
        else
            b.AddConsole(c => c.FormatterName = LineFormatter.FormatterName).AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
        if (OtlpVariables.IsWanted("LOGS"))
            b.AddOpenTelemetry(o =>
            {
                // What is searched for is the message, as on the console.
                o.IncludeFormattedMessage = true;
                o.SetResourceBuilder(TelemetryServer.Describe(ResourceBuilder.CreateEmpty().AddTelemetrySdk(), options)).AddOtlpExporter(e => OtlpVariables.Apply("LOGS", e));
            });
    });

    /// <summary>Sends what is left of it; a receiver that is away cannot hold the worker's end up.</summary>
    public static Task CloseAsync(ILoggerFactory logs) => Task.WhenAny(Task.Run(logs.Dispose), Task.Delay(TelemetryServer.FlushLimitMs));

    /// <summary>
    /// "TIME level: category: message", the exception behind it. What a machine id or a payload holds cannot begin a line or
    /// colour one: control characters are written as escapes.
    /// </summary>
    public sealed class LineFormatter() : ConsoleFormatter(FormatterName)
    {
        public const string FormatterName = "line";

        public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
        {
            var line = new StringBuilder(TimeProvider.System.GetUtcNow().ToString(Timestamp, CultureInfo.InvariantCulture))
                .Append(' ').Append(Word(logEntry.LogLevel)).Append(": ").Append(logEntry.Category).Append(": ");
            Escape(logEntry.Formatter(logEntry.State, logEntry.Exception), line);
            if (logEntry.Exception is { } e) Escape($" {e}", line);
            textWriter.WriteLine(line);
        }

        private static void Escape(string text, StringBuilder line)
        {
            foreach (var c in text)
                if (char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator) line.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                else line.Append(c);
        }

        private static string Word(LogLevel level) => level switch
        {
            LogLevel.Trace => "trce", LogLevel.Debug => "dbug", LogLevel.Information => "info", LogLevel.Warning => "warn", LogLevel.Error => "fail", _ => "crit",
        };
    }
}
