using System.IO.Compression;
using System.Reflection;
using PredMaint.Training.Data;
using PredMaint.Training.Evaluation;
using PredMaint.Training.Export;
using PredMaint.Training.Learning;
using PredMaint.Training.Networks;

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
        var metrics = Pipeline.Run(Settings(data, "one"), epochs.Add);
        Pipeline.Run(Settings(data, "two"), _ => { });

        // All engines and four folds, four networks each, every one by its epochs.
        Assert.Equal(Enumerable.Repeat(2, 20), epochs.Where(e => e.Model != "anomaly").GroupBy(e => e.Model).Select(g => g.Count()));
        Assert.Equal(3, epochs.Count(e => e.Model == "anomaly"));
        Assert.InRange(metrics.Failure.Disagreement, 0, Agreement.Tolerance);
        Assert.InRange(metrics.Anomaly.Disagreement, 0, Agreement.Tolerance);
        foreach (var file in new[] { Pipeline.FailureFile, Pipeline.AnomalyFile, Pipeline.MetricsFile })
            Assert.Equal(File.ReadAllBytes(Out("one", file)), File.ReadAllBytes(Out("two", file)));
        using var failure = ModelFile.Load(Out("one", Pipeline.FailureFile));
        Assert.Equal(metrics.Failure.Test["FD001"].Whole.RmseExpected, failure.Manifest.Trained!["metrics"]!["test"]!["FD001"]!["whole"]!["rmseExpected"]!.GetValue<double>(), 0.01);
        var report = File.ReadAllText(Path.Combine(folder.FullName, "one", "run", Pipeline.ReportFile));
        Assert.Contains("FD004, held out", report, StringComparison.Ordinal);
        Assert.True(report.Split("data:image/png;base64,").Length > 9, "pictures are missing");
    }

    [Fact]
    public void A_training_that_was_interrupted_fits_only_what_is_missing_and_another_seed_fits_all_anew()
    {
        var data = SmallData();
        Pipeline.Run(Settings(data, "one"), _ => { });
        File.Delete(Settings(data, "one").FitFile("failure-fold2-3"));
        var again = new List<string>();
        Pipeline.Run(Settings(data, "one"), e => again.Add(e.Model));
        Assert.Equal(["failure, fold2, 3 of 4"], again.Distinct(StringComparer.Ordinal));
        again.Clear();
        var configuration = Configuration();
        Pipeline.Run(Settings(data, "one") with { Seed = 4 }, e => again.Add(e.Model));
        Assert.Equal(21, again.Distinct(StringComparer.Ordinal).Count());
        Assert.NotEqual(configuration, Configuration());

        string Configuration()
        {
            using var failure = ModelFile.Load(Out("one", Pipeline.FailureFile));
            return failure.Manifest.Trained!["configuration"]!.GetValue<string>();
        }
    }

    [Fact]
    public void A_network_whose_process_dies_is_fitted_once_more_and_then_given_up()
    {
        var attempts = Path.Combine(folder.FullName, "attempts");
        FitJob job = new("net", Turbofan.Failure, DataSource.Of(Shipped.Data, Layout.Cmapss, "train-FD001"), "", [], HeldOut: [], 1, 1, Patience: 1, Path.Combine(folder.FullName, "net.bin"));
        new FitProcesses(_ => { }, Script("dies-once", $"echo x >> {attempts}; test $(wc -l < {attempts}) = 1 && kill -ABRT $$; exit 0")).Run([job]);
        Assert.Equal(2, File.ReadAllLines(attempts).Length);
        var dies = Script("dies", "echo 'Expected false to be true' >&2; kill -ABRT $$");
        var thrown = Assert.Throws<InvalidOperationException>(() => new FitProcesses(_ => { }, dies).Run([job]));
        Assert.Equal("the training of net failed 2 times: exit code 134, Expected false to be true", thrown.Message);
    }

    /// <summary>TorchSharp's temporary Scalars may be finalised while native code reads them; those of a training are kept.</summary>
    [Fact]
    public void Forced_collections_do_not_bring_a_training_down()
    {
        var engines = Cmapss.ReadTrain(Shipped.Data, "FD001").Take(8).ToList();
        using var stop = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        try
        {
            using var life = FitJob.Fit(Turbofan.Failure with { Width = 16 }, engines, epochs: 20, seed: 1, "life", _ => { });
            using var transformer = FitJob.Fit(Turbofan.Failure with { Architecture = Architecture.Transformer, Width = 16, Steps = 30 }, engines, epochs: 20, seed: 1, "transformer", _ => { });
            using var forecast = FitJob.Fit(Turbofan.Anomaly, [.. engines.Select(e => e.Only(Cmapss.Sensors))], epochs: 20, seed: 1, "forecast", _ => { });
        }
        finally
        {
            stop.Cancel();
            collector.Join();
        }
    }

    [Fact]
    public void Another_networks_file_does_not_pass_for_this_ones()
    {
        var engines = Cmapss.ReadTrain(Shipped.Data, "FD001").Take(4).ToList();
        var spec = Turbofan.Failure with { Width = 16 };
        using var exported = FitJob.Fit(spec, engines, epochs: 1, seed: 1, "one", _ => { });
        using var other = FitJob.Fit(spec, engines, epochs: 1, seed: 2, "other", _ => { });
        var file = Path.Combine(folder.FullName, "one.onnx");
        exported.Write(file, new ModelName("one", "1"), alert: null, trained: null);
        using var model = ModelFile.Load(file);
        Assert.InRange(Agreement.Of(exported, model, engines), 0, Agreement.Tolerance);
        Assert.Throws<InvalidOperationException>(() => Agreement.Require("life", Agreement.Of(other, model, engines)));
    }

    [Theory]
    [InlineData(2, "turbofan", "--epochs", "0")]
    [InlineData(2, "turbofan", "--sead", "1")]
    [InlineData(2, "turbofan", "--seed", "one")]
    [InlineData(2, "explain", "architectures", "--seeds", "1")]
    [InlineData(2, "explain", "vanishing-gradient", "--steps", "9999")]
    [InlineData(2, "turbofan", "--data", "no/such/folder")]
    [InlineData(0, "--help")]
    public void Exit_codes_tell_wrong_usage_and_wrong_data_from_done(int code, params string[] args) =>
        Assert.Equal(code, (int)typeof(Pipeline).Assembly.EntryPoint!.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [args], null)!);

    private TrainSettings Settings(string data, string name) =>
        new(data, Path.Combine(folder.FullName, name, "run"), Path.Combine(folder.FullName, name), Seed: 3, FailureEpochs: 2, AnomalyEpochs: 3);

    private string Script(string name, string commands)
    {
        var file = Path.Combine(folder.FullName, name);
        File.WriteAllText(file, $"#!/bin/sh\n{commands}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return file;
    }

    private string Out(string name, string file) => Path.Combine(folder.FullName, name, file);

    /// <summary>The first engines of each shipped set.</summary>
    private string SmallData()
    {
        foreach (var file in new[] { "FD001", "FD002", "FD003", "FD004" }.Select(Cmapss.TrainFile).Concat(new[] { "FD001", "FD003" }.Select(Cmapss.TestFile)))
            Copy(file, (line, _) => int.Parse(line.Split(' ')[0]) <= Engines);
        foreach (var set in new[] { "FD001", "FD003" }) Copy(Cmapss.LifeFile(set), (_, number) => number < Engines);
        return folder.FullName;
    }

    private void Copy(string file, Func<string, int, bool> keep)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Path.Combine(Shipped.Data, file)), CompressionMode.Decompress));
        using var writer = new StreamWriter(new GZipStream(File.Create(Path.Combine(folder.FullName, file)), CompressionMode.Compress));
        for (var number = 0; reader.ReadLine() is { } line && keep(line, number); number++) writer.WriteLine(line);
    }
}
