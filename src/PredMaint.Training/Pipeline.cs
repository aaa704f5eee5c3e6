using System.Text;
using System.Text.Json.Nodes;
using PredMaint.Training.Anomaly;
using PredMaint.Training.Failure;
using PredMaint.Training.Report;

namespace PredMaint.Training;

/// <param name="Data">Folder of the data files.</param>
/// <param name="Run">Folder of this training: weights and losses of each network, the report, the models.</param>
/// <param name="Out">Folder that gets failure.onnx, anomaly.onnx and metrics.json, when all went well.</param>
internal sealed record TrainSettings(string Data, string Run, string Out, int Seed = 1, int FailureEpochs = Turbofan.FailureEpochs, int AnomalyEpochs = Turbofan.AnomalyEpochs)
{
    public string FitFile(string net) => Path.Combine(Run, $"{net}.bin");
}

/// <summary>
/// From data to files. Steps: (1) read and deal whole engines, (2) fit all networks, each in a process of its own, (3) choose
/// limits, calibrate intervals and judge, through exported files and on engines that nothing came from, (4) write the files
/// with their metrics inside and a report, load them as the product would, and only then hand them out.
/// </summary>
internal static class Pipeline
{
    public const string FailureFile = "failure.onnx";
    public const string AnomalyFile = "anomaly.onnx";
    public const string MetricsFile = "metrics.json";
    public const string ReportFile = "report.html";

    public static TrainingMetrics Run(TrainSettings settings, Action<EpochDone> report)
    {
        // What is computed here too must not depend on how many cores there are.
        TorchSharp.torch.set_num_threads(1);

        // 1. Read and deal.
        var sets = Turbofan.TrainSets.ToDictionary(set => set, set => Cmapss.ReadTrain(settings.Data, set), StringComparer.Ordinal);
        var tests = Turbofan.TestSets.ToDictionary(set => set, set => Cmapss.ReadTest(settings.Data, set), StringComparer.Ordinal);
        var failure = new FailureModel(settings, [.. sets.Values]);
        var anomaly = new AnomalyModel(settings, [.. Turbofan.TestSets.Select(set => sets[set])]);

        // 2. Fit.
        Directory.CreateDirectory(settings.Run);
        IReadOnlyList<FitJob> jobs = [.. failure.Jobs, anomaly.Job];
        new FitProcesses(report).Run(jobs);

        // 3. Choose, calibrate and judge.
        var metrics = new TrainingMetrics(failure.Judge(tests), anomaly.Judge(tests[Turbofan.TestSets[0]]));

        // 4. Write.
        string In(string file) => Path.Combine(settings.Run, file);
        failure.Write(In(FailureFile), Trained(settings, failure.Jobs, settings.FailureEpochs, metrics.Failure));
        anomaly.Write(In(AnomalyFile), Trained(settings, [anomaly.Job], settings.AnomalyEpochs, metrics.Anomaly));
        foreach (var file in (string[])[FailureFile, AnomalyFile]) ModelFile.Load(In(file)).Dispose();
        File.WriteAllText(In(MetricsFile), MetricsJson.ToText(MetricsJson.ToObject(metrics)));
        File.WriteAllText(In(ReportFile), HtmlReport.Write(settings, metrics, failure, jobs.Select(j => j.ReadLosses())));
        Directory.CreateDirectory(settings.Out);
        foreach (var file in (string[])[FailureFile, AnomalyFile, MetricsFile]) File.Copy(In(file), Path.Combine(settings.Out, file), overwrite: true);
        return metrics;
    }

    private static JsonObject Trained<T>(TrainSettings settings, IEnumerable<FitJob> jobs, int epochs, T metrics) => new()
    {
        ["data"] = DataSource.Of(settings.Data, Layout.Cmapss, string.Join(',', [Turbofan.TrainData(settings.Data).Set, .. Turbofan.TestSets])).Digests(),
        ["configuration"] = Cmapss.Sha256(Encoding.UTF8.GetBytes(string.Join('\n', jobs.Select(job => job.Identity())))),
        ["seed"] = settings.Seed,
        ["epochs"] = epochs,
        ["metrics"] = MetricsJson.ToObject(metrics),
    };
}
