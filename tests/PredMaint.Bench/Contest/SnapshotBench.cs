using System.Text;
using PredMaint.Bench.Brokers;
using PredMaint.Bench.Measuring;

namespace PredMaint.Bench.Contest;

/// <summary>The same run with snapshots as they are by default and, but for those of transitions, without.</summary>
public sealed record SnapshotPair(Measurement With, Measurement Without, StateBytes State)
{
    public double Cost => With.CpuPerMillion / Without.CpuPerMillion;
}

/// <summary>What a run wrote to its state topic, committed or not.</summary>
/// <param name="Due">Snapshots that the two rules ask for, were each written the moment it is due.</param>
public sealed record StateBytes(long Snapshots, long SnapshotBytes, long Controls, long ControlBytes, long Due, long Transitions)
{
    /// <summary>Bytes to the topic, as a share of what would be owed: due snapshots and one a transition, of mean size, and the control records.</summary>
    public double OfOwed => (SnapshotBytes + ControlBytes) / ((Due + Transitions) * ((double)SnapshotBytes / Snapshots) + ControlBytes);
}

/// <summary>Measures what durable state costs.</summary>
public sealed class SnapshotBench(BenchOptions options, Cluster cluster, Contestants contestants, TextWriter say)
{
    /// <summary>The defaults of the product.</summary>
    private const long ReplayMax = 300_000;

    private const long IntervalSeconds = 30;

    /// <summary>The longest that the configuration allows: more event time and readings than there are.</summary>
    private static readonly string[] Never = ["snapshotInterval: 1d", "replayMax: 100000000"];

    public async Task<IReadOnlyList<SnapshotPair>> RunAsync(CancellationToken cancel)
    {
        var mode = Mode.Stateful(options.Readings);
        var topic = cluster.Topic("snapshots-readings");
        await cluster.CreateAsync(topic);
        new ReadingGenerator(options.Machines).Send(cluster.Broker, topic, mode.Readings, cancel);
        var due = await DueAsync(topic, cancel);
        List<SnapshotPair> pairs = [];
        for (var n = 1; n <= options.Pairs; n++)
        {
            await say.WriteLineAsync($"snapshots: pair {n} of {options.Pairs}");
            var (with, without) = (await contestants.ProductAsync(mode, topic, cancel), await contestants.ProductAsync(mode, topic, cancel, Never));
            Measurement? first = null;
            if (n % 2 == 0) first = await contestants.MeasureAsync("without", without, mode, topic, cancel);
            var measured = await contestants.MeasureAsync("with", with, mode, topic, cancel);
            first ??= await contestants.MeasureAsync("without", without, mode, topic, cancel);
            pairs.Add(new SnapshotPair(measured, first, await CountAsync(with, due, cancel)));
        }
        return pairs;
    }

    private async Task<StateBytes> CountAsync(Contestant run, long due, CancellationToken cancel)
    {
        var (snapshots, snapshotBytes, controls, controlBytes, transitions) = (0L, 0L, 0L, 0L, 0L);
        await cluster.ReadAsync(run.State, record =>
        {
            var bytes = record.Message.Key.Length + (record.Message.Value?.Length ?? 0);
            if (record.Message.Key[0] == 0) (controls, controlBytes) = (controls + 1, controlBytes + bytes);
            else (snapshots, snapshotBytes) = (snapshots + 1, snapshotBytes + bytes);
        }, cancel);
        await cluster.ReadAsync(run.Alerts, _ => transitions++, cancel);
        return new StateBytes(snapshots, snapshotBytes, controls, controlBytes, due, transitions);
    }

    /// <summary>Each machine is due when its oldest unsaved reading is replayMax offsets or snapshotInterval of the partition's clock behind.</summary>
    private async Task<long> DueAsync(string topic, CancellationToken cancel)
    {
        var due = 0L;
        var machines = new Dictionary<string, (long Second, long FromOffset, long FromSecond)>(StringComparer.Ordinal);
        await cluster.ReadAsync(topic, record =>
        {
            // A reading a machine and second, round robin: a machine's own count is the partition's clock.
            var machine = Encoding.UTF8.GetString(record.Message.Key);
            var (second, fromOffset, fromSecond) = machines.GetValueOrDefault(machine, (0, record.Offset.Value, 0));
            if (record.Offset.Value - fromOffset >= ReplayMax || second - fromSecond >= IntervalSeconds)
            {
                due++;
                (fromOffset, fromSecond) = (record.Offset.Value, second);
            }
            machines[machine] = (second + 1, fromOffset, fromSecond);
        }, cancel);
        return due;
    }
}
