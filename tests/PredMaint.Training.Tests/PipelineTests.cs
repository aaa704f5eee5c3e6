using System.IO.Compression;
using System.Reflection;
using PredMaint.Training.Anomaly;
using PredMaint.Training.Data;
using PredMaint.Training.Evaluation;
using PredMaint.Training.Export;
using PredMaint.Training.Failure;
using PredMaint.Training.Learning;

namespace PredMaint.Training.Tests;

/// <summary>Trainings of a few epochs on a few engines: they learn little, but every part is the real one.</summary>
public sealed class PipelineTests : IDisposable
{
    private const int Engines = 10;

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("predmaint-pipeline-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void A_training_writes_models_that_load_and_equal_TorchSharp_and_the_same_seed_gives_the_same_files()
    {
        var epochs = new List<EpochDone>();
        var data = SmallData();
        var metrics = Pipeline.Run(new TrainSettings(data, Out("one"), Seed: 3, FailureEpochs: 2, AnomalyEpochs: 3), epochs.Add);
        Pipeline.Run(new TrainSettings(data, Out("two"), Seed: 3, FailureEpochs: 2, AnomalyEpochs: 3), _ => { });

        Assert.Equal([(LifeTraining.Name, 2), (ForecastTraining.Name, 3)], epochs.GroupBy(e => e.Model).Select(g => (g.Key, g.Count())));
        Assert.InRange(metrics.Failure.Disagreement, 0, Agreement.Tolerance);
        Assert.InRange(metrics.Anomaly.Disagreement, 0, Agreement.Tolerance);
        foreach (var file in new[] { Pipeline.FailureFile, Pipeline.AnomalyFile, Pipeline.MetricsFile })
            Assert.Equal(File.ReadAllBytes(Path.Combine(Out("one"), file)), File.ReadAllBytes(Path.Combine(Out("two"), file)));
        using var failure = ModelFile.Load(Path.Combine(Out("one"), Pipeline.FailureFile));
        Assert.Equal(metrics.Failure.Test.Rmse, failure.Manifest.Trained!["metrics"]!["test"]!["rmse"]!.GetValue<double>(), 0.01);
    }

    [Fact]
    public void Another_networks_file_does_not_pass_for_this_ones()
    {
        var engines = Cmapss.ReadTrain(Shipped.Data, "FD001").Take(4).ToList();
        using var exported = LifeTraining.Train(engines, epochs: 1, seed: 1, _ => { });
        using var other = LifeTraining.Train(engines, epochs: 1, seed: 2, _ => { });
        var file = Path.Combine(folder.FullName, "life.onnx");
        ModelFile.WriteFailure(file, exported, trained: null);
        using var model = ModelFile.Load(file);
        var traces = Playback.Run(model, Pipeline.PolicyOf(model.Manifest), engines);
        Assert.InRange(Agreement.Of(exported, traces), 0, Agreement.Tolerance);
        Assert.Throws<InvalidOperationException>(() => Agreement.Require("life", Agreement.Of(other, traces)));
    }

    [Theory]
    [InlineData(2, "train", "--epochs", "0")]
    [InlineData(2, "train", "--sead", "1")]
    [InlineData(2, "train", "--data", "no/such/folder")]
    [InlineData(0, "--help")]
    public void Exit_codes_tell_wrong_usage_and_wrong_data_from_done(int code, params string[] args) =>
        Assert.Equal(code, (int)typeof(Pipeline).Assembly.EntryPoint!.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [args], null)!);

    private string Out(string name) => Path.Combine(folder.FullName, name);

    /// <summary>The first engines of each shipped set.</summary>
    private string SmallData()
    {
        foreach (var file in new[] { Cmapss.TrainFile("FD001"), Cmapss.TrainFile("FD003"), Cmapss.TestFile("FD001") })
            Copy(file, (line, _) => int.Parse(line.Split(' ')[0]) <= Engines);
        Copy(Cmapss.LifeFile("FD001"), (_, number) => number < Engines);
        return folder.FullName;
    }

    private void Copy(string file, Func<string, int, bool> keep)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Path.Combine(Shipped.Data, file)), CompressionMode.Decompress));
        using var writer = new StreamWriter(new GZipStream(File.Create(Path.Combine(folder.FullName, file)), CompressionMode.Compress));
        for (var number = 0; reader.ReadLine() is { } line && keep(line, number); number++) writer.WriteLine(line);
    }
}
