using System.Globalization;
using System.Text;
using PredMaint.Core.Models;
using PredMaint.Onnx;

namespace PredMaint.Training.Explain;

/// <summary>What an architecture cost and how well it did, at remaining life.</summary>
/// <param name="Rmse">Of the expectation at the last reading of each engine of the official tests, clip 125; over the seeds.</param>
/// <param name="CpuUs">A reading, in a batch of 512, through ONNX Runtime.</param>
/// <param name="MachineBytes">Kept for each machine between two readings.</param>
internal sealed record ArchitectureResult(string Name, IReadOnlyDictionary<string, Estimate> Rmse, double CpuUs, int MachineBytes, long FileBytes);

/// <summary>RNN, LSTM and transformer on the same task: remaining life of turbofans, the same data, head, epochs and seeds.</summary>
internal static class Architectures
{
    /// <summary>The shortest test engine has 31 readings.</summary>
    private const int Window = 30;

    private const int BatchRows = 512;
    private const int MeasuredRuns = 200;

    private static readonly (string Name, NetworkSpec Spec)[] Compared =
    [
        ("vanilla RNN, stateful", Turbofan.Failure with { Architecture = Architecture.Rnn }),
        ("LSTM, stateful", Turbofan.Failure),
        ("LSTM, window of 30", Turbofan.Failure with { Steps = Window }),
        ("causal transformer, window of 30", Turbofan.Failure with { Architecture = Architecture.Transformer, Width = 64, Steps = Window }),
    ];

    public static IReadOnlyList<ArchitectureResult> Measure(TrainSettings settings, int seeds, Action<EpochDone> report)
    {
        var engines = Turbofan.TrainSets.SelectMany(set => Cmapss.ReadTrain(settings.Data, set)).ToList();
        var data = Turbofan.TrainData(settings.Data);
        var digest = data.Sha256();
        var jobs = Compared.SelectMany(c => Enumerable.Range(1, seeds).Select(seed => new FitJob($"{c.Name}, seed {seed}", c.Spec, data, digest, [.. engines.Select(e => e.Name)], HeldOut: [],
            seed, settings.FailureEpochs, Patience: 0, settings.FitFile($"{c.Name.Replace(' ', '-').Replace(",", "", StringComparison.Ordinal)}-{seed}")))).ToList();
        Directory.CreateDirectory(settings.Run);
        new FitProcesses(report).Run(jobs);
        var tests = Turbofan.TestSets.ToDictionary(set => set, set => Cmapss.ReadTest(settings.Data, set), StringComparer.Ordinal);
        return [.. Compared.Select((c, i) => Judge(c.Name, jobs.GetRange(i * seeds, seeds), engines, tests))];
    }

    /// <summary>In Markdown.</summary>
    public static string Table(IReadOnlyList<ArchitectureResult> results)
    {
        var text = new StringBuilder($"| | {string.Join(" | ", results[0].Rmse.Keys.Select(set => $"RMSE {set}"))} | CPU us/reading | bytes/machine | file, kB |\n|---|{string.Concat(Enumerable.Repeat("---:|", results[0].Rmse.Count + 3))}\n");
        foreach (var r in results)
            text.Append(CultureInfo.InvariantCulture, $"| {r.Name} | {string.Join(" | ", r.Rmse.Values.Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.Value:F1} ± {(e.High - e.Value) / 2:F1}")))} | {r.CpuUs:F1} | {r.MachineBytes} | {r.FileBytes / 1000} |\n");
        return text.ToString();
    }

    private static ArchitectureResult Judge(string name, List<FitJob> jobs, List<Series> engines, Dictionary<string, IReadOnlyList<Series>> tests)
    {
        var rmse = tests.Keys.ToDictionary(set => set, _ => new List<double>(), StringComparer.Ordinal);
        var standard = Network.StandardOf(jobs[0].Spec, engines);
        var (cpu, bytes, fileBytes) = (0.0, 0, 0L);
        foreach (var job in jobs)
        {
            using var net = job.Load(standard);
            (cpu, bytes) = ModelFile.OfDraft(
                file =>
                {
                    net.Write(file, new ModelName("draft", "1"), Turbofan.FailurePolicy(), trained: null);
                    fileBytes = new FileInfo(file).Length;
                },
                model =>
                {
                    foreach (var (set, test) in tests) rmse[set].Add(LifeMetrics.AtLast(Playback.Run(model, ModelFile.PolicyOf(model.Manifest), test)).RmseExpected);
                    return (CpuUs(model), sizeof(float) * (model.Manifest.Mode == ModelMode.Stateful ? model.Shape.StateLength : model.Manifest.Steps * model.Manifest.Features.Count));
                });
        }
        return new ArchitectureResult(name, rmse.ToDictionary(r => r.Key, r => Statistics.Mean(r.Value), StringComparer.Ordinal), cpu, bytes, fileBytes);
    }

    private static double CpuUs(OnnxModel model)
    {
        using var buffers = model.CreateBuffers(BatchRows);
        for (var i = 0; i < MeasuredRuns / 10; i++) model.Run(buffers, BatchRows);
        var before = Environment.CpuUsage.TotalTime;
        for (var i = 0; i < MeasuredRuns; i++) model.Run(buffers, BatchRows);
        return (Environment.CpuUsage.TotalTime - before).TotalMicroseconds / MeasuredRuns / BatchRows;
    }
}
