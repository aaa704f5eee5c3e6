using System.Text.Json;
using PredMaint.Testing;

namespace PredMaint.Cli.Tests;

public sealed class DemoTests
{
    private const int TestReadings = 13_096;
    private const int TestEngines = 100;

    /// <summary>The published LSTM of 2017 has 16.1 on this set; a demo that does worse than this shows a broken line.</summary>
    private const double WorstRmse = 12;

    [Fact]
    public async Task The_demo_judges_every_engine_and_its_last_line_sums_it_up()
    {
        await using var demo = RunningProgram.Start("predmaint", "demo");
        Assert.Equal(0, await demo.ExitAsync(TimeSpan.FromMinutes(2)));
        var lines = demo.Output.TrimEnd().Split('\n');
        using var summary = JsonDocument.Parse(lines[^1]);
        Assert.Equal(["readings", "alerts", "machines", "rulRmse", "seconds"], summary.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal(TestReadings, summary.RootElement.GetProperty("readings").GetInt32());
        Assert.Equal(TestEngines, summary.RootElement.GetProperty("machines").GetInt32());
        Assert.True(summary.RootElement.GetProperty("alerts").GetInt32() > 0, "no engine raised an alert");
        Assert.InRange(summary.RootElement.GetProperty("rulRmse").GetDouble(), 0, WorstRmse);
        Assert.Equal(TestEngines, lines.Count(l => l.Contains("engine-", StringComparison.Ordinal)));
        Assert.Empty(demo.Errors);
    }
}
