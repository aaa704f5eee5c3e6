using System.Globalization;
using System.Text;
using PredMaint.Cli.Output;
using PredMaint.Core.Readings;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.State;
using Words = PredMaint.Core.Settings.Fields;

namespace PredMaint.Cli.State;

/// <summary>Stored state for people and for scripts.</summary>
/// <param name="members">Consumers in the group now: while they work, offsets move on.</param>
internal sealed class StateView(WorkerOptions options, IReadOnlyList<StoredPartition> stored, int members)
{
    /// <summary>Snapshots that cannot be read are named up to here; all are counted.</summary>
    private const int MostNamed = 20;

    public int Show(bool json)
    {
        var rows = stored.Select(Columns).ToList();
        var topicId = stored[0].Facts.Start.Topics.Readings;
        if (json) Terminal.WriteJson(new { options.Group, members, options.Topics, readingsTopicId = topicId, partitions = rows.Select(Fields) });
        else
        {
            Terminal.Table([.. rows[0].Select(c => c.Name)], [.. rows.Select(r => r.Select(c => Text(c.Value)).ToArray())]);
            Console.Out.WriteLine($"group {options.Group} has {members} member(s); readings topic id {topicId}");
        }
        foreach (var s in stored)
        {
            if (s.Control is null && s.Records > 0) Terminal.Note($"partition {s.Partition}: there is no control record that can be read");
            if (Agrees(s) is "no" or "other topic") Terminal.Note($"partition {s.Partition}: a worker refuses, committed offset, control record and topics contradict each other; `predmaint state reset --partition {s.Partition}` starts its machines cold");
            foreach (var m in s.Machines.Where(m => m.Fault is not null).Take(MostNamed)) Terminal.Note($"partition {s.Partition}: the snapshot of {m.Id} cannot be read: {m.Fault}");
        }
        return ExitCodes.Done;
    }

    public int ShowMachine(string id, bool json)
    {
        var partition = stored.FirstOrDefault(s => s.Find(id) is not null);
        if (partition?.Find(id) is not { } found) return Terminal.Failure($"no snapshot of machine {id}: it was never read, or what was read of it is replayed by the next restore (from replayFrom on)");
        var m = found.Machine;
        List<(string Name, object? Value)> rows =
        [
            ("machine", id), ("partition", partition.Partition), ("bytes", found.Bytes), ("unreadable", found.Fault), ("retired", m.IsRetired), ("through", m.Through),
            ("heardClock", Time(m.HeardClockUs)), ("lastOffset", m.LastOffset < 0 ? null : m.LastOffset), ("lastTime", Time(m.LastTimeUs)), ("heldBack", m.Held?.Count ?? 0),
            .. found.Models.Select(o => (o.Model.NameAndVersion, (object?)$"{o.Model.Kind}, {o.State.Steps} steps, {(o.State.Alert.Active
                ? $"{Words.NameOf(o.State.Alert.Severity)} alert since {Time(o.State.Alert.OnsetUs)}" : "no alert")}")),
        ];
        if (json) Terminal.WriteJson(Fields(rows));
        else Terminal.Rows([.. rows.Select(r => (r.Name, Text(r.Value)))]);
        return ExitCodes.Done;
    }

    /// <summary>What a reset does to each partition, or would do.</summary>
    public static void ShowResets(IReadOnlyList<StoredPartition> stored, WorkerOptions options, bool isPlan)
    {
        foreach (var s in stored)
        {
            var commit = s.Reset(options.TaskSettings());
            var why = commit.Position == s.Facts.Start.Committed ? "the committed offset" : $"startAt {Words.NameOf(options.StartAt)}";
            Console.Out.WriteLine($"partition {s.Partition}: {commit.Removed.Count} machines {(isPlan ? "would start" : "start")} cold at offset {commit.Position}, {why}; {commit.Transitions.Count} active alerts {(isPlan ? "would be" : "are")} cleared");
            if (s.Machines.Any(m => m.Fault is not null)) Terminal.Note($"partition {s.Partition}: alerts of machines whose snapshot cannot be read stay active in {options.Topics.Alerts}");
        }
    }

    private List<(string Name, object? Value)> Columns(StoredPartition s)
    {
        var (ages, control, committed) = (s.Ages, s.Control, s.Facts.Start.Committed);
        return
        [
            ("partition", s.Partition), ("machines", s.Machines.Count(m => m.Fault is null && !m.Machine.IsRetired)), ("retired", s.Machines.Count(m => m.Machine.IsRetired)),
            ("unreadable", s.Machines.Count(m => m.Fault is not null)), ("bytes", s.Machines.Sum(m => m.Bytes)), ("bytesRead", s.BytesRead),
            ("youngestSeconds", Age(ages, 0)), ("medianSeconds", Age(ages, 0.5)), ("oldestSeconds", Age(ages, 1)),
            ("position", control?.Position), ("replayFrom", control?.ReplayFrom), ("commandsPosition", control?.CommandsPosition), ("clock", control is null ? null : Time(control.ClockUs)),
            ("committed", committed), ("agrees", Agrees(s)), ("unread", s.Facts.Start.End - (committed ?? control?.Position ?? s.Facts.Start.StartAt)),
        ];
    }

    /// <summary>Whether control record and committed offset are one: a worker refuses where they are not.</summary>
    private string Agrees(StoredPartition s)
    {
        if (s.Control is null) return s.Facts.Start.Committed is null && s.Machines.Count == 0 ? "unused" : "no";
        if (s.Control.Topics.Contradiction(s.Facts.Start.Topics) is not null) return "other topic";
        if (s.Facts.Start.Committed is not { } committed) return "none";
        return committed == s.Control.Position ? "yes" : members > 0 ? "moving" : "no";
    }

    private static Dictionary<string, object?> Fields(IEnumerable<(string Name, object? Value)> row) => row.ToDictionary(c => c.Name, c => c.Value, StringComparer.Ordinal);

    private static string Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) is { Length: > 0 } text ? text : "-";

    private static string? Time(long us) => us == long.MinValue ? null : Rfc3339.Format(us);

    private static double? Age(IReadOnlyList<TimeSpan> ages, double part) => ages.Count == 0 ? null : Math.Round(ages[(int)((ages.Count - 1) * part)].TotalSeconds, 1);
}
