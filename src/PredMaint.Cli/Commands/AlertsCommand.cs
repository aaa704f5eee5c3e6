using System.CommandLine;
using Confluent.Kafka;
using PredMaint.Cli.Alerts;
using PredMaint.Cli.Output;

namespace PredMaint.Cli.Commands;

/// <summary><c>alerts list</c> and <c>alerts follow</c>: what the alert topic says.</summary>
internal static class AlertsCommand
{
    /// <param name="Json">One message a line instead of a table: asked for, or no terminal is there.</param>
    private sealed record Request(IReadOnlyDictionary<string, string> Kafka, string Topic, AlertFilter Filter, bool Json);

    public static Command Create() => new("alerts", "Shows alerts.") { List(), Follow() };

    private static Command List()
    {
        var all = new Option<bool>("--all") { Description = "Every change, not only the alerts that are active." };
        var list = new Command("list", "Shows the alerts that are active, up to the end of the topic.") { all };
        SetAction(list, (request, parsed, cancel) => ListAsync(request, parsed.GetValue(all), cancel));
        return list;
    }

    private static Command Follow()
    {
        var follow = new Command("follow", "Shows alerts as they come, until interrupted; with --since also those before.");
        SetAction(follow, (request, _, cancel) => FollowAsync(request, cancel));
        return follow;
    }

    private static void SetAction(Command command, Func<Request, ParseResult, CancellationToken, Task<int>> act)
    {
        var topic = new TopicArguments("The alert topic; default: that of the configuration.", t => t.Alerts);
        var filter = new AlertFilterArguments();
        var json = new Option<bool>("--json") { Description = "The messages themselves, one a line; so it is without a terminal." };
        filter.AddTo(command);
        command.Add(json);
        topic.AddTo(command);
        command.SetAction((parsed, cancel) =>
        {
            var (kafka, name) = topic.Read(parsed);
            var request = new Request(kafka, name, filter.Read(parsed, TimeProvider.System), parsed.GetValue(json) || !Terminal.IsOutput);
            return act(request, parsed, cancel);
        });
    }

    private static async Task<int> ListAsync(Request request, bool history, CancellationToken cancel)
    {
        var changes = new List<AlertMessage>();
        var active = new Dictionary<string, AlertMessage>(StringComparer.Ordinal);
        var others = 0;
        await AlertReader.ReadAsync(request.Kafka, request.Topic, Offset.Beginning, toEnd: true, alert =>
        {
            if (alert is null) others++;
            else if (!request.Filter.Concerns(alert)) return;
            else if (history) changes.Add(alert);
            else if (alert.Active) active[alert.AlertId] = alert;
            else active.Remove(alert.AlertId);
        }, cancel);
        if (cancel.IsCancellationRequested) return ExitCodes.Failed;
        var shown = (history ? changes : active.Values.ToList()).Where(request.Filter.Shows).OrderBy(a => a.Time).ToList();
        if (request.Json) foreach (var alert in shown) Terminal.WriteJsonLine(alert.Json);
        else if (shown.Count == 0) Terminal.Note(history ? "no alerts" : "no active alerts");
        else AlertTable.Print(shown, history);
        if (others > 0) Terminal.Note($"{others} records of {request.Topic} are not alerts");
        return ExitCodes.Done;
    }

    private static async Task<int> FollowAsync(Request request, CancellationToken cancel)
    {
        if (!request.Json) Terminal.Note($"following {request.Topic}, Ctrl-C ends");
        var from = request.Filter.Since is null ? Offset.End : Offset.Beginning;
        await AlertReader.ReadAsync(request.Kafka, request.Topic, from, toEnd: false, alert =>
        {
            if (alert is null || !request.Filter.Concerns(alert) || !request.Filter.Shows(alert)) return;
            if (request.Json) Terminal.WriteJsonLine(alert.Json);
            else AlertTable.PrintLine(alert);
        }, cancel);
        return ExitCodes.Done;
    }
}
