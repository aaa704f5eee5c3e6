using System.CommandLine;
using System.Diagnostics;
using PredMaint.Onnx;
using PredMaint.Training.Runs;

namespace PredMaint.Training;

/// <summary><c>train</c>: a model of someone's own data.</summary>
internal sealed class TrainCommand
{
    private enum Mode { Stateful, Window }

    /// <summary>In deviations, while lives and failures are learnt: there are few machines, and noise keeps a network from learning them by heart.</summary>
    private const double Noise = 0.3;

    private readonly DataOptions data = new();
    private readonly Option<HeadKind?> head = new("--head") { Description = "life, probability (of a failure within --horizon) or forecast (of the next reading, from sound readings); default: forecast where readings are labelled, else life." };
    private readonly Option<Architecture> architecture = new("--architecture") { Description = "rnn, lstm or transformer.", DefaultValueFactory = _ => Architecture.Lstm };
    private readonly Option<Mode?> mode = new("--mode") { Description = "stateful (a reading and the state go in) or window (the last --steps readings); default: stateful, of a transformer window." };
    private readonly Option<int> steps = IntegerOption.Create("--steps", "Readings of a window.", 30, min: 2, max: 500);
    private readonly Option<int> width = IntegerOption.Create("--width", "Hidden units of a network.", 32, max: 1024);
    private readonly Option<int> networks = IntegerOption.Create("--networks", "Taken together in one file: their mean errs less than one.", 1, max: 32);
    private readonly Option<int> epochs = IntegerOption.Create("--epochs", "Passes over the machines, at most.", 200);
    private readonly Option<int> patience = IntegerOption.Create("--patience", "Epochs without a better one on machines held out, after which a network stops.", 20);
    private readonly Option<int> seed = IntegerOption.Create("--seed", "Deals the machines and begins the weights; the same seed gives the same model.", 1, min: 0);
    private readonly Option<int> horizon = IntegerOption.Create("--horizon", "Readings within which the probability of a failure is told.", 30);
    private readonly Option<int> lifeLimit = IntegerOption.Create("--life-limit", "Readings of remaining life beyond which nothing shows.", Cmapss.LifeLimit, min: 5);
    private readonly Option<string> unit = new("--unit") { Description = "Of remaining life, each reading being one: cycles, days.", DefaultValueFactory = _ => "readings" };
    private readonly Option<string?> condition = new("--condition") { Description = "Sensor whose few separate values are operating conditions, by which the others are normalised." };
    private readonly Option<double?> raiseAt = new("--raise-at") { Description = "Of alerts: remaining life (default: 0.24 of --life-limit), probability (0.5) or score (by --false-alarms)." };
    private readonly Option<double> falseAlarms = CalibrateCommand.FalseAlarms();
    private readonly Option<string?> name = new("--name") { Description = "Of the model; default: of the data and the head." };
    private readonly Option<string> version = new("--version") { Description = "Of the model.", DefaultValueFactory = _ => "1" };
    private readonly Option<string?> run = new("--run") { Description = "Folder for model, configuration, losses and report; one that was interrupted goes on from there. Default: out/NAME." };
    private readonly Option<string?> output = new("--out") { Description = "A copy of the model.onnx in that folder." };

    public static Command Create() => new TrainCommand().Build();

    private Command Build()
    {
        var command = new Command("train", "Trains a model on your own data: whole machines are dealt to fit, to choose and to judge.")
        {
            head, architecture, mode, steps, width, networks, epochs, patience, seed, horizon, lifeLimit, unit, condition, raiseAt, falseAlarms, name, version, run, output,
        };
        data.AddTo(command);
        command.SetAction(Train);
        return command;
    }

