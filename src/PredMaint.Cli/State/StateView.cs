using System.Text;
using PredMaint.Cli.Output;
using PredMaint.Core.Machines;
using PredMaint.Core.Readings;
using PredMaint.Core.Settings;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.State;

namespace PredMaint.Cli.State;

/// <summary>Stored state as a table, as rows or as JSON.</summary>
/// <param name="members">Consumers in the group now: while they work, offsets move on.</param>
internal sealed class StateView(WorkerOptions options, IReadOnlyList<StoredPartition> stored, int members)
{
    /// <summary>Snapshots that cannot be read are named up to here; more are only counted.</summary>
    private const int MostNamed = 20;

    private static readonly string[] Heads =
        ["partition", "machines", "retired", "unreadable", "bytes", "bytes read", "youngest", "median", "oldest", "position", "replay from", "commands", "committed", "agrees", "unread", "clock"];

    public int Show(bool json)
    {
        if (json) Terminal.WriteJson(new { options.Group, members, topic = options.Topics.State, partitions = stored.Select(Description) });
        else
        {
            Terminal.Table(Heads, [.. stored.Select(Row)]);
            Console.Out.WriteLine($"group {options.Group} has {members} member(s); readings topic id {stored[0].Facts.Start.TopicId}");
        }
        foreach (var s in stored)
        {
            if (s.Control is null && s.Records > 0) Terminal.Note($"partition {s.Partition}: no control record: {s.ControlFault}");
            if (Contradiction(s) is { } contradiction) Terminal.Note($"partition {s.Partition}: {contradiction}; `predmaint state reset --partition {s.Partition}` starts its machines cold");
            var unreadable = s.Machines.Where(m => m.Fault is not null).ToList();
            foreach (var m in unreadable.Take(MostNamed)) Terminal.Note($"partition {s.Partition}: the snapshot of {Name(m)} cannot be read: {m.Fault}");
            if (unreadable.Count > MostNamed) Terminal.Note($"partition {s.Partition}: {unreadable.Count - MostNamed} more cannot be read");
        }
        return ExitCodes.Done;
    }

