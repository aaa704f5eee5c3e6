using System.Text.Json.Nodes;
using PredMaint.Core.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace PredMaint.Training.Networks;

/// <summary>Under which a model is served; another file under the same one takes its histories over only where the weights are the same.</summary>
internal readonly record struct ModelName(string Name, string Version);

/// <summary>What kind of network, before anything is learnt.</summary>
/// <param name="Width">H, of the hidden rows.</param>
/// <param name="Features">Of a reading, in their order; the last tells the operating conditions apart where there are several.</param>
/// <param name="Centres">Of the operating conditions, in units of the last feature; one entry where there is one condition.</param>
/// <param name="Steps">Readings that a window has; 0 in mode stateful.</param>
/// <param name="Noise">Standard deviation of what is added to each z-score while it learns.</param>
/// <param name="LifeLimit">Steps of life beyond which nothing shows.</param>
/// <param name="Horizon">In steps, within which a failure's probability is told.</param>
/// <param name="Unit">Of remaining life.</param>
internal sealed record NetworkSpec(
    Architecture Architecture, HeadKind Head, int Width, IReadOnlyList<string> Features, float[] Centres,
    int Steps = 0, double Noise = 0, int LifeLimit = Cmapss.LifeLimit, int Horizon = 30, string Unit = "")
{
    public int Sensors => Features.Count - (Centres.Length > 1 ? 1 : 0);
}

/// <summary>Raw readings through z-scores, a body and a head; or through several of them, which say together what they say.</summary>
internal sealed class Network : nn.Module<Tensor, Tensor>
{
    private const int HeldOutTogether = 16;
    private const int WindowsTogether = 256;

    private readonly NetworkSpec spec;
    private readonly ModuleList<Body> bodies = new();
    private readonly ModuleList<Head> heads = new();
    private readonly Scalar noise;

    private Network(NetworkSpec spec, Standard standard) : base(nameof(Network))
    {
        this.spec = spec;
        Normaliser = new Normaliser(standard);
        noise = spec.Noise.ToScalar();
    }

    /// <summary>As it is before it learns.</summary>
    public Network(NetworkSpec spec, Standard standard, Random random) : this(spec, standard)
    {
        bodies.Add(Body.Create(spec.Architecture, spec.Sensors, spec.Width, spec.Steps, random));
        heads.Add(Head.Create(spec));
        RegisterComponents();
    }

    /// <summary>Several of one kind that learnt from the same machines, taken together; they are not to be used apart any more.</summary>
    public Network(IReadOnlyList<Network> members) : this(members[0].spec, members[0].Normaliser.Standard)
    {
        foreach (var member in members)
        {
            bodies.Add(member.bodies[0]);
            heads.Add(member.heads[0]);
            member.Normaliser.Dispose();
        }
        RegisterComponents();
        eval();
    }

    public NetworkSpec Spec => spec;

    public Normaliser Normaliser { get; }

    public Head Head => heads[0];

    private bool IsStateful => spec.Steps == 0;

    /// <summary>Mean and deviation by which such a network normalises.</summary>
    public static Standard StandardOf(NetworkSpec spec, IReadOnlyList<Series> machines)
    {
        using var scope = NewDisposeScope();
        using var ofSpec = Head.Create(spec);
        return Standard.Of(machines, ofSpec.Steps, spec.Centres);
    }

    /// <summary>What the head says [T,B,K] of z-scores [T,B,F].</summary>
    public override Tensor forward(Tensor z) => bodies.Count == 1 ? heads[0].call(bodies[0].call(z)) : Head.Combine([.. bodies.Zip(heads, (b, h) => h.call(b.call(z)))]);

    /// <summary>Of a batch of machines, a scalar that carries its graph.</summary>
    public Tensor Loss(IReadOnlyList<Series> machines, Random random)
    {
        var batch = new Batch([.. machines.Select(m => Head.Choose(m, random)).SelectMany(s => Windows(s, random))]);
        var z = Normaliser.Normalise(batch.Readings());
        if (training && spec.Noise > 0) z.add_(randn_like(z), noise);
        return Head.Loss(call(z), batch, Normaliser);
    }

    /// <summary>Those that have two steps to learn from: a forecast needs a reading to be judged by.</summary>
    public IReadOnlyList<Series> Learnable(IReadOnlyList<Series> machines) => [.. machines.Where(m => Head.Steps(m) > 1)];

