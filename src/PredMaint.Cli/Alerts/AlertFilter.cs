using System.CommandLine;
using System.Globalization;
using System.IO.Enumeration;
using PredMaint.Core.Settings;

namespace PredMaint.Cli.Alerts;

/// <summary>Which alerts a person wants to see.</summary>
internal sealed record AlertFilter(string Machines, string? Kind, string? Severity, DateTimeOffset? Since)
{
    /// <summary>Whether an alert, in whatever state, is one of those asked for.</summary>
    public bool Concerns(AlertMessage alert) =>
        FileSystemName.MatchesSimpleExpression(Machines, alert.MachineId, ignoreCase: false) && (Kind is null || alert.Kind == Kind);

    /// <summary>Whether this state of it is. A severity that is not known yet is shown rather than lost.</summary>
    public bool Shows(AlertMessage alert) =>
        (Since is null || alert.Time >= Since)
        && (Severity is null || Array.IndexOf(AlertMessage.Severities, alert.Severity) is var rank && (rank < 0 || rank >= Array.IndexOf(AlertMessage.Severities, Severity)));
}

/// <summary>The arguments that make an <see cref="AlertFilter"/>.</summary>
internal sealed class AlertFilterArguments
{
    private readonly Option<string> machine = new("--machine") { Description = "Glob over machine ids: * and ?.", HelpName = "GLOB", DefaultValueFactory = _ => "*" };
    private readonly Option<string> kind = new("--kind") { Description = "Only alerts of this kind." };
    private readonly Option<string> severity = new("--severity") { Description = "Only alerts at least so severe." };
    private readonly Option<string> since = new("--since") { Description = "Only what happened since: a time (2026-01-17T19:00:00Z) or an age (30m, 2h, 7d).", HelpName = "TIME" };

    public AlertFilterArguments()
    {
        kind.AcceptOnlyFromAmong("anomaly", "failure", "quality", "silence", "data");
        severity.AcceptOnlyFromAmong(AlertMessage.Severities);
        since.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } text && Moment(text, DateTimeOffset.UnixEpoch.AddYears(100)) is null)
                result.AddError($"--since: is {text}, must be a time like 2026-01-17T19:00:00Z or an age like 30m, 2h or 7d");
        });
    }

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { machine, kind, severity, since }) command.Add(option);
    }

    public AlertFilter Read(ParseResult parsed, TimeProvider time) => new(
        parsed.GetRequiredValue(machine), parsed.GetValue(kind), parsed.GetValue(severity),
        parsed.GetValue(since) is { } text ? Moment(text, time.GetUtcNow()) : null);

    private static DateTimeOffset? Moment(string text, DateTimeOffset now) =>
        Fields.TryDuration(text, out var age) && age < now - DateTimeOffset.MinValue ? now - age
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) ? moment : null;
}
