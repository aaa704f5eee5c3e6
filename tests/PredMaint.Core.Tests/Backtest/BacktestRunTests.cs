using System.Text;
using CsCheck;
using PredMaint.Core.Alerts;
using PredMaint.Core.Backtest;
using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;
using PredMaint.Core.Tests.Machines;
using PredMaint.Core.Tests.Models;

namespace PredMaint.Core.Tests.Backtest;

public class BacktestRunTests
{
    [Fact]
    public void Machines_are_assigned_to_partitions_by_murmur2()
    {
        var run = Run(16, 7, [], []);
        foreach (var machine in new[] { "21", "foobar", "abc" }) Add(run, machine, 0, 1, 0);
        Assert.Equal(new[] { -973932308, -790332482, 479470107 }.Select(h => (h & 0x7FFF_FFFF) % 7).Order(), run.Tasks.Where(t => t.Machines.Count > 0).Select(t => t.Partition));
    }

    [Fact]
    public void A_reading_without_a_key_is_a_dead_letter_of_the_first_partition()
    {
        var letters = new List<DeadLetter>();
        var run = Run(16, 3, [], letters);
        var slot = new Reading(run.Sensors.Count);
        WideJsonDecoder.DecodeKey([], isNull: true, slot);
        run.Add(slot);
        run.Flush();
        Assert.Equal((0, "key"), (Assert.Single(letters).Partition, letters[0].Reason));
    }

    [Fact]
    public void Nothing_is_said_twice_and_what_waits_is_said_at_the_end()
    {
        var said = new List<Transition>();
        var run = Run(100, 1, said, []);
        Add(run, "m1", 0, 1, 0);
        Assert.Empty(said);
        run.Flush();
        run.Flush();
        Assert.Single(said);
    }

    [Fact]
    public void Neither_partitions_nor_batches_change_what_is_said_of_a_machine() =>
        Gen.Select(Gen.Select(Gen.Int[0, 5], Gen.Float[0, 1]).Array[1, 200], Gen.Int[1, 5], Gen.Int[1, 50]).Sample((readings, partitions, batchMax) =>
        {
            var (expected, actual) = (Play(readings, 1, 1), Play(readings, partitions, batchMax));
            Assert.Equal(expected, actual);
            Assert.Equal(actual, Play(readings, partitions, batchMax));
        }, iter: 200);

    /// <summary>By machine, all but the position, whose partition differs.</summary>
    private static List<string> Play((int Machine, float Value)[] readings, int partitions, int batchMax)
    {
        var said = new List<Transition>();
        var run = Run(batchMax, partitions, said, []);
        for (var i = 0; i < readings.Length; i++) Add(run, $"m{readings[i].Machine}", i, readings[i].Value, i);
        run.Flush();
        return [.. said.GroupBy(t => t.Event.MachineId).OrderBy(g => g.Key, StringComparer.Ordinal)
            .SelectMany(g => g).Select(t => Encoding.UTF8.GetString(AlertJson.Write(t.Event with { Partition = 0 }, "/x")))];
    }

    private static BacktestRun Run(int batchMax, int partitions, List<Transition> said, List<DeadLetter> letters)
    {
        var model = new FakeModel(FakeModel.Stateful("s1"), row => { row.SetState(0, row.State(0) / 2 + row.X(0, 0)); row.Score = row.State(0) / 2 + row.X(0, 0); }, new StateShape(1, 1));
        return new BacktestRun([TestLine.Entry(model)], new TaskSettings(new ReadingSettings(), "/x", "readings"), batchMax, partitions, said.Add, letters.Add);
    }

    private static void Add(BacktestRun run, string machine, long timeMs, float value, long offset)
    {
        var slot = new Reading(run.Sensors.Count);
        WideJsonDecoder.DecodeKey(Encoding.UTF8.GetBytes(machine), isNull: false, slot);
        (slot.TimeUs, slot.Offset, slot.Values[0]) = (timeMs * 1000, offset, value);
        run.Add(slot);
    }
}
