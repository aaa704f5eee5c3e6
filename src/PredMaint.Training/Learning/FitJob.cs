using System.Globalization;
using System.Text.Json;
using PredMaint.Training.Data;
using PredMaint.Training.Networks;

namespace PredMaint.Training.Learning;

/// <summary>One network to fit, as a process of its own is told it.</summary>
/// <param name="Name">Of the network: what progress is told of.</param>
/// <param name="Data">Folder of the C-MAPSS files.</param>
/// <param name="DataSha256">Of the files, so that others make another job.</param>
/// <param name="Engines">By their names: all that it may learn from.</param>
/// <param name="Out">File for the weights.</param>
internal sealed record FitJob(string Name, NetworkSpec Spec, string Data, string DataSha256, string[] Engines, int Seed, int Epochs, string Out)
{
    public static FitJob Read(string text) => JsonSerializer.Deserialize<FitJob>(text) ?? throw new DataException("no job was given");

    public string ToText() => JsonSerializer.Serialize(this);

    /// <summary>What the weights depend on: the job, wherever its files lie, and how networks are fitted.</summary>
    private string Identity => JsonSerializer.Serialize(this with { Data = "", Out = $"recipe {Trainer.Recipe}" });

    /// <summary>The weights are there, of this very job.</summary>
    public bool IsDone() => File.Exists(Out) && File.Exists(Record) && File.ReadAllText(Record) == Identity;

    /// <summary>By epoch.</summary>
    public double[] ReadLosses() => [.. File.ReadLines(LossFile).Select(line => double.Parse(line, CultureInfo.InvariantCulture))];

    private string Record => Path.ChangeExtension(Out, ".job");
    private string LossFile => Path.ChangeExtension(Out, ".losses");

    /// <summary>Fits the network and writes its weights, whole or not at all, its losses, and then which job they are of.</summary>
    public void Run(Action<EpochDone> tell)
    {
        var losses = new List<double>();
        Action<EpochDone> report = done =>
        {
            losses.Add(done.Loss);
            tell(done);
        };
        var sets = Engines.Select(Cmapss.SetOf).Distinct(StringComparer.Ordinal).SelectMany(set => Cmapss.ReadTrain(Data, set)).ToDictionary(e => e.Name, StringComparer.Ordinal);
        var engines = Engines.Select(name => sets[name].Only(Spec.Features)).ToList();
        using var net = Fit(Spec, engines, Epochs, Seed, Name, report);
        var draft = $"{Out}.{Environment.ProcessId}";
        net.save(draft);
        File.Delete(Record);
        File.Move(draft, Out, overwrite: true);
        File.WriteAllLines(LossFile, losses.Select(l => l.ToString(CultureInfo.InvariantCulture)));
        File.WriteAllText(Record, Identity);
    }

    /// <summary>When it is done.</summary>
    /// <param name="standard">Of the machines that it learnt from.</param>
    public Network Load(Standard standard)
    {
        var net = new Network(Spec, standard, new Random(0));
        net.load(Out);
        net.eval();
        return net;
    }

    public static Network Fit(NetworkSpec spec, IReadOnlyList<Series> machines, int epochs, int seed, string name, Action<EpochDone> report)
    {
        var random = Trainer.Begin(seed);
        var net = new Network(spec, Network.StandardOf(spec, machines), random);
        // A forecast needs a reading to be judged by.
        var fit = machines.Where(m => net.Head.Steps(m) > 1).ToList();
        if (fit.Count == 0) throw new DataException($"no machine of the {machines.Count} has more than one step to learn {spec.Head} from");
        Trainer.Fit(net, name, fit, epochs, random, batch => net.Loss(batch, random), report);
        return net;
    }
}
