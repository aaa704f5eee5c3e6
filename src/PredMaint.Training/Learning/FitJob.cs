using System.Text.Json;

namespace PredMaint.Training.Learning;

/// <summary>One network to fit, as a process of its own is told it.</summary>
/// <param name="Name">Of the network: what progress is told of.</param>
/// <param name="DataSha256">Of the data, so that other files make another job.</param>
/// <param name="Machines">By their names: all that it may learn from.</param>
/// <param name="HeldOut">Machines whose loss tells which epoch was the best, and when to stop; without any it learns through all epochs.</param>
/// <param name="Epochs">At most.</param>
/// <param name="Patience">Epochs without a better one, after which it stops.</param>
/// <param name="Out">File for the weights.</param>
internal sealed record FitJob(string Name, NetworkSpec Spec, DataSource Data, string DataSha256, string[] Machines, string[] HeldOut, int Seed, int Epochs, int Patience, string Out)
{
    /// <summary>Steps that are learnt from together; beyond them what is kept for the gradient grows large, and a network begins anew.</summary>
    private const int LongestPart = 1000;

    public static FitJob Read(string text) => JsonSerializer.Deserialize<FitJob>(text) ?? throw new DataException("no job was given");

    public string ToText() => JsonSerializer.Serialize(this);

    /// <summary>What the weights depend on: the job, wherever its files lie, and how networks are fitted.</summary>
    public string Identity() => JsonSerializer.Serialize(this with { Data = Data with { Path = "" }, Out = $"recipe {Trainer.Recipe}" });

    /// <summary>The weights are there, of this very job.</summary>
    public bool IsDone() => File.Exists(Out) && File.Exists(Record) && File.ReadAllText(Record) == Identity();

    /// <summary>By epoch.</summary>
    public IReadOnlyList<EpochLoss> ReadLosses() => [.. File.ReadLines(LossFile).Select(EpochLoss.Parse)];

    private string Record => Path.ChangeExtension(Out, ".job");
    private string LossFile => Path.ChangeExtension(Out, ".losses");

    /// <summary>Fits the network and writes its weights, whole or not at all, its losses, and then which job they are of.</summary>
    public void Run(Action<EpochDone> tell)
    {
        var losses = new List<string>();
        Action<EpochDone> report = done =>
        {
            losses.Add(done.Loss.ToString());
            tell(done);
        };
        var all = Data.Read().ToDictionary(m => m.Name, StringComparer.Ordinal);
        using var net = Fit(Spec, PartsOf(Machines), Epochs, Seed, Name, report, PartsOf(HeldOut), Patience);
        var draft = $"{Out}.{Environment.ProcessId}";
        net.save(draft);
        File.Delete(Record);
        File.Move(draft, Out, overwrite: true);
        File.WriteAllLines(LossFile, losses);
        File.WriteAllText(Record, Identity());

        IReadOnlyList<Series> PartsOf(string[] names) => Parts(Spec, names.Select(name => all[name]), Data.MaxGap);
    }

    /// <summary>What of machines such a network learns from: a forecast from what is sound alone.</summary>
    public static IReadOnlyList<Series> Parts(NetworkSpec spec, IEnumerable<Series> machines, TimeSpan maxGap) =>
        [.. machines.SelectMany(m => m.Only(spec.Features).Parts(maxGap, step => spec.Head != HeadKind.Forecast || m.IsSound(step, spec.LifeLimit), LongestPart))];

    /// <summary>When it is done.</summary>
    /// <param name="standard">Of the machines that it learnt from.</param>
    public Network Load(Standard standard)
    {
        var net = new Network(Spec, standard, new Random(0));
        net.load(Out);
        net.eval();
        return net;
    }

    /// <param name="heldOut">Null or empty: through all epochs.</param>
    public static Network Fit(NetworkSpec spec, IReadOnlyList<Series> machines, int epochs, int seed, string name, Action<EpochDone> report, IReadOnlyList<Series>? heldOut = null, int patience = 0)
    {
        var random = Trainer.Begin(seed);
        var net = new Network(spec, Network.StandardOf(spec, machines), random);
        var fit = net.Learnable(machines);
        if (fit.Count == 0) throw new DataException($"no machine of the {machines.Count} has more than one step to learn {spec.Head} from");
        using var stopping = heldOut is { Count: > 0 } ? new EarlyStopping(net, net.Learnable(heldOut), patience) : null;
        Trainer.Fit(net, name, fit, epochs, random, batch => net.Loss(batch, random), report, stopping);
        return net;
    }
}
