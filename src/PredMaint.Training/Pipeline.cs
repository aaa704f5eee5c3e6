using System.Text.Json.Nodes;
using PredMaint.Core.Alerts;
using PredMaint.Core.Models;
using PredMaint.Training.Anomaly;
using PredMaint.Training.Data;
using PredMaint.Training.Evaluation;
using PredMaint.Training.Export;
using PredMaint.Training.Failure;
using PredMaint.Training.Learning;

namespace PredMaint.Training;

/// <param name="Data">Folder of the data files.</param>
/// <param name="Out">Folder that gets failure.onnx, anomaly.onnx and metrics.json.</param>
internal sealed record TrainSettings(string Data, string Out, int Seed = 1, int FailureEpochs = LifeTraining.DefaultEpochs, int AnomalyEpochs = ForecastTraining.DefaultEpochs);

/// <summary>
/// From data to files. Steps: (1) read and deal whole engines, (2) fit both networks, (3) export drafts and hold them against
/// TorchSharp, (4) choose the anomaly limits, (5) judge, through the exported files and on engines that nothing came from,
/// (6) write the files with their metrics inside and load them as the product would.
/// </summary>
internal static class Pipeline
{
    public const string FailureFile = "failure.onnx";
    public const string AnomalyFile = "anomaly.onnx";
    public const string MetricsFile = "metrics.json";

    /// <summary>FD003 has a second kind of fault; both fly at sea level only.</summary>
    private static readonly string[] TrainSets = ["FD001", "FD003"];
    private const string TestSet = "FD001";

    public static TrainingMetrics Run(TrainSettings settings, Action<EpochDone> report)
    {
        // 1. Read and deal.
        var split = Split.Of([.. TrainSets.Select(set => Cmapss.ReadTrain(settings.Data, set))], settings.Seed);
        var test = Cmapss.ReadTest(settings.Data, TestSet);
        Directory.CreateDirectory(settings.Out);

        // 2. Fit.
        using var life = LifeTraining.Train([.. split.Fit, .. split.Choose], settings.FailureEpochs, settings.Seed, report);
        using var forecast = ForecastTraining.Train(split.Fit, settings.AnomalyEpochs, settings.Seed, report);

        // 3. - 5. On drafts, in a folder of their own: what does not hold never reaches the output.
        var drafts = Directory.CreateTempSubdirectory("predmaint-train-");
        try
        {
            var failure = JudgeFailure(life, Path.Combine(drafts.FullName, FailureFile), split, test);
            var anomaly = JudgeAnomaly(forecast, Path.Combine(drafts.FullName, AnomalyFile), split, test, out var policy);

            // 6. Write.
            ModelFile.WriteFailure(Path.Combine(settings.Out, FailureFile), life, Trained(settings, settings.FailureEpochs, failure));
            ModelFile.WriteAnomaly(Path.Combine(settings.Out, AnomalyFile), forecast, policy, Trained(settings, settings.AnomalyEpochs, anomaly));
            foreach (var file in new[] { FailureFile, AnomalyFile }) ModelFile.Load(Path.Combine(settings.Out, file)).Dispose();
            var metrics = new TrainingMetrics(failure, anomaly);
            File.WriteAllText(Path.Combine(settings.Out, MetricsFile), MetricsJson.ToText(MetricsJson.ToObject(metrics)));
            return metrics;
        }
        finally
        {
            drafts.Delete(recursive: true);
        }
    }

    private static FailureMetrics JudgeFailure(LifeNet net, string draft, Split split, IReadOnlyList<Engine> test)
    {
        ModelFile.WriteFailure(draft, net, trained: null);
        using var model = ModelFile.Load(draft);
        var policy = PolicyOf(model.Manifest);
        var heldOut = Playback.Run(model, policy, split.Judge);
        var lives = heldOut.SelectMany(t => t.JudgedLives).ToList();
        return new FailureMetrics(
            LifeMetrics.Of(Playback.Run(model, policy, test).Select(t => t.JudgedLives.Last())),
            LifeMetrics.Of(lives), LifeMetrics.Coverage(lives), AlarmMetrics.Of(heldOut),
            Agreement.Require(LifeTraining.Name, Agreement.Of(net, heldOut)));
    }

    private static AnomalyMetrics JudgeAnomaly(ForecastNet net, string draft, Split split, IReadOnlyList<Engine> test, out AlertPolicy policy)
    {
        ModelFile.WriteAnomaly(draft, net, policy: null, trained: null);
        using var model = ModelFile.Load(draft);
        policy = Limits.Choose(Playback.Run(model, Limits.None, split.Choose));
        var heldOut = Playback.Run(model, policy, split.Judge);
        var tested = Playback.Run(model, policy, test);
        return new AnomalyMetrics(
            AlarmMetrics.Of(heldOut), AnomalyMetrics.MeanSquared(heldOut), AlarmMetrics.Of(tested), AnomalyMetrics.MeanSquared(tested),
            Agreement.Require(ForecastTraining.Name, Agreement.Of(net, heldOut)));
    }

    public static AlertPolicy PolicyOf(ModelManifest manifest)
    {
        var mistakes = new List<string>();
        return manifest.Alert.Build(raiseBelow: manifest.HasRul, "alert", mistakes) ?? throw new InvalidOperationException(string.Join(Environment.NewLine, mistakes));
    }

    private static JsonObject Trained<T>(TrainSettings settings, int epochs, T metrics) => new()
    {
        ["data"] = new JsonArray([.. TrainSets.Select(Cmapss.TrainFile).Append(Cmapss.TestFile(TestSet)).Append(Cmapss.LifeFile(TestSet))
            .Select(file => new JsonObject { ["file"] = file, ["sha256"] = Cmapss.Sha256(Path.Combine(settings.Data, file)) })]),
        ["seed"] = settings.Seed,
        ["epochs"] = epochs,
        ["metrics"] = MetricsJson.ToObject(metrics),
    };
}
