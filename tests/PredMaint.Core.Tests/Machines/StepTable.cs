using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;
using PredMaint.Core.Tests.Models;

namespace PredMaint.Core.Tests.Machines;

/// <summary>
/// The steps that readings of one machine become, as a table: "1000* 5 -" is a step at 1000 ms that begins a history, s1 = 5,
/// s2 without a value. The model's score alternates between 1 and 0, so that each step is a transition that says its time.
/// </summary>
internal sealed class StepTable
{
    private readonly List<string> rows = [];
    private readonly TestLine line;

    public StepTable(ReadingSettings settings)
    {
        var model = new FakeModel(FakeModel.Stateful("s1", "s2"), Take, new StateShape(1, 1));
        line = new TestLine(settings, batchMax: 1, TestLine.Entry(model));
    }

    public TaskCounters Counters => line.Counters;

    public Machine Machine => line.Machines.Single();

    public StepTable Read(long timeMs, params float?[] values)
    {
        line.Read("m1", timeMs, values);
        return this;
    }

    public IReadOnlyList<string> Steps()
    {
        line.Flush();
        Assert.Equal(line.Transitions.Count, rows.Count);
        return [.. line.Transitions.Zip(rows, (t, row) => $"{t.Event.TimeUs / 1000.0}{row}")];
    }

    /// <summary>Offsets of the readings that completed the steps.</summary>
    public IReadOnlyList<long> Offsets() => [.. line.Transitions.Select(t => t.Event.Offset)];

    private void Take(FakeRow row)
    {
        if (row.Index > 0) return;
        row.Score = rows.Count % 2 == 0 ? 1 : 0;
        rows.Add($"{(row.State(0) == 0 ? "*" : "")} {Text(row.X(0, 0))} {Text(row.X(0, 1))}");
        row.SetState(0, 1);
    }

    private static string Text(float value) => float.IsNaN(value) ? "-" : $"{value}";
}
