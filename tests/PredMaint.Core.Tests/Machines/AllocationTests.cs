using System.Text;
using PredMaint.Core.Alerts;
using PredMaint.Core.Backtest;
using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;
using PredMaint.Core.Tests.Models;

namespace PredMaint.Core.Tests.Machines;

/// <summary>A steady set of machines costs no memory a reading: decoded, admitted, scored, and a commit prepared every 512.</summary>
public class AllocationTests
{
    private const int Machines = 100;
    private const int Measured = 100_000;

    [Theory]
    [InlineData(0, 0, Fill.Last)]
    [InlineData(0, 0, Fill.None)]
    [InlineData(20, 0, Fill.Last)]
    [InlineData(0, 10, Fill.Last)]
    [InlineData(20, 10, Fill.None)]
    public void A_reading_allocates_nothing(int latenessMs, int everyMs, Fill fill)
    {
        var settings = new ReadingSettings { Lateness = TimeSpan.FromMilliseconds(latenessMs), Every = TimeSpan.FromMilliseconds(everyMs), Fill = fill };
        var run = new BacktestRun(Entries(), new TaskSettings(settings, TestLine.Source, "readings"), 512, 1, _ => Assert.Fail("no alert is expected"), _ => Assert.Fail("no dead letter is expected"));
        var decoder = new WideJsonDecoder(run.Sensors, settings);
        var slot = new Reading(run.Sensors.Count);
        var keys = Enumerable.Range(0, Machines).Select(i => Encoding.UTF8.GetBytes($"machine-{i:000000}")).ToArray();
        var value = Encoding.UTF8.GetBytes("""{"machineId":"machine-000000","timestamp":"2026-01-17T19:33:20.125+01:00","values":{"s1":0.8351,"unused":"x","s\u0032":0.8082,"s3":null}}""");
        Play(Machines * 20, 1_000_000_000_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Play(Measured, 1_000_000_000_200);
        var perReading = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Measured;
        Assert.True(perReading < 1, $"{perReading} bytes a reading");
        Assert.InRange(run.Tasks[0].Counters.Scores, Measured, long.MaxValue);

        void Play(int count, long startMs)
        {
            for (var i = 0; i < count; i++)
            {
                var key = keys[i % Machines];
                key.CopyTo(value.AsSpan(value.AsSpan().IndexOf("machine-0"u8)));
                WideJsonDecoder.DecodeKey(key, isNull: false, slot);
                decoder.Decode(value, isNull: false, slot);
                // Every machine's readings come in pairs that have changed places.
                slot.TimeUs = (startMs + (i / Machines ^ (latenessMs > 0 ? 1 : 0)) * 10) * 1000;
                slot.Offset = i;
                run.Add(slot);
            }
        }
    }

    private static ModelEntry[] Entries()
    {
        var policy = new AlertPolicy { RaiseAt = 1e6f, ClearAt = 1e6f, RaiseAfter = new MOfN(3, 5) };
        var window = new FakeModel(FakeModel.Window(3, "s1", "s2"), row => row.Score = row.X(2, 0));
        var recurrent = new FakeModel(FakeModel.Stateful("s2", "s1"), row => { row.SetState(0, 1); row.Score = row.X(0, 0); }, new StateShape(1, 4));
        var forecast = new FakeModel(FakeModel.Window(1, "s1", "s2") with { Outputs = new OutputNames { Forecast = "f", Spread = "d" } }, row => { row.Forecast.Clear(); row.Spread.Fill(1); });
        var life = new FakeModel(FakeModel.Stateful("s1") with { Bins = [1, 2, 3], Outputs = new OutputNames { Histogram = "h" } }, row => row.Histogram.Fill(1), new StateShape(1, 1));
        return [new(window, "*", policy), new(recurrent, "machine-*", policy), new(forecast, "*", policy), new(life, "*", policy with { RaiseAt = -1, ClearAt = -1, RaiseBelow = true })];
    }
}
