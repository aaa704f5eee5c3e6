using System.Text;
using PredMaint.Core.Backtest;
using PredMaint.Core.Machines;
using PredMaint.Core.Readings;
using PredMaint.Onnx;
using PredMaint.Testing;
using PredMaint.Worker.Configuration;

namespace PredMaint.Worker.Tests.Line;

/// <summary>What a job must publish: the backtest over its readings.</summary>
internal static class Oracle
{
    private const int Batch = 512;

    public static IReadOnlyList<Alert> Alerts(WorkerJob job, IEnumerable<(string? Key, string Value)> readings)
    {
        var (entries, mistakes) = ModelLoading.Load([new ModelOptions { File = WorkerJob.Model, Device = new DeviceOptions { Device = Device.Cpu } }], _ => { });
        Assert.Empty(mistakes);
        using var model = entries![0].Model;
        var alerts = new List<Alert>();
        var settings = new TaskSettings(new ReadingSettings(), TaskSettings.SourceOf(job.Group), job.Readings);
        var run = new BacktestRun(entries, settings, Batch, WorkerJob.Partitions, t => alerts.Add(Alert.Parse(Encoding.UTF8.GetString(t.Json))), _ => Assert.Fail("a dead letter"));
        var decoder = new JsonLineDecoder(run.Sensors, settings.Readings);
        var reading = new Reading(run.Sensors.Count);
        foreach (var (_, value) in readings)
        {
            decoder.Decode(Encoding.UTF8.GetBytes(value), reading);
            run.Add(reading);
        }
        run.Flush();
        return alerts;
    }
}
