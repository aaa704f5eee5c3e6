using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using PredMaint.Core.Alerts;
using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Training.Anomaly;
using PredMaint.Training.Runs;

namespace PredMaint.Training;

/// <summary><c>normal</c>: a model for machines without history; each learns its own normal, nothing is trained.</summary>
internal sealed class NormalCommand
{
    private static readonly PatternMemory Default = new([]);

    private readonly Option<string[]> features = new("--features") { Description = "Sensors, separated by commas; default: those of --data that hold their level.", AllowMultipleArgumentsPerToken = true, CustomParser = r => [.. r.Tokens.SelectMany(t => t.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))] };
    private readonly DataOptions data = new(isRequired: false);
    private readonly Option<double> falseAlarms = CalibrateCommand.FalseAlarms();
    private readonly Option<double?> raiseAt = new("--raise-at") { Description = $"Score that alerts, in units of the distances that were usual in the warm-up; default: by --false-alarms of --data, else {Default.HoldAbove}." };
    private readonly Option<int> warmup = IntegerOption.Create("--warmup", "Readings from which a machine learns what is usual, before it is scored.", Default.Warmup, min: 50);
    private readonly Option<int> smoothing = IntegerOption.Create("--smoothing", "Readings over which a level is smoothed.", Default.Smoothing);
    private readonly Option<int> taps = IntegerOption.Create("--taps", "Levels in a pattern: 1 for sensors that hold a level, more for those whose course matters.", Default.Taps, max: 128);
    private readonly Option<int> scales = IntegerOption.Create("--scales", "Lengths of patterns that are compared: --taps levels, half of them, a quarter and so on.", Default.Scales, max: 8);
    private readonly Option<int> patterns = IntegerOption.Create("--patterns", "That a sensor remembers, of each length.", Default.Patterns, max: 4096);
    private readonly Option<int> lasting = IntegerOption.Create("--lasting", "Further patterns that a sensor remembers for long, of those that differ much; 0: none.", Default.Lasting, min: 0, max: 4096);
    private readonly Option<int> delay = IntegerOption.Create("--delay", "Readings after which a pattern may be remembered.", Default.Delay, max: 10_000);
    private readonly Option<int> distanceSmoothing = IntegerOption.Create("--distance-smoothing", "Readings over which a distance is smoothed.", Default.DistanceSmoothing);
    private readonly Option<int> hold = IntegerOption.Create("--hold", "Readings for which a machine does not learn while its score is high, so that a fault does not become normal; 0: it always learns.", Default.HoldSteps, min: 0);
    private readonly Option<string> name = new("--name") { Description = "Of the model.", DefaultValueFactory = _ => "normal" };
    private readonly Option<string> version = new("--version") { Description = "Of the model.", DefaultValueFactory = _ => "1" };
    private readonly Option<string> output = new("--out") { Description = "The file.", DefaultValueFactory = _ => Path.Combine("out", "normal.onnx") };

    public static Command Create() => new NormalCommand().Build();

    private Command Build()
    {
        var command = new Command("normal", "Writes an anomaly model for machines without history: each learns its own normal from its first readings on.")
        {
            features, raiseAt, falseAlarms, warmup, smoothing, taps, scales, patterns, lasting, delay, distanceSmoothing, hold, name, version, output,
        };
        data.AddTo(command);
        command.SetAction(Write);
        return command;
    }

    private int Write(ParseResult parsed)
    {
        var given = parsed.GetValue(features) ?? [];
        var source = data.IsGiven(parsed) ? data.Source(parsed) : null;
        if (Mistakes(parsed, given, source).ToList() is { Count: > 0 } mistakes) throw new DataException(string.Join(Environment.NewLine, mistakes));
        var sound = source is null ? [] : Sound(source, given);
        var watched = given.Length > 0 ? given : [.. Fleet.SteadySensors(sound)];
        if (watched.Length == 0) throw new DataException("no sensor holds its level: --features says which to watch all the same");
        var memory = Memory(parsed, watched);
        if (memory.MostSensors() is var most && watched.Length > most) throw new DataException($"a worker keeps {ModelState.MaxBytes} bytes of a machine, the memory of {most} of these {watched.Length} sensors: fewer --features, --patterns or --taps");
        var model = new ModelName(parsed.GetRequiredValue(name), parsed.GetRequiredValue(version));
        var limits = LimitsOf(memory, model, parsed.GetValue(raiseAt), source, sound, parsed.GetValue(falseAlarms));
        if (parsed.GetValue(hold) is > 0 and var steps) memory = memory with { HoldAbove = limits.Policy.RaiseAt, HoldSteps = steps };
        var trained = new JsonObject { ["configuration"] = JsonSerializer.SerializeToNode(memory), ["limits"] = limits.Reason };
        if (source is not null) trained["data"] = source.Digests();
        var file = parsed.GetRequiredValue(output);
        if (Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder) Directory.CreateDirectory(folder);
        File.WriteAllBytes(file, memory.ToBytes(model, ModelFile.ToManifest(limits.Policy), trained));
        using var written = ModelFile.Load(file);
        Terminal.Table(
        [
            ("model", $"{written.Manifest.NameAndVersion}, {file}"), ("watches", string.Join(", ", watched)),
            .. given.Length == 0 && watched.Length < sound[0].Features.Count ? [("leaves out", "what drifts or never changes: " + string.Join(", ", sound[0].Features.Except(watched, StringComparer.Ordinal)))] : Array.Empty<(string, string)>(),
            ("limits", FormattableString.Invariant($"raiseAt {limits.Policy.RaiseAt}, clearAt {limits.Policy.ClearAt}, {limits.Policy.RaiseAfter} both: {limits.Reason}")),
            .. sound.Count > 0 ? [("there", $"{Playback.Run(written, limits.Policy, sound, source!.MaxGap).Sum(t => t.Raised.Count())} alerts in {sound.Sum(s => s.Steps)} sound readings of {sound.Count} machines")] : Array.Empty<(string, string)>(),
            ("memory", $"{written.Shape.StateLength * sizeof(float)} bytes a machine"),
        ]);
        return ExitCodes.Done;
    }

    private IEnumerable<string> Mistakes(ParseResult parsed, string[] given, DataSource? source)
    {
        if (given.Length == 0 && source is null) yield return "--features SENSOR,... says what to watch, or --data readings of sound machines";
        if (given.Distinct(StringComparer.Ordinal).Count() < given.Length) yield return "--features names a sensor twice";
        if (source is not null && !source.HasLabels()) yield return DataSource.NoLabels;
        var memory = Memory(parsed, given);
        if (memory.Warmup < 2 * (memory.Delay + memory.Taps)) yield return $"--warmup {memory.Warmup} is too short for --delay {memory.Delay} and --taps {memory.Taps}: it must be twice their sum at least";
        if (memory.Taps >> (memory.Scales - 1) == 0) yield return $"--scales {memory.Scales} would halve --taps {memory.Taps} to nothing";
        if (parsed.GetValue(raiseAt) is { } limit && !(limit > 0 && double.IsFinite(limit))) yield return "--raise-at must be more than 0";
        if (parsed.GetValue(raiseAt) is not null && parsed.GetResult(falseAlarms) is { Implicit: false }) yield return "--raise-at and --false-alarms both say when alerts are raised: leave out one";
        if (source is null && parsed.GetResult(falseAlarms) is { Implicit: false }) yield return "--false-alarms is counted in --data";
    }

    private PatternMemory Memory(ParseResult parsed, IReadOnlyList<string> watched) => new(watched)
    {
        Warmup = parsed.GetValue(warmup), Smoothing = parsed.GetValue(smoothing), Taps = parsed.GetValue(taps), Scales = parsed.GetValue(scales), Patterns = parsed.GetValue(patterns), Lasting = parsed.GetValue(lasting),
        Delay = parsed.GetValue(delay), DistanceSmoothing = parsed.GetValue(distanceSmoothing), HoldAbove = null,
    };

    /// <summary>The readings before the first that is not sound, by machine.</summary>
    private static IReadOnlyList<Series> Sound(DataSource source, string[] given)
    {
        var machines = source.Read();
        if (given.Where(f => !machines.Any(m => m.Features.Contains(f, StringComparer.Ordinal))).ToList() is { Count: > 0 } unknown)
            throw new DataException($"--features: the data has no {string.Join(", ", unknown)}; it has {string.Join(", ", machines[0].Features)}");
        return [.. machines.Select(m => m.Part(0, m.HealthySteps())).Where(m => m.Steps > 0)];
    }

    private static RunLimits LimitsOf(PatternMemory memory, ModelName model, double? raiseAt, DataSource? source, IReadOnlyList<Series> sound, double falseAlarms)
    {
        var limits = raiseAt is null && source is not null
            ? RunLimits.OfSound(Playback.OfDraft(file => File.WriteAllBytes(file, memory.ToBytes(model, alert: null, trained: null)), AlertPolicy.Never, sound, source.MaxGap), falseAlarms, seed: 1)
            : new RunLimits(new AlertPolicy { RaiseAt = (float)(raiseAt ?? Default.HoldAbove!.Value), ClearAt = 0, RaiseAfter = RunLimits.RaiseAfter, ClearAfter = RunLimits.RaiseAfter }, raiseAt is null ? "the default" : "--raise-at");
        if (limits.Policy.RaiseAt <= 0) throw new DataException("these sound readings never differ from what was before: there is nothing to choose a limit by; --raise-at says one");
        // An alert ends where the memory takes a fault to have ended.
        return limits with { Policy = limits.Policy with { ClearAt = float.Parse((limits.Policy.RaiseAt * PatternMemory.ReleaseShare).ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) } };
    }
}
