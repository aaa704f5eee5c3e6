using System.Text;
using PredMaint.Core.Alerts;
using PredMaint.Core.Commands;
using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;
using PredMaint.Core.Tests.Commands;
using PredMaint.Core.Tests.Models;

namespace PredMaint.Core.Tests.Snapshots;

/// <summary>A partition, its compacted state and its committed offset; and the task that works on it now.</summary>
/// <param name="rolls">False where machines are saved for their changes and for replayMax alone, none before its time.</param>
internal sealed class RestartWorld(IReadOnlyList<(string Machine, long TimeMs, float Value)> log, bool rolls = true)
{
    public const int ReplayMax = 12;

    public static readonly Guid Topic = new("b5b0c1de-3f3c-5d0f-9a52-6d0f6d5e5c01");

    public static readonly ModelEntry[] Entries =
    [
        // A slow and a fast average, by M of N with hysteresis.
        new(Averaging("slow", 0.75f), "*", new AlertPolicy { RaiseAt = 0.6f, ClearAt = 0.4f, RaiseAfter = new MOfN(2, 3), ClearAfter = new MOfN(2, 2) }),
        new(new FakeModel(FakeModel.Window(3, "s2") with { Name = "window" }, row => row.Score = row.X(0, 0) + row.X(2, 0)), "*", new AlertPolicy { RaiseAt = 1.2f, ClearAt = 1 }),
    ];

    public static readonly TaskSettings Settings = new(
        new ReadingSettings { Lateness = TimeSpan.FromMilliseconds(3), MaxGap = TimeSpan.FromMilliseconds(40) }, "/predmaint/test", "readings")
    {
        ReplayMax = ReplayMax, SnapshotInterval = TimeSpan.FromMilliseconds(50), MachineTtl = TimeSpan.FromMilliseconds(120),
    };

    private readonly List<string> published = [];
    private Scorer scorer = null!;
    private long? committed;

    public PartitionTask Task { get; private set; } = null!;

    public Dictionary<string, byte[]> State { get; } = new(StringComparer.Ordinal);

    /// <summary>Each stands before the reading of an offset.</summary>
    public IReadOnlyList<(int At, string Machine)> Commands { get; init; } = [];

    public IReadOnlyList<string> Published => published;

    public long Replayed { get; private set; }

    public void Begin(ModelEntry[]? entries = null, StartFacts? facts = null)
    {
        entries ??= Entries;
        scorer = new Scorer(entries, Scorer.SensorsOf(entries), Settings.Readings, batchMax: 8, new TaskCounters());
        Task = new PartitionTask(0, rolls ? Settings : Settings with { SnapshotInterval = TimeSpan.FromDays(1) }, scorer);
        foreach (var (key, value) in State) Task.Restore(Encoding.UTF8.GetBytes(key), value, isTombstone: false);
        var from = Task.Start(facts ?? new StartFacts(Topic, committed, 0, 0, 0, committed is null ? 0 : Commands.Count));
        Replayed = Task.LiveFrom - from;
        Admit((int)Replayed);
        Assert.True(Task.IsLive);
    }

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
        published.AddRange(commit.DeadLetters.Select(l => $"{l.Reason} {l.Offset} {l.IsCommand}"));
        published.AddRange(commit.Transitions.Select(t => Encoding.UTF8.GetString(t.Json)));
        foreach (var machine in commit.Snapshots) State[Encoding.UTF8.GetString(machine.Key)] = scorer.Codec.Write(machine);
        foreach (var machine in commit.Removed) State.Remove(Encoding.UTF8.GetString(machine.Key));
        State["\0control"] = (commit.Control with { TopicId = Topic }).Write();
        committed = commit.Position;
        Task.Committed();
    }

    private static FakeModel Averaging(string name, float keep) => new(
        FakeModel.Stateful("s1") with { Name = name },
        row =>
        {
            row.SetState(0, keep * row.State(0) + (1 - keep) * row.X(0, 0));
            row.Score = keep * row.State(0) + (1 - keep) * row.X(0, 0);
        },
        new StateShape(1, 1));

    /// <summary>From machine, step of the clock, lateness and value.</summary>
    public static List<(string Machine, long TimeMs, float Value)> Log(IReadOnlyList<(int Machine, int Step, int Late, double Value)> readings)
    {
        var clock = 0L;
        return [.. readings.Select(r => ($"m{r.Machine}", (clock += r.Step) + r.Late, (float)r.Value))];
    }
}
