using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PredMaint.Worker.Telemetry;

namespace PredMaint.Worker.Tests.Telemetry;

public sealed class WorkerLogTests
{
    [Fact]
    public void What_a_payload_says_cannot_forge_a_line_or_colour_one()
    {
        var line = Written("machine\r\n2026-01-01T00:00:00.000Z info: predmaint: all is well\u001b[31m\u2028\u202e\u0085", null);
        Assert.Equal(1, line.Count(c => c == '\n'));
        Assert.EndsWith(" warn: line-0: machine\\u000d\\u000a2026-01-01T00:00:00.000Z info: predmaint: all is well\\u001b[31m\\u2028\\u202e\\u0085", line.TrimEnd('\n'), StringComparison.Ordinal);
        Assert.Matches("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z warn: ", line);
    }

    [Fact]
    public void An_exception_stands_in_the_line_of_its_event()
    {
        var line = Written("went wrong", new InvalidOperationException("first\nsecond"));
        Assert.Equal(1, line.Count(c => c == '\n'));
        Assert.Contains("went wrong System.InvalidOperationException: first\\u000asecond", line, StringComparison.Ordinal);
    }

    private static string Written(string message, Exception? exception)
    {
        using var text = new StringWriter { NewLine = "\n" };
        new WorkerLog.LineFormatter().Write(new LogEntry<string>(LogLevel.Warning, "line-0", default, message, exception, (s, _) => s), null, text);
        return text.ToString();
    }
}
