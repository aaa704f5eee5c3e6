using System.Globalization;
using System.Text;
using PredMaint.Core.Alerts;
using PredMaint.Core.Backtest;
using PredMaint.Core.Commands;
using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;
using PredMaint.Worker.Configuration;

namespace PredMaint.Simulation.Runs;

/// <summary>A record of the readings topic, or the end of a gateway's transaction there.</summary>
/// <param name="Transaction">Which of the partition's; 0 where it is in none.</param>
/// <param name="Commits">Where it ends a transaction: how.</param>
internal sealed record Sent(byte[]? Key, byte[]? Value, long TimestampMs, int Transaction, bool? Commits)
{
    /// <summary>False for what ends as a dead letter.</summary>
    public bool IsReading { get; init; } = true;

    /// <summary>A command that is sent when all before this is committed; this waits until that is carried out. Null for most.</summary>
    public (byte[] Machine, byte[] Value)? Command { get; init; }
}

/// <summary>What is sent to the readings topic in one seed, how workers are configured, and what follows from it by definition.</summary>
internal sealed class Scenario
{
    public const int Partitions = 2;

    private const long BeginMs = 1_767_225_600_000;

    private readonly Random random;
    private readonly string[][] machines;
    private readonly TimeSpan commitInterval;
    private readonly TimeSpan snapshotInterval;
    private readonly int changes;
    private readonly bool hasCommands;

    public Scenario(Random random)
    {
        this.random = random;
        machines = [.. Enumerable.Range(0, Partitions).Select(p => MachinesOf(p, random.Next(1, 6)))];
        Retires = random.Next(4) > 0;
        hasCommands = random.Next(2) == 0;
        Models = random.Next(3) == 0 ? Fleet.Replacing : Fleet.Sets[0];
        ReplayMax = random.Next(2) == 0 ? 12 : 60;
        commitInterval = TimeSpan.FromMilliseconds(random.Next(3) switch { 0 => 10, 1 => 40, _ => 120 });
        snapshotInterval = random.Next(2) == 0 ? TimeSpan.FromMilliseconds(50) : TimeSpan.FromDays(1);
        changes = random.Next(3) switch { 0 => 3, 1 => 10, _ => 40 };
        Readings = new ReadingSettings
        {
            Lateness = TimeSpan.FromMilliseconds(random.Next(3) == 0 ? 0 : 3),
            MaxGap = TimeSpan.FromMilliseconds(40),
            Every = TimeSpan.FromMilliseconds(random.Next(4) == 0 ? 5 : 0),
        };
        Logs = [.. Enumerable.Range(0, Partitions).Select(Log)];
    }

    public IReadOnlyList<IReadOnlyList<Sent>> Logs { get; }

    /// <summary>Of workers that are not upgraded.</summary>
    public ModelEntry[] Models { get; }

    public ReadingSettings Readings { get; }

    /// <summary>An alert is decided by the very reading that it names, which is not held back and makes no steps later.</summary>
    public bool DecidesAtOnce => Readings is { Lateness.Ticks: 0, Every.Ticks: 0 };

    /// <summary>Machines are silent for so long that they retire.</summary>
    public bool Retires { get; }

    /// <summary>Readings of a partition that a restore replays at most.</summary>
    public int ReplayMax { get; }

    public static TopicNames Topics { get; } = new() { Readings = "readings", Alerts = "alerts", State = "state", Commands = "commands", DeadLetters = "dead", Health = "health" };

    public WorkerOptions Options(string instance) => new()
    {
        Instance = instance,
        Kafka = new Dictionary<string, string>(StringComparer.Ordinal) { ["transaction.timeout.ms"] = "1000", ["fetch.wait.max.ms"] = "5" },
        Topics = Topics,
        StartAt = StartAt.Earliest,
        BatchMax = 8,
        CommitInterval = commitInterval,
        SnapshotInterval = snapshotInterval,
        ReplayMax = ReplayMax,
        MachineTtl = Retires ? TimeSpan.FromMilliseconds(120) : TimeSpan.FromDays(1),
        Readings = Readings,
        Models = [],
    };

    /// <summary>Offset of a machine's last reading before a position; -1 where there is none.</summary>
    public long LastOf(int partition, byte[] machine, long position)
    {
        var log = Logs[partition];
        var aborted = Aborted(log);
        for (var offset = (int)Math.Min(position, log.Count) - 1; offset >= 0; offset--)
            if (log[offset] is { Commits: null, IsReading: true, Key: { } key } sent && key.AsSpan().SequenceEqual(machine) && !aborted.Contains(sent.Transaction)) return offset;
        return -1;
    }

    /// <summary>Transactions of gateways whose readings nobody gets to see.</summary>
    public static IReadOnlySet<int> Aborted(IReadOnlyList<Sent> log) => log.Where(s => s.Commits == false).Select(s => s.Transaction).ToHashSet();

