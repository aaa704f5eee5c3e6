using PredMaint.Core.Models;
using PredMaint.Training.Data;
using PredMaint.Training.Evaluation;
using PredMaint.Training.Export;

namespace PredMaint.Training.Tests;

/// <summary>The models of the repository, through ONNX Runtime, on FD001's official test.</summary>
public sealed class ShippedModelTests
{
    private const long MaxFileBytes = 600_000;

    private static readonly IReadOnlyList<Series> Test = Cmapss.ReadTest(Shipped.Data, "FD001");

    [Theory]
    [InlineData("FD001", 10.0)]
    [InlineData("FD003", 9.8)]
    public void The_failure_model_predicts_remaining_life_as_well_as_it_says(string set, double rmse)
    {
        using var model = Load(Pipeline.FailureFile);
        Assert.Equal((ModelKind.Failure, AlertingOutput.Rul, "cycles"), (model.Manifest.Kind, model.Manifest.Alerting, model.Manifest.Unit));
        var engines = Cmapss.ReadTest(Shipped.Data, set);
        var metrics = LifeMetrics.AtLast(Play(model, engines));
        Assert.InRange(metrics.RmseExpected, 0, rmse);
        Assert.InRange(metrics.NasaScoreExpected, 0, 170);
        var late = LifeMetrics.AtLast(Play(model, [.. engines.Select(e => e.Last(50))]));
        Assert.InRange(late.RmseExpected, 0, rmse + 4);
        var said = model.Manifest.Trained!["metrics"]!["test"]![set]!;
        Assert.Equal(said["whole"]!["rmseExpected"]!.GetValue<double>(), metrics.RmseExpected, 0.01);
        Assert.Equal(said["whole"]!["nasaScoreExpected"]!.GetValue<double>(), metrics.NasaScoreExpected, 0.5);
        Assert.Equal(said["joinedLate"]!["rmseExpected"]!.GetValue<double>(), late.RmseExpected, 0.01);
    }

    [Fact]
    public void Its_quantiles_are_in_order_and_within_what_it_was_taught()
    {
        using var model = Load(Pipeline.FailureFile);
        Assert.Equal([0.05, 0.1, 0.5, 0.9, 0.95], model.Manifest.Quantiles);
        foreach (var trace in Play(model, Test))
            foreach (var (rul, left) in trace.JudgedLives)
                Assert.True(0 <= rul.Low && rul.Low <= rul.Median && rul.Median <= rul.High && rul.High <= Cmapss.LifeLimit, $"{trace.Series.Name}, {left} cycles left: {rul}");
    }

    [Fact]
    public void A_stream_that_does_not_tell_its_altitude_is_taken_to_be_at_sea_level()
    {
        using var model = Load(Pipeline.FailureFile);
        var engine = Cmapss.ReadTest(Shipped.Data, "FD003")[0];
        var with = Play(model, [engine])[0].JudgedLives.Last().Said;
        var without = Play(model, [engine.Only(Cmapss.Sensors)])[0].JudgedLives.Last().Said;
        Assert.Equal(with, without);
    }

    [Fact]
    public void The_anomaly_models_spread_is_honest_and_its_alerts_tell_wear_from_health()
    {
        using var model = Load(Pipeline.AnomalyFile);
        Assert.Equal((ModelKind.Anomaly, AlertingOutput.Forecast), (model.Manifest.Kind, model.Manifest.Alerting));
        var traces = Play(model, Test);
        Assert.InRange(AnomalyMetrics.MeanSquared(traces), 0.9, 1.1);
        var alarms = AlarmMetrics.Of(traces);
        Assert.True(alarms.DueAlarmed >= 0.8 * alarms.DueEngines, $"{alarms.DueAlarmed} of {alarms.DueEngines} engines near failure have an alert");
        Assert.True(alarms.FalseAlarms <= alarms.HealthySteps / 1000, $"{alarms.FalseAlarms} false alarms in {alarms.HealthySteps} healthy cycles");
    }

    [Theory]
    [InlineData(Pipeline.FailureFile, 15)]
    [InlineData(Pipeline.AnomalyFile, 14)]
    public void A_model_is_small_and_names_the_data_it_comes_from(string file, int features)
    {
        using var model = Load(file);
        Assert.Equal(Cmapss.Features.Take(features), model.Manifest.Features);
        Assert.Equal(0, model.Shape.FixedBatch);
        Assert.InRange(new FileInfo(Path.Combine(Shipped.Models, file)).Length, 1, MaxFileBytes);
        Assert.All(model.Manifest.Trained!["data"]!.AsArray(), data =>
            Assert.Equal(Cmapss.Sha256(File.ReadAllBytes(Path.Combine(Shipped.Data, data!["file"]!.GetValue<string>()))), data["sha256"]!.GetValue<string>()));
    }

    private static Onnx.OnnxModel Load(string file) => ModelFile.Load(Path.Combine(Shipped.Models, file));

    private static IReadOnlyList<Trace> Play(Onnx.OnnxModel model, IReadOnlyList<Series> engines) => Playback.Run(model, ModelFile.PolicyOf(model.Manifest), engines);
}
