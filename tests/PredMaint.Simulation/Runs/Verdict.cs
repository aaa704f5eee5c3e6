using System.Text;
using System.Text.Json;
using PredMaint.Core.Alerts;
using PredMaint.Core.Machines;
using PredMaint.Core.Snapshots;
using PredMaint.Simulation.Kafka;

namespace PredMaint.Simulation.Runs;

/// <summary>What must hold of every transaction, and of everything that was published in the end.</summary>
internal sealed class Verdict(Scenario scenario, Broker broker, bool hasUpgrades, Action<string> fail)
{
    private readonly Dictionary<int, ControlRecord> decided = [];
    private readonly Dictionary<string, HashSet<string>> known = new(StringComparer.Ordinal);
    private readonly Scorer reader = new(scenario.Models, Scorer.SensorsOf(scenario.Models), scenario.Readings, 8, new TaskCounters());

    /// <summary>Transitions that were published.</summary>
    public int Alerts { get; private set; }

    public int Commits { get; private set; }

    /// <summary>A partition's control record of the last transaction that was decided to commit; null before the first.</summary>
    public ControlRecord? Control(int partition) => decided.GetValueOrDefault(partition);

    /// <summary>Of a transaction, when it is decided that it commits.</summary>
    public void OnCommit(Transaction transaction)
    {
        Commits++;
        var state = broker.Topic(Scenario.Topics.State);
        for (var partition = 0; partition < broker.Partitions; partition++)
        {
            var key = ControlRecord.Key.ToArray();
            var written = state[partition].Records.Where(r => r.Transaction == transaction && !r.IsMarker).ToList();
            if (!transaction.Offsets.TryGetValue(partition, out var offset))
            {
                if (written.Count > 0) fail($"state of partition {partition} is committed without its offset");
                continue;
            }
            if (written.LastOrDefault(r => key.AsSpan().SequenceEqual(r.Key)) is not { Value: { } value })
            {
                fail($"offset {offset} of partition {partition} is committed without a control record");
                continue;
            }
            var control = ControlRecord.Read(value);
            foreach (var removed in written.Where(r => r.Value is null)) JudgeRemoval(partition, removed, control);
            if (hasUpgrades && scenario.DecidesAtOnce) JudgeDecisions(transaction, partition);
            if (hasUpgrades && !scenario.Retires) JudgeModels(partition, written);
            Judge(partition, offset, control);
        }
    }

    /// <summary>Of offsets that the group takes from a member.</summary>
    public void OnOffsets(string member, IEnumerable<int> partitions)
    {
        foreach (var partition in partitions)
            if (member.Length > 0 && !broker.Group.Owns(member, partition)) fail($"{member} commits partition {partition}, which it does not own");
    }

    /// <summary>Of all that subscribers of committed records have got.</summary>
    public void Judge()
    {
        var (transitions, letters) = scenario.StraightRun();
        var expected = transitions.ToLookup(t => Encoding.UTF8.GetString(t.Machine), t => Encoding.UTF8.GetString(t.Json), StringComparer.Ordinal);
        var got = Visible(Scenario.Topics.Alerts).ToLookup(r => Encoding.UTF8.GetString(r.Key!), r => Encoding.UTF8.GetString(r.Value!), StringComparer.Ordinal);
        Alerts = got.Sum(m => m.Count());
        var active = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (var machine in expected.Select(m => m.Key).Union(got.Select(m => m.Key), StringComparer.Ordinal).ToList())
        {
            if (hasUpgrades) active.Add(machine, JudgeForm(machine, got[machine]));
            if (!hasUpgrades) Compare(machine, [.. expected[machine]], [.. got[machine]]);
            // Sets may have them in another order.
            else foreach (var model in Fleet.Steady) Compare(machine, [.. expected[machine].Where(IsOf(model))], [.. got[machine].Where(IsOf(model))]);
        }
        JudgeState(active);
        var buried = Visible(Scenario.Topics.DeadLetters).Select(r => $"{Header(r, "predmaint.partition")}/{Header(r, "predmaint.offset")} {Header(r, "predmaint.reason")}").Order(StringComparer.Ordinal).ToList();
        var due = letters.Select(l => $"{l.Partition}/{l.Offset} {l.Reason}").Order(StringComparer.Ordinal).ToList();
        if (!buried.SequenceEqual(due, StringComparer.Ordinal)) fail($"dead letters are {string.Join(", ", buried)} instead of {string.Join(", ", due)}");
    }

    /// <summary>A replay would take the machine for a new one.</summary>
    private void JudgeRemoval(int partition, LogRecord removed, ControlRecord control)
    {
        if (scenario.LastOf(partition, removed.Key!, control.Position) is var last && last >= control.ReplayFrom)
            fail($"partition {partition}: the state of {Encoding.UTF8.GetString(removed.Key!)} is removed, but a restore would replay its reading {last}");
    }

    /// <summary>What a score led to was decided by a reading that was not committed before.</summary>
    private void JudgeDecisions(Transaction transaction, int partition)
    {
        if (!decided.TryGetValue(partition, out var before)) return;
        foreach (var record in broker.Topic(Scenario.Topics.Alerts).SelectMany(log => log.Records).Where(r => r.Transaction == transaction && !r.IsMarker))
        {
            using var alert = JsonDocument.Parse(record.Value);
            var data = alert.RootElement.GetProperty("data");
            var position = data.GetProperty("position");
            if (data.GetProperty("reason").GetString() == "score" && position.GetProperty("partition").GetInt32() == partition && position.GetProperty("offset").GetInt64() < before.Position)
                fail($"partition {partition}: decided by a reading before {before.Position}: {Encoding.UTF8.GetString(record.Value!)}");
        }
    }