    private int Train(ParseResult parsed)
    {
        var clock = Stopwatch.StartNew();
        var plan = Plan(parsed, out var folder);
        var outcome = Terminal.Watch(report => TrainRun.Run(plan, folder, report));
        var file = Path.Combine(folder, TrainRun.ModelFileName);
        if (parsed.GetValue(output) is { } copy)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(copy))!);
            File.Copy(file, copy, overwrite: true);
            file = copy;
        }
        Terminal.Table([("model", $"{plan.Model.Name}@{plan.Model.Version}, {file}"), .. outcome.Lines, ("report", $"{Path.Combine(folder, TrainRun.ReportFile)}, in {clock.Elapsed.TotalSeconds:F0} s")]);
        return ExitCodes.Done;
    }

    private RunPlan Plan(ParseResult parsed, out string folder)
    {
        var source = data.Source(parsed);
        var kind = parsed.GetValue(head) ?? (source.HasLabels() ? HeadKind.Forecast : HeadKind.Life);
        var body = parsed.GetValue(architecture);
        var isWindow = (parsed.GetValue(mode) ?? (body == Architecture.Transformer ? Mode.Window : Mode.Stateful)) == Mode.Window;
        var spec = new NetworkSpec(body, kind, parsed.GetValue(width), [], [0], isWindow ? parsed.GetValue(steps) : 0, kind == HeadKind.Forecast ? 0 : Noise,
            parsed.GetValue(lifeLimit), parsed.GetValue(horizon), kind == HeadKind.Life ? parsed.GetRequiredValue(unit) : "");
        var called = parsed.GetValue(name) ?? $"{Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(source.Path))).Split('.')[0].Replace('|', '-').Replace('@', '-')}-{kind.ToString().ToLowerInvariant()}";
        folder = parsed.GetValue(run) ?? Path.Combine("out", called);
        var plan = new RunPlan(source, spec, parsed.GetValue(networks), parsed.GetValue(epochs), parsed.GetValue(patience), parsed.GetValue(seed), parsed.GetValue(condition), parsed.GetValue(raiseAt), parsed.GetValue(falseAlarms), new ModelName(called, parsed.GetRequiredValue(version)));
        string?[] files = [Path.Combine(folder, TrainRun.ModelFileName), parsed.GetValue(output)];
        return source.Mistakes().Concat(Mistakes(parsed, plan, isWindow)).Concat(files.OfType<string>().SelectMany(FileMistakes)).ToList() is { Count: > 0 } mistakes ? throw new DataException(string.Join(Environment.NewLine, mistakes)) : plan;
    }

    private IEnumerable<string> Mistakes(ParseResult parsed, RunPlan plan, bool isWindow)
    {
        var (source, network) = (plan.Data, plan.Network);
        var kind = network.Head.ToString().ToLowerInvariant();
        if (network.Architecture == Architecture.Transformer && !isWindow) yield return "--architecture transformer has no state to go on from: --mode window";
        if (Given(steps) && !isWindow) yield return "--steps is of windows: --mode window, or leave it out";
        if (Given(horizon) && network.Head != HeadKind.Probability) yield return $"--horizon is of --head probability, this is {kind}";
        if (Given(unit) && network.Head != HeadKind.Life) yield return $"--unit is of --head life, this is {kind}";
        if (Given(falseAlarms) && network.Head != HeadKind.Forecast) yield return $"--false-alarms is of --head forecast, this is {kind}: --raise-at";
        if (Given(falseAlarms) && plan.RaiseAt is not null) yield return "--raise-at and --false-alarms both say when alerts are raised: leave out one";
        if (plan.Condition is not null && network.Head == HeadKind.Forecast) yield return "--condition: a forecast is of one condition, --head life or probability may have several";
        if (network.Head != HeadKind.Forecast && !source.HasLives()) yield return $"--head {kind} learns from failures, the data says only what is anomalous: --life COLUMN, or --head forecast";
        var most = network.Head switch { HeadKind.Life => network.LifeLimit, HeadKind.Probability => 1, _ => double.PositiveInfinity };
        if (plan.RaiseAt is { } limit && !(limit > 0 && limit < most)) yield return $"--raise-at must be more than 0{(double.IsInfinity(most) ? "" : FormattableString.Invariant($" and less than {most}"))}, for --head {kind}";
        foreach (var (option, text) in new[] { ("--name", plan.Model.Name), ("--version", plan.Model.Version) })
            if (text.Length is 0 or > 100 || text.AsSpan().IndexOfAny("|@") >= 0) yield return $"{option} must be 1 to 100 characters without | and @";

        bool Given(Option option) => parsed.GetResult(option) is { Implicit: false };
    }

    private static IEnumerable<string> FileMistakes(string file)
    {
        if (Directory.Exists(file)) yield return $"{file} is a folder, the model is a file";
        if (ModelFiles.ManifestOf(file) is var beside && File.Exists(beside)) yield return $"{beside} would count instead of the new model's own manifest: move it away";
    }
}
