using System.Collections;
using PredMaint.Core.Models;
using PredMaint.Core.Settings;

namespace PredMaint.Worker.Configuration;

/// <summary>From a file, the environment and the command line to <see cref="WorkerOptions"/>.</summary>
/// <remarks>
/// (1) read the file; (2) lay the environment over it, then the command line; (3) fill the placeholders; (4) read every
/// key, checking all of it. Relative paths are relative to the file, so that it means the same wherever it is used from.
/// </remarks>
public static class ConfigurationLoader
{
    /// <summary>The keys as they are written; a variable of the environment may write them in any case.</summary>
    private static readonly string[] Keys =
    [
        "group", "instance", "kafka", "topics", "readings", "alerts", "state", "commands", "deadLetters", "health",
        "startAt", "threads", "batchMax", "commitInterval", "snapshotInterval", "replayMax", "machineTtl",
        "format", "maxBytes", "maxSensors", "lateness", "maxGap", "maxAhead", "every", "fill",
        "models", "file", "machines", "device", "cuda", "deviceId", "memoryLimit", "arena", "sha256", "replaces", "alert",
        "raiseAt", "clearAt", "raiseAfter", "clearAfter", "severity", "levels", "at",
        "telemetry", "listen", "traceRatio", "logs",
    ];

    private const string OfKafka = "kafka.";

    /// <param name="file">YAML or JSON.</param>
    /// <param name="sets"><c>path=value</c>, stronger than the environment, which is stronger than the file.</param>
    /// <param name="environment"><see cref="ProcessEnvironment"/>, or a test's own.</param>
    /// <returns>The options, or null and every mistake: one sentence each, with where it was written and what is allowed.</returns>
    public static (WorkerOptions? Options, IReadOnlyList<string> Mistakes) Load(
        string file, IEnumerable<string> sets, IReadOnlyDictionary<string, string> environment) =>
        OrMistakes(Read(file, sets, environment, _ => true));

    /// <summary>For commands that only speak to Kafka: <c>models</c> may be wrong or absent, the files need not be on this machine.</summary>
    public static (WorkerOptions? Options, IReadOnlyList<string> Mistakes) LoadWithoutModels(
        string file, IEnumerable<string> sets, IReadOnlyDictionary<string, string> environment) =>
        OrMistakes(Read(file, sets, environment, mistake => !mistake.StartsWith("models", StringComparison.Ordinal)));

    /// <summary>The configuration and its models; the models are looked into even where something else is wrong.</summary>
    /// <param name="say">Told what is worth knowing once: which device serves which model.</param>
    public static (WorkerOptions? Options, ModelEntry[]? Models, IReadOnlyList<string> Mistakes) LoadWithModels(
        string file, IEnumerable<string> sets, IReadOnlyDictionary<string, string> environment, Action<string> say)
    {
        var (options, mistakes) = Read(file, sets, environment, _ => true);
        var (models, ofModels) = ModelLoading.Load(options?.Models ?? [], say, except: i => mistakes.Any(m => m.Contains($"models[{i}]", StringComparison.Ordinal)));
        if (mistakes.Count == 0 && models is not null) return (options, models, []);
        foreach (var entry in models ?? []) entry.Model.Dispose();
        return (null, null, [.. mistakes, .. ofModels]);
    }

    private static (WorkerOptions?, IReadOnlyList<string>) OrMistakes((WorkerOptions? Options, IReadOnlyList<string> Mistakes) read) =>
        (read.Mistakes.Count == 0 ? read.Options : null, read.Mistakes);

    /// <summary>The options as far as they go, and every mistake that matters.</summary>
    private static (WorkerOptions? Options, IReadOnlyList<string> Mistakes) Read(
        string file, IEnumerable<string> sets, IReadOnlyDictionary<string, string> environment, Func<string, bool> matters)
    {
        var tree = YamlReader.Read(file);
        // A file that cannot be read would only seem to lack every key.
        if (tree.Mistakes.Count > 0) return (null, tree.Mistakes);
        Overrides.FromEnvironment(tree, environment, Keys);
        Overrides.FromArguments(tree, sets);
        var directory = Path.GetDirectoryName(Path.GetFullPath(file))!;
        Placeholders.Fill(tree, environment, directory);
        var problems = new List<string>();
        var options = OptionsReader.Read(new Fields(tree.Root, "", problems, textual: true), HostName(environment), directory);
        var refills = tree.Refills.Where(r => r.Key.StartsWith(OfKafka, StringComparison.Ordinal)).ToDictionary(r => r.Key[OfKafka.Length..], r => r.Value, StringComparer.Ordinal);
        return (options with { KafkaRefills = refills }, tree.With(problems, matters));
    }

    /// <summary>The process's variables; HOSTNAME, which shells keep to themselves, is the machine's name where it is not set.</summary>
    public static IReadOnlyDictionary<string, string> ProcessEnvironment()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["HOSTNAME"] = Environment.MachineName };
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            variables[(string)variable.Key] = (string?)variable.Value ?? "";
        return variables;
    }

    private static string HostName(IReadOnlyDictionary<string, string> environment) =>
        environment.TryGetValue("HOSTNAME", out var name) && name.Length > 0 ? name : Environment.MachineName;
}
