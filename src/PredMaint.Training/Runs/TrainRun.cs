using System.Text;
using System.Text.Json.Nodes;
using PredMaint.Training.Failure;
using PredMaint.Training.Report;

namespace PredMaint.Training.Runs;

/// <summary>What came of a run.</summary>
/// <param name="ByNetwork">The headline of each network alone, mean and twice its standard error; null where there is one.</param>
/// <param name="Shares">Mass of the histogram below the true life, of machines to judge; empty without remaining lives.</param>
/// <param name="Quantiles">Where of that mass the intervals end.</param>
internal sealed record RunOutcome(
    Judgement Judgement, Estimate? ByNetwork, RunLimits Limits, RunData Data, IReadOnlyList<Trace> Traces,
    IReadOnlyList<IReadOnlyList<EpochLoss>> Losses, IReadOnlyList<float> Shares, IReadOnlyList<LifeQuantile> Quantiles)
{
    /// <summary>The epoch whose weights a network has.</summary>
    public static int BestOf(IReadOnlyList<EpochLoss> losses) => 1 + losses.Index().MinBy(l => l.Item.HeldOut).Index;

    /// <summary>For people.</summary>
    public IReadOnlyList<(string Name, string Value)> Lines =>
    [
        ("limits", FormattableString.Invariant($"raiseAt {Limits.Policy.RaiseAt}, clearAt {Limits.Policy.ClearAt}, {Limits.Policy.RaiseAfter} and {Limits.Policy.ClearAfter}: {Limits.Reason}")),
        .. Data.Notes.Select(note => ("machines", note)),
        ("best epoch", string.Join(", ", Losses.Select(l => $"{BestOf(l)} of {l.Count}"))),
        .. Judgement.Lines,
        .. ByNetwork is { Value: not double.NaN } e ? [("networks apart", $"{Judgement.Headline.Name} {e.ToText("G4")}, mean and twice the standard error")] : Array.Empty<(string, string)>(),
    ];
}

/// <summary>
/// From a data scientist's own data to a model. Steps: (1) read and deal whole machines, (2) fit the networks, each in a process
/// of its own, until machines that were held out show no gain, (3) calibrate intervals or choose limits on those, (4) judge
/// through the exported file on machines that nothing came from, (5) write the model, its metrics and a report.
/// </summary>
internal static class TrainRun
{
    public const string ModelFileName = "model.onnx";
    public const string ReportFile = "report.html";
    public const string MetricsFile = "metrics.json";
    public const string ConfigurationFile = "configuration.json";
    public const string LossFile = "losses.csv";

    /// <summary>The longest, in which the file is compared with TorchSharp.</summary>
    private const int ComparedParts = 8;

    /// <param name="folder">Gets all that comes of it; a run that was interrupted goes on from there.</param>
    public static RunOutcome Run(RunPlan plan, string folder, Action<EpochDone> report)
    {
        // What is computed here too must not depend on how many cores there are.
        TorchSharp.torch.set_num_threads(1);

        // 1. Read and deal.
        var data = RunData.Of(plan);
        plan = plan with { Network = data.Spec };
        var (fit, choose, judge) = data.Split;
        var digest = plan.Data.Sha256();
        Directory.CreateDirectory(folder);

        // 2. Fit.
        var networks = new Ensemble(fit, [.. Enumerable.Range(1, plan.Networks).Select(i => new FitJob(
            $"network {i} of {plan.Networks}", plan.Network, plan.Data, digest, RunPlan.NamesOf(fit), RunPlan.NamesOf(choose),
            plan.Seed * 1000 + i, plan.Epochs, plan.Patience, Path.Combine(folder, $"network-{i}.bin")))]);
        new FitProcesses(report).Run(networks.Jobs);
        using var net = networks.Load();

        // 3. Calibrate, choose limits.
        if (net.Head is LifeHead life) life.Quantiles = Calibration.Quantiles(Calibration.Shares(net, PartsOf(choose)));
        var limits = ModelFile.OfDraft(file => net.Write(file, plan.Model, alert: null, trained: null), model => RunLimits.Choose(plan, model, PartsOf(choose)));

        // 4. Judge.
        Agreement.Require(plan.Model.Name, Agreement.Of(net, [.. PartsOf(choose).OrderByDescending(p => p.Steps).Take(ComparedParts)]));
        var (judgement, traces) = Judge(net);
        var outcome = new RunOutcome(
            judgement, networks.Jobs.Count == 1 ? null : Statistics.Mean([.. networks.Jobs.Select(HeadlineOf)]), limits, data, traces, [.. networks.Jobs.Select(job => job.ReadLosses())],
            net.Head is LifeHead ? Calibration.Shares(net, PartsOf(judge)) : [], (net.Head as LifeHead)?.Quantiles ?? []);

        // 5. Write.
        Write(plan, folder, outcome, net);
        return outcome;

        IReadOnlyList<Series> PartsOf(IReadOnlyList<Series> machines) => FitJob.Parts(plan.Network, machines, plan.Data.MaxGap);

        (Judgement Judgement, IReadOnlyList<Trace> Traces) Judge(Network judged) => ModelFile.OfDraft(file => judged.Write(file, plan.Model, ModelFile.ToManifest(limits.Policy), trained: null), model =>
        {
            var played = Playback.Run(model, ModelFile.PolicyOf(model.Manifest), judge, plan.Data.MaxGap);
            return (Judgement.Of(model.Manifest, played, plan.Data.MaxGap, plan.JudgedBy(), DetectionMetrics.DefaultWindow), played);
        });

        double HeadlineOf(FitJob job)
        {
            using var alone = networks.Load((net.Head as LifeHead)?.Quantiles, job);
            return Judge(alone).Judgement.Headline.Value;
        }
    }

    private static void Write(RunPlan plan, string folder, RunOutcome outcome, Network net)
    {
        string In(string file) => Path.Combine(folder, file);
        var metrics = MetricsJson.ToObject(outcome.Judgement.Metrics);
        if (outcome.ByNetwork is { } spread) metrics["byNetwork"] = MetricsJson.ToObject(spread);
        var trained = new JsonObject
        {
            ["data"] = plan.Data.Digests(),
            // Wherever the data lies.
            ["configuration"] = Cmapss.Sha256(Encoding.UTF8.GetBytes((plan with { Data = plan.Data with { Path = "" } }).ToJson(outcome.Data.Split))),
            ["seed"] = plan.Seed,
            ["epochs"] = new JsonArray([.. outcome.Losses.Select(l => JsonValue.Create(RunOutcome.BestOf(l)))]),
            ["limits"] = outcome.Limits.Reason,
            ["metrics"] = metrics.DeepClone(),
        };
        net.Write(In(ModelFileName), plan.Model, ModelFile.ToManifest(outcome.Limits.Policy), trained);
        ModelFile.Load(In(ModelFileName)).Dispose();
        File.WriteAllText(In(ConfigurationFile), plan.ToJson(outcome.Data.Split) + '\n');
        File.WriteAllText(In(MetricsFile), MetricsJson.ToText(metrics));
        File.WriteAllLines(In(LossFile), outcome.Losses.SelectMany((l, i) => l.Select((e, epoch) => FormattableString.Invariant($"{i + 1},{epoch + 1},{e.Fit},{e.HeldOut}"))).Prepend("network,epoch,fit,heldOut"));
        File.WriteAllText(In(ReportFile), RunReport.Write(plan, outcome));
    }
}