    /// <summary>Mean loss of machines that it does not learn from, as it serves: without noise, and the same stretches each time.</summary>
    public double HeldOutLoss(IReadOnlyList<Series> machines)
    {
        eval();
        using var noGradient = no_grad();
        var random = new Random(0);
        double sum = 0;
        foreach (var batch in machines.OrderBy(m => m.Steps).Chunk(HeldOutTogether))
        {
            using var scope = NewDisposeScope();
            sum += batch.Length * (double)Loss(batch, random).item<float>();
        }
        train();
        return sum / machines.Count;
    }

    /// <summary>What it sees of a machine when it serves: all of it from zero state, or each window by itself.</summary>
    public IEnumerable<Stretch> Seen(Series machine) => IsStateful ? [Stretch.Whole(machine)]
        : Enumerable.Range(0, Math.Max(0, machine.Steps - spec.Steps + 1)).Select(start => new Stretch(machine, start, start + spec.Steps));

    /// <summary>The first step of such a stretch at which it is heard.</summary>
    public int FirstHeard => IsStateful ? Head.Warmup : spec.Steps - 1;

    /// <summary>How many such stretches are run together.</summary>
    public int SeenTogether => IsStateful ? HeldOutTogether : WindowsTogether;

    /// <summary>Outputs [T,B,K], by their names in the graph, of raw readings [T,B,F] from zero state.</summary>
    public IReadOnlyList<(string Name, Tensor Values)> Predict(Tensor readings)
    {
        using var noGradient = no_grad();
        return Head.Predict(call(Normaliser.Normalise(readings)), Normaliser);
    }

    /// <summary>What the head says [T,B,K] of raw readings [T,B,F].</summary>
    public Tensor Say(Tensor readings)
    {
        using var noGradient = no_grad();
        return call(Normaliser.Normalise(readings));
    }

    /// <summary>The whole as an ONNX file with its manifest inside.</summary>
    /// <param name="alert">When it alerts; null where that is yet to be chosen.</param>
    /// <param name="trained">Where the weights come from; null in a draft.</param>
    public void Write(string file, ModelName name, JsonObject? alert, JsonObject? trained)
    {
        var graph = new OnnxGraph(name.Name);
        var (z, mean, deviation) = Normaliser.Export(graph, IsStateful ? 1 : spec.Steps);
        string[] said = [.. bodies.Select((body, i) => heads[i].ExportSaid(graph, body.Export(graph, z, IsStateful ? 1 : spec.Steps, IsStateful, Prefix(i)), Prefix(i)))];
        var together = said.Length == 1 ? said[0] : graph.Node("Mul", [graph.Node("Sum", said, "sum"), graph.Initializer("share.each", [], [1f / said.Length])], "together");
        Head.ExportOutputs(graph, together, (mean, deviation));
        File.WriteAllBytes(file, ModelFile.ToBytes(graph, Manifest(name), alert, trained));
    }

    private JsonObject Manifest(ModelName name)
    {
        var manifest = ModelFile.Manifest(name, Head.Kind, IsStateful ? "stateful" : "window", spec.Features);
        if (spec.Unit.Length > 0) manifest["unit"] = spec.Unit;
        if (spec.Centres.Length > 1) manifest["optional"] = new JsonArray(spec.Features[^1]);
        if (IsStateful) manifest["states"] = ModelFile.States(bodies.SelectMany((body, i) => body.States.Select(s => (Prefix(i) + s, "LBH"))));
        else manifest["steps"] = spec.Steps;
        foreach (var (key, value) in Head.Manifest) if (IsStateful || key != "warmup") manifest[key] = value?.DeepClone();
        return manifest;
    }

    private string Prefix(int member) => bodies.Count == 1 ? "" : $"{member}.";

    /// <summary>A network that sees windows learns from windows: as many as cover the stretch, each anywhere in it.</summary>
    private IEnumerable<Stretch> Windows(Stretch stretch, Random random)
    {
        if (IsStateful || stretch.Length <= spec.Steps) return [stretch];
        return Enumerable.Range(0, (stretch.Length + spec.Steps - 1) / spec.Steps).Select(_ =>
        {
            var start = stretch.Start + random.Next(stretch.Length - spec.Steps + 1);
            return new Stretch(stretch.Series, start, start + spec.Steps);
        });
    }
}
