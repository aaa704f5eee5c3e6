using PredMaint.Core.Models;
using PredMaint.Training.Data;
using PredMaint.Training.Evaluation;
using PredMaint.Training.Export;

namespace PredMaint.Training.Tests;

/// <summary>The models of the repository, through ONNX Runtime, on FD001's official test.</summary>
public sealed class ShippedModelTests
{
    private const long MaxFileBytes = 600_000;

    private static readonly IReadOnlyList<Engine> Test = Cmapss.ReadTest(Shipped.Data, "FD001");

    [Fact]
    public void The_failure_model_predicts_remaining_life_within_12_cycles()
    {
        using var model = Load(Pipeline.FailureFile);
        Assert.Equal((ModelKind.Failure, AlertingOutput.Rul, "cycles"), (model.Manifest.Kind, model.Manifest.Alerting, model.Manifest.Unit));
        var metrics = LifeMetrics.Of(Play(model).Select(trace => trace.JudgedLives.Last()));
        Assert.InRange(metrics.Rmse, 0, 12);
        Assert.InRange(metrics.RmseExpected, 0, 12);
        var said = model.Manifest.Trained!["metrics"]!["test"]!;
        Assert.Equal(said["rmse"]!.GetValue<double>(), metrics.Rmse, 0.01);
        Assert.Equal(said["nasaScore"]!.GetValue<double>(), metrics.NasaScore, 0.5);
    }

    [Fact]
    public void Its_quantiles_are_in_order_and_within_what_it_was_taught()
    {
        using var model = Load(Pipeline.FailureFile);
        Assert.Equal([0.05, 0.5, 0.95], model.Manifest.Quantiles);
        foreach (var trace in Play(model))
            foreach (var (rul, left) in trace.JudgedLives)
                Assert.True(0 <= rul.Low && rul.Low <= rul.Median && rul.Median <= rul.High && rul.High <= Cmapss.LifeLimit, $"{trace.Engine.Name}, {left} cycles left: {rul}");
    }

    [Fact]
    public void The_anomaly_models_spread_is_honest_and_its_alerts_tell_wear_from_health()
    {
        using var model = Load(Pipeline.AnomalyFile);
        Assert.Equal((ModelKind.Anomaly, AlertingOutput.Forecast), (model.Manifest.Kind, model.Manifest.Alerting));
        var traces = Play(model);
        Assert.InRange(AnomalyMetrics.MeanSquared(traces), 0.9, 1.1);
        var alarms = AlarmMetrics.Of(traces);
        Assert.True(alarms.DueAlarmed >= 0.8 * alarms.DueEngines, $"{alarms.DueAlarmed} of {alarms.DueEngines} engines near failure have an alert");
        Assert.True(alarms.FalseAlarms <= alarms.HealthyCycles / 1000, $"{alarms.FalseAlarms} false alarms in {alarms.HealthyCycles} healthy cycles");
    }

    [Theory]
    [InlineData(Pipeline.FailureFile)]
    [InlineData(Pipeline.AnomalyFile)]
    public void A_model_is_small_and_names_the_data_it_comes_from(string file)
    {
        using var model = Load(file);
        Assert.Equal(Cmapss.Features, model.Manifest.Features);
        Assert.Equal(0, model.Shape.FixedBatch);
        Assert.InRange(new FileInfo(Path.Combine(Shipped.Models, file)).Length, 1, MaxFileBytes);
        Assert.All(model.Manifest.Trained!["data"]!.AsArray(), data =>
            Assert.Equal(Cmapss.Sha256(Path.Combine(Shipped.Data, data!["file"]!.GetValue<string>())), data["sha256"]!.GetValue<string>()));
    }

    private static Onnx.OnnxModel Load(string file) => ModelFile.Load(Path.Combine(Shipped.Models, file));

    private static IReadOnlyList<Trace> Play(Onnx.OnnxModel model) => Playback.Run(model, Pipeline.PolicyOf(model.Manifest), Test);
}
