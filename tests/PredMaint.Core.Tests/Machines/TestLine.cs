using System.Text;
using System.Text.Json;
using PredMaint.Core.Alerts;
using PredMaint.Core.Backtest;
using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;

namespace PredMaint.Core.Tests.Machines;

/// <summary>A backtest over readings that a test writes by hand. Offsets count up from 0; times are milliseconds.</summary>
internal sealed class TestLine
{
    public const string Source = "/predmaint/test";

    private readonly BacktestRun run;
    private readonly Reading slot;
    private long offset;

    public TestLine(ReadingSettings settings, int batchMax, params ModelEntry[] entries)
    {
        run = new BacktestRun(entries, new TaskSettings(settings, Source, "readings"), batchMax, partitions: 1, Transitions.Add, DeadLetters.Add);
        slot = new Reading(run.Sensors.Count);
    }

    public List<Transition> Transitions { get; } = [];

    public List<DeadLetter> DeadLetters { get; } = [];

    public TaskCounters Counters => run.Tasks[0].Counters;

    public IReadOnlyCollection<Machine> Machines => run.Tasks[0].Machines;

    public SensorIndex Sensors => run.Sensors;

    /// <summary>Values by the sensor's number; null where missing.</summary>
    public void Read(string machine, long timeMs, params float?[] values) => Read(machine, timeMs, recordTimeMs: null, values);

    public void Read(string machine, long timeMs, long? recordTimeMs, float?[] values)
    {
        WideJsonDecoder.DecodeKey(Encoding.UTF8.GetBytes(machine), isNull: false, slot);
        slot.TimeUs = timeMs * 1000;
        slot.RecordTimeUs = recordTimeMs * 1000;
        slot.Offset = offset++;
        for (var i = 0; i < values.Length; i++) slot.Values[i] = values[i] ?? float.NaN;
        run.Add(slot);
    }

    public void Flush() => run.Flush();

    /// <summary>What was published so far, waiting steps included: "raised 1000 0.5" with time in milliseconds and the score.</summary>
    public IReadOnlyList<string> Said()
    {
        run.Flush();
        return [.. Transitions.Select(t => $"{t.Event.Type["predmaint.alert.".Length..]} {t.Event.TimeUs / 1000} {t.Event.Score:0.####}")];
    }

    public IReadOnlyList<string> Json()
    {
        run.Flush();
        return [.. Transitions.Select(t => Encoding.UTF8.GetString(t.Json))];
    }

    public static JsonElement Data(Transition transition) => JsonElement.Parse(transition.Json).GetProperty("data");

    /// <summary>Raises above, clears at or below.</summary>
    public static ModelEntry Entry(IModel model, float raiseAt = 0.5f, string machines = "*") =>
        new(model, machines, new AlertPolicy { RaiseAt = raiseAt, ClearAt = raiseAt, RaiseBelow = model.Manifest.HasRul });
}