    /// <summary>Whoever writes a machine's state, no model's part of it is lost: the next owner may have the model.</summary>
    private void JudgeModels(int partition, IEnumerable<LogRecord> written)
    {
        foreach (var record in written.Where(r => r.Value is not null && !ControlRecord.Key.SequenceEqual(r.Key)))
        {
            var id = Encoding.UTF8.GetString(record.Key!);
            var now = ModelsOf(id, record.Value!).Where(m => m.IsOrphan).Select(m => m.Model.NameAndVersion).ToHashSet(StringComparer.Ordinal);
            if (known.TryGetValue(id, out var before) && !now.IsSupersetOf(before))
                fail($"partition {partition}: the state of {id} was of {string.Join(", ", before)}, now it is of {string.Join(", ", now)}");
            known[id] = now;
        }
    }

    /// <summary>As a worker that is not upgraded reads it.</summary>
    private IEnumerable<(AlertModel Model, bool IsActive, bool IsOrphan)> ModelsOf(string id, byte[] snapshot)
    {
        var machine = reader.CreateMachine(Encoding.UTF8.GetBytes(id), id);
        reader.Codec.Read(snapshot, machine);
        for (var i = 0; i < machine.Models.Length; i++)
            if (machine.Models[i] is { } state) yield return (reader.Entries[i].AlertModel, state.Alert.Active, false);
        foreach (var orphan in machine.Orphans ?? []) yield return (orphan.Model, orphan.State.Alert.Active, true);
    }

    /// <summary>Who restores now finds the alerts active that subscribers hold for active.</summary>
    private void JudgeState(Dictionary<string, HashSet<string>> active)
    {
        var snapshots = Visible(Scenario.Topics.State).Where(r => !ControlRecord.Key.SequenceEqual(r.Key)).GroupBy(r => Encoding.UTF8.GetString(r.Key!), StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.Last().Value, StringComparer.Ordinal);
        foreach (var (id, published) in active)
        {
            var state = snapshots.GetValueOrDefault(id) is { } snapshot ? ModelsOf(id, snapshot).Where(m => m.IsActive).Select(m => m.Model.NameAndVersion) : [];
            if (!published.SetEquals(state)) fail($"{id}: published as active are {string.Join(", ", published)}, in the state {string.Join(", ", state)}");
        }
    }

    private void Judge(int partition, long offset, ControlRecord control)
    {
        if (control.Position != offset) fail($"partition {partition}: the control record says {control.Position}, the offset is {offset}");
        if (decided.TryGetValue(partition, out var before) && (offset < before.Position || control.CommandsPosition < before.CommandsPosition))
            fail($"partition {partition}: {control} is committed after {before}");
        decided[partition] = control;
        if (control.ReplayFrom > control.Position || control.Position - control.ReplayFrom >= scenario.ReplayMax)
            fail($"partition {partition}: a restore at {control.Position} would replay from {control.ReplayFrom}, at most {scenario.ReplayMax} are allowed");
    }

    private void Compare(string machine, List<string> expected, List<string> got)
    {
        for (var i = 0; i < Math.Max(expected.Count, got.Count); i++)
        {
            var (e, g) = (i < expected.Count ? expected[i] : "nothing more", i < got.Count ? got[i] : "nothing more");
            if (e == g) continue;
            fail($"alert {i} of {machine} ({got.Count} of {expected.Count})\n  is     {g}\n  not    {e}");
            return;
        }
    }

    private static Func<string, bool> IsOf(string model) => alert => alert.Contains($"\"model\":{{\"name\":\"{model}\"", StringComparison.Ordinal);

    /// <summary>Whatever models come and go: raised and cleared alternate, no id comes twice, and two versions of a model never speak at once.</summary>
    private HashSet<string> JudgeForm(string machine, IEnumerable<string> alerts)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var active = new HashSet<string>(StringComparer.Ordinal);
        foreach (var text in alerts)
        {
            using var alert = JsonDocument.Parse(text);
            var data = alert.RootElement.GetProperty("data");
            var model = $"{data.GetProperty("model").GetProperty("name").GetString()}@{data.GetProperty("model").GetProperty("version").GetString()}";
            if (!ids.Add(alert.RootElement.GetProperty("id").GetString()!)) fail($"{machine}: twice: {text}");
            var isFine = alert.RootElement.GetProperty("type").GetString() switch
            {
                "predmaint.alert.raised" => active.Add(model) && active.Count(m => m.StartsWith("window@", StringComparison.Ordinal)) <= 1,
                "predmaint.alert.cleared" => active.Remove(model),
                _ => active.Contains(model),
            };
            if (!isFine) fail($"{machine}: raised and cleared of {model} do not alternate at {text}");
        }
        return active;
    }

    private IEnumerable<LogRecord> Visible(string topic) => broker.Topic(topic).SelectMany(log => log.Records).Where(r => r.IsVisible);

    private static string Header(LogRecord record, string name) => Encoding.UTF8.GetString(record.Headers!.GetLastBytes(name));
}