    /// <summary>The same readings through the same tasks, without Kafka: what must be published.</summary>
    public (IReadOnlyList<Transition> Transitions, IReadOnlyList<DeadLetter> DeadLetters) StraightRun()
    {
        var (transitions, letters) = (new List<Transition>(), new List<DeadLetter>());
        var run = new BacktestRun(Models, Options("oracle").TaskSettings(), batchMax: 8, Partitions, transitions.Add, letters.Add);
        var decoder = new WideJsonDecoder(run.Sensors, Readings);
        var slot = new Reading(run.Sensors.Count);
        var partitions = 0;
        foreach (var log in Logs)
        {
            var (aborted, partition, commands) = (Aborted(log), partitions++, 0);
            for (var offset = 0; offset < log.Count; offset++)
            {
                var sent = log[offset];
                if (sent.Command is { } command)
                {
                    run.Flush();
                    run.Tasks[partition].Add(Command.Read(command.Machine, command.Value, partition, commands++));
                    run.Flush();
                }
                if (sent.Commits is not null || aborted.Contains(sent.Transaction)) continue;
                WideJsonDecoder.DecodeKey(sent.Key, sent.Key is null, slot);
                decoder.Decode(sent.Value, sent.Value is null, slot);
                (slot.Offset, slot.RecordTimeUs) = (offset, sent.TimestampMs * 1000);
                run.Add(slot);
            }
        }
        run.Flush();
        return (transitions, letters);
    }

    private static string[] MachinesOf(int partition, int count) =>
        [.. Enumerable.Range(0, 100).Select(i => $"m{i}").Where(m => Murmur2.Partition(Encoding.UTF8.GetBytes(m), Partitions) == partition).Take(count)];

    private List<Sent> Log(int partition)
    {
        var log = new List<Sent>();
        var levels = new Dictionary<string, double>(StringComparer.Ordinal);
        var (clock, readings, transaction, open, sincePause) = (BeginMs, random.Next(30, 120), 0, false, 9);
        while (readings-- > 0)
        {
            if (!open && random.Next(12) == 0) (transaction, open) = (transaction + 1, true);
            else if (open && random.Next(4) == 0) End(log, transaction, ref open);
            sincePause = random.Next(6) == 0 ? 0 : sincePause + 1;
            clock += sincePause == 0 ? random.Next(20, 160) : random.Next(5);
            // Among others that have moved the clock on; a machine that has retired begins anew with it.
            var isOld = sincePause is > 0 and < 4 && random.Next(3) == 0;
            var record = Record(partition, clock, levels, isOld) with { Transaction = open ? transaction : 0 };
            var isAsked = hasCommands && !open && log.Exists(sent => sent is { Transaction: 0 }) && random.Next(15) == 0;
            log.Add(isAsked ? record with { Command = Reset(partition) } : record);
        }
        if (open) End(log, transaction, ref open);
        return log;
    }

    /// <summary>Of a machine that may be unknown; some are no commands.</summary>
    private (byte[] Machine, byte[] Value) Reset(int partition)
    {
        var machine = machines[partition][random.Next(machines[partition].Length)];
        var id = new byte[16];
        random.NextBytes(id);
        var command = random.Next(8) == 0 ? "restart" : "reset";
        return (Encoding.UTF8.GetBytes(machine), Encoding.UTF8.GetBytes($"{{\"id\":\"{new Guid(id)}\",\"command\":\"{command}\",\"machineId\":\"{machine}\",\"time\":\"2026-01-01T00:00:00Z\"}}"));
    }

    private void End(List<Sent> log, int transaction, ref bool open)
    {
        log.Add(new Sent(null, null, 0, transaction, random.Next(3) > 0));
        open = false;
    }

    /// <param name="isOld">It was kept back somewhere on its way.</param>
    private Sent Record(int partition, long clock, Dictionary<string, double> levels, bool isOld)
    {
        var own = machines[partition];
        var machine = own[random.Next(3) < 2 ? random.Next(own.Length) : 0];
        var key = Encoding.UTF8.GetBytes(machine);
        var kind = random.Next(60);
        // In a backtest a record without a key is in the first partition.
        if (kind == 0 && partition == 0) return new Sent(null, "{}"u8.ToArray(), clock, 0, null) { IsReading = false };
        if (kind <= 2) return new Sent(key, "{\"timestamp\":"u8.ToArray(), clock, 0, null) { IsReading = false };
        var time = clock - (random.Next(2) == 0 ? random.Next(7) : 0);
        if (isOld) time -= random.Next(20, 300);
        // Its clock goes wrong: it must neither deafen the machine nor silence the others.
        if (kind == 3) time += 3_600_000;
        var values = new StringBuilder();
        foreach (var sensor in (string[])["s1", "s2", "s3", "s4"])
        {
            if (random.Next(12) == 0) continue;
            var series = machine + sensor;
            if (!levels.ContainsKey(series) || random.Next(changes) == 0) levels[series] = random.Next(5) / 4.0;
            values.Append(values.Length == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $"\"{sensor}\":{levels[series]}");
        }
        var recorded = clock + (random.Next(15) == 0 ? 100 : 0);
        return new Sent(key, Encoding.UTF8.GetBytes($"{{\"machineId\":\"{machine}\",\"timestamp\":{time},\"values\":{{{values}}}}}"), recorded, 0, null) { IsReading = kind != 3 };
    }
}