    public int ShowMachine(byte[] key, bool json)
    {
        var partition = stored.FirstOrDefault(s => s.Find(key) is not null);
        if (partition?.Find(key) is not { } found) return Terminal.Failure($"no state of machine {Encoding.UTF8.GetString(key)}");
        if (json) { Terminal.WriteJson(Description(partition, found)); return ExitCodes.Done; }
        var m = found.Machine;
        List<(string, string)> rows = [("machine", Name(found)), ("partition", $"{partition.Partition}"), ("bytes", $"{found.Bytes}")];
        if (found.Fault is not null) rows.Add(("unreadable", found.Fault));
        else if (m.IsRetired) rows.Add(("retired", $"since {Time(m.HeardClockUs)}, of which nothing is left"));
        else
        {
            rows.Add(("read up to", $"offset {m.Through}, at clock {Time(m.HeardClockUs)}"));
            rows.Add(("last reading", m.LastOffset < 0 ? "none since its history began" : $"offset {m.LastOffset}, {Time(m.LastTimeUs)}; {m.Held?.Count ?? 0} held back"));
        }
        rows.AddRange(found.Models.Select(o => ("model", $"{o.Model.NameAndVersion}, {o.Model.Kind}: {o.State.Steps} steps, {(o.State.Alert.Active
            ? $"{Fields.NameOf(o.State.Alert.Severity)} alert since {Time(o.State.Alert.OnsetUs)}" : "no alert")}")));
        Terminal.Rows(rows);
        return ExitCodes.Done;
    }

    /// <summary>What a reset does to each partition.</summary>
    public static void ShowResets(IReadOnlyList<StoredPartition> stored, WorkerOptions options, bool isPlan)
    {
        foreach (var s in stored)
        {
            var commit = s.Reset(options.TaskSettings());
            var why = commit.Position == s.Facts.Start.Committed ? "the committed offset" : $"startAt {Fields.NameOf(options.StartAt)}";
            Console.Out.WriteLine($"partition {s.Partition}: {commit.Removed.Count} machines {(isPlan ? "would start" : "start")} cold at offset {commit.Position}, {why}; {commit.Transitions.Count} active alerts {(isPlan ? "would be" : "are")} cleared");
            var unreadable = s.Machines.Count(m => m.Fault is not null);
            if (unreadable > 0) Terminal.Note($"partition {s.Partition}: {unreadable} snapshots cannot be read; alerts of those machines, if any, stay active in {options.Topics.Alerts}");
        }
    }

    private string[] Row(StoredPartition s)
    {
        var (ages, control) = (s.Ages, s.Control);
        return
        [
            $"{s.Partition}", $"{Live(s)}", $"{Retired(s)}", $"{s.Machines.Count(m => m.Fault is not null)}", $"{s.Machines.Sum(m => m.Bytes)}", $"{s.BytesRead}",
            Age(ages, 0), Age(ages, 0.5), Age(ages, 1),
            control is null ? "-" : $"{control.Position}", control is null ? "-" : $"{control.ReplayFrom}", control is null ? "-" : $"{control.CommandsPosition}",
            $"{s.Facts.Start.Committed?.ToString() ?? "-"}", Agrees(s), $"{s.Facts.ReadingsEnd - (s.Facts.Start.Committed ?? control?.Position ?? s.Facts.Start.StartAt)}", control is null ? "-" : Time(control.ClockUs),
        ];
    }

    private object Description(StoredPartition s) => new
    {
        s.Partition, machines = Live(s), retired = Retired(s),
        unreadable = s.Machines.Where(m => m.Fault is not null).Select(m => new { machine = Name(m), m.Fault }),
        bytes = s.Machines.Sum(m => m.Bytes), s.BytesRead, recordsRead = s.Records,
        ageSeconds = s.Ages is not { Count: > 0 } ages ? null : new { youngest = ages[0].TotalSeconds, median = ages[ages.Count / 2].TotalSeconds, oldest = ages[^1].TotalSeconds },
        control = s.Control is not { } c ? null : new { c.TopicId, c.Position, c.ReplayFrom, c.CommandsPosition, clock = Time(c.ClockUs) },
        committed = s.Facts.Start.Committed, readingsEnd = s.Facts.ReadingsEnd, commandsEnd = s.Facts.Start.CommandsEnd, agrees = Agrees(s),
    };

    private static object Description(StoredPartition s, StoredMachine m) => new
    {
        machine = Name(m), s.Partition, m.Bytes, m.Fault, retired = m.Machine.IsRetired, m.Machine.Through, heardClock = Time(m.Machine.HeardClockUs),
        lastOffset = m.Machine.LastOffset, lastTime = Time(m.Machine.LastTimeUs), held = m.Machine.Held?.Count ?? 0,
        models = m.Models.Select(o => new
        {
            o.Model.Name, o.Model.Version, o.Model.Kind, o.State.Steps, active = o.State.Alert.Active,
            severity = o.State.Alert.Active ? Fields.NameOf(o.State.Alert.Severity) : null, onset = o.State.Alert.Active ? Time(o.State.Alert.OnsetUs) : null,
        }),
    };

    /// <summary>Whether control record and committed offset are one: a worker refuses where they are not.</summary>
    private string Agrees(StoredPartition s)
    {
        if (s.Control is null) return s.Facts.Start.Committed is null && s.Machines.Count == 0 ? "unused" : "no";
        if (s.Control.TopicId != s.Facts.Start.TopicId) return "other topic";
        if (s.Facts.Start.Committed is not { } committed) return "none";
        return committed == s.Control.Position ? "yes" : members > 0 ? "moving" : "no";
    }

    private string? Contradiction(StoredPartition s) => Agrees(s) switch
    {
        "no" => $"committed offset and control record contradict each other ({s.Facts.Start.Committed?.ToString() ?? "none"}, {s.Control?.Position.ToString() ?? "none"})",
        "other topic" => $"the state is of a readings topic with id {s.Control!.TopicId}",
        _ => null,
    };

    private static int Live(StoredPartition s) => s.Machines.Count(m => m.Fault is null && !m.Machine.IsRetired);

    private static int Retired(StoredPartition s) => s.Machines.Count(m => m.Machine.IsRetired);

    private static string Name(StoredMachine m) => Encoding.UTF8.GetString(m.Machine.Key);

    private static string Time(long us) => us == long.MinValue ? "none" : Rfc3339.Format(us);

    private static string Age(IReadOnlyList<TimeSpan> ages, double part) => ages.Count == 0 ? "-" : $"{ages[(int)((ages.Count - 1) * part)].TotalSeconds:0.0} s";
}
