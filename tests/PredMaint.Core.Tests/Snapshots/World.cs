using System.Text;
using PredMaint.Core.Alerts;
using PredMaint.Core.Commands;
using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;
using PredMaint.Core.Snapshots;
using PredMaint.Core.Tests.Commands;

namespace PredMaint.Core.Tests.Snapshots;

/// <summary>A partition, its compacted state and its committed offset; and the task that works on it now.</summary>
/// <param name="rolls">False where machines are saved for their changes and for replayMax alone, none before its time.</param>
/// <param name="reloads">The same models are loaded again while state is read and while readings are replayed.</param>
internal sealed class World(ModelEntry[] entries, IReadOnlyList<(string Machine, long TimeMs, float Value)> log, bool rolls = true, bool reloads = false)
{
    public const int ReplayMax = 12;

    public static readonly TopicIds Topics = new(new("b5b0c1de-3f3c-5d0f-9a52-6d0f6d5e5c01"), new("b5b0c1de-3f3c-5d0f-9a52-6d0f6d5e5c02"), new("b5b0c1de-3f3c-5d0f-9a52-6d0f6d5e5c03"));

    private static readonly TaskSettings Settings = new(
        new ReadingSettings { Lateness = TimeSpan.FromMilliseconds(3), MaxGap = TimeSpan.FromMilliseconds(40) }, "/predmaint/test", "readings")
    {
        ReplayMax = ReplayMax, SnapshotInterval = TimeSpan.FromMilliseconds(50), MachineTtl = TimeSpan.FromMilliseconds(120),
    };

    private readonly List<Transition> published = [];
    private readonly Dictionary<(string Machine, string Model), (string Kind, Severity Severity)> active = [];
    private Scorer scorer = null!;
    private long? committed;

    public PartitionTask Task { get; private set; } = null!;

    public Dictionary<string, byte[]> State { get; } = new(StringComparer.Ordinal);

    /// <summary>Each stands before the reading of an offset.</summary>
    public IReadOnlyList<(int At, string Machine)> Commands { get; init; } = [];

    public IReadOnlyList<string> Published => [.. published.Select(t => Encoding.UTF8.GetString(t.Json))];

    public List<DeadLetter> DeadLetters { get; } = [];

    public IEnumerable<AlertEvent> Transitions => published.Select(t => t.Event);

    public long Replayed { get; private set; }

    /// <summary>What the next worker's configuration says of them.</summary>
    public ReadingSettings Readings { get; set; } = Settings.Readings;

    /// <summary>A worker begins where the last one stopped or died.</summary>
    /// <param name="others">Its models, where they are others.</param>
    public void Begin(ModelEntry[]? others = null, StartFacts? facts = null)
    {
        scorer = NewScorer(others ?? entries);
        var settings = Settings with { Readings = Readings };
        Task = new PartitionTask(0, rolls ? settings : settings with { SnapshotInterval = TimeSpan.FromDays(1) }, scorer);
        foreach (var (key, value) in State)
        {
            Task.Restore(Encoding.UTF8.GetBytes(key), value, isTombstone: false);
            if (reloads) Use(entries);
        }
        var from = Task.Start(facts ?? new StartFacts(Topics, committed, 0, 0, 0, Commands.Count));
        Replayed = Task.LiveFrom - from;
        Admit((int)Replayed / 2);
        if (reloads) Use(entries);
        Admit((int)(Task.LiveFrom - Task.Position));
        Assert.True(Task.IsLive);
    }

    /// <summary>Other models are loaded.</summary>
    public void Use(ModelEntry[] others)
    {
        scorer = NewScorer(others);
        Task.Use(scorer);
    }

    private Scorer NewScorer(ModelEntry[] entries) =>
        new(entries, Scorer.SensorsOf(entries), Readings, batchMax: 8, new TaskCounters());

    public void Admit(int count)
    {
        for (; count > 0 && Task.Position < log.Count; count--)
        {
            CarryOut();
            var (machine, timeMs, value) = log[(int)Task.Position];
            var slot = new Reading(scorer.Sensors.Count);
            WideJsonDecoder.DecodeKey(Encoding.UTF8.GetBytes(machine), isNull: false, slot);
            (slot.TimeUs, slot.Offset) = (timeMs * 1000, Task.Position);
            Array.Fill(slot.Values, value);
            Task.Add(slot);
        }
        scorer.Score();
    }

    /// <summary>The commands that stand before the next reading.</summary>
    public void CarryOut()
    {
        for (var i = Task.CommandsPosition; Task.IsLive && i < Commands.Count && Commands[(int)i].At <= Task.Position; i++)
        {
            var machine = Commands[(int)i].Machine;
            Task.Add(Command.Read(Encoding.UTF8.GetBytes(machine), Encoding.UTF8.GetBytes(CommandTests.Json(machine)), 0, i));
        }
    }

    public void Commit()
    {
        var commit = Task.Prepare();
        DeadLetters.AddRange(commit.DeadLetters);
        published.AddRange(commit.Transitions);
        foreach (var machine in commit.Snapshots) State[Encoding.UTF8.GetString(machine.Key)] = scorer.Codec.Write(machine);
        foreach (var machine in commit.Removed) State.Remove(Encoding.UTF8.GetString(machine.Key));
        State["\0control"] = (commit.Control with { Topics = Topics }).Write();
        committed = commit.Position;
        Task.Committed();
        CheckActive(commit.Transitions);
    }

    /// <summary>What the task counts is what a reader of the messages would.</summary>
    private void CheckActive(IEnumerable<Transition> transitions)
    {
        foreach (var alert in transitions.Select(t => t.Event))
            if (alert.Active) active[(alert.MachineId, alert.Model.NameAndVersion)] = (alert.Model.Kind, alert.Severity);
            else active.Remove((alert.MachineId, alert.Model.NameAndVersion));
        Assert.Equal(active.Values.CountBy(v => v).OrderBy(c => c.Key), Task.ActiveAlerts.Where(c => c.Value != 0).OrderBy(c => c.Key));
    }
}
