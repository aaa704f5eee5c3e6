using System.Text.Json.Nodes;
using PredMaint.Core.Alerts;

namespace PredMaint.Training.Anomaly;

/// <summary>The anomaly model: some engines teach it what is normal, others choose its limits, the rest judge it.</summary>
internal sealed class AnomalyModel
{
    private readonly Split split;
    private AlertPolicy? policy;

    public AnomalyModel(TrainSettings settings, IReadOnlyList<IReadOnlyList<Series>> sets)
    {
        split = Split.Of([.. sets.Select(set => set.Select(e => e.Only(Cmapss.Sensors)).ToList())], settings.Seed);
        var data = Turbofan.TrainData(settings.Data);
        Job = new FitJob("anomaly", Turbofan.Anomaly, data, data.Sha256(), [.. split.Fit.Select(e => e.Name)], HeldOut: [], settings.Seed, settings.AnomalyEpochs, Patience: 0, settings.FitFile("anomaly"));
    }

    public FitJob Job { get; }

    /// <summary>Chooses the limits and judges all, when the job is done.</summary>
    public AnomalyMetrics Judge(IReadOnlyList<Series> test)
    {
        using var net = Load();
        policy = Limits.Choose(Play(net, AlertPolicy.Never, split.Choose).Select(t => t.HealthyScores));
        var heldOut = Play(net, policy, split.Judge);
        var tested = Play(net, policy, test);
        return new AnomalyMetrics(
            AlarmMetrics.Of(heldOut), AnomalyMetrics.MeanSquared(heldOut), AlarmMetrics.Of(tested), AnomalyMetrics.MeanSquared(tested),
            Agreement.Require(Turbofan.AnomalyName.Name, Agreement.Of(net, split.Judge)));
    }

    /// <param name="trained">What is told of its origin.</param>
    public void Write(string file, JsonObject trained)
    {
        using var net = Load();
        net.Write(file, Turbofan.AnomalyName, ModelFile.ToManifest(policy!), trained);
    }

    private Network Load() => Job.Load(Network.StandardOf(Job.Spec, split.Fit));

    private static IReadOnlyList<Trace> Play(Network net, AlertPolicy policy, IReadOnlyList<Series> engines) =>
        Playback.OfDraft(file => net.Write(file, Turbofan.AnomalyName, alert: null, trained: null), policy, engines);
}
