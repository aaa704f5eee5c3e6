using System.Buffers;
using System.Text.RegularExpressions;
using PredMaint.Core.Alerts;
using PredMaint.Core.Readings;
using PredMaint.Core.Settings;
using PredMaint.Onnx;
using PredMaint.Worker.Telemetry;

namespace PredMaint.Worker.Configuration;

/// <summary>Builds <see cref="WorkerOptions"/> from the configuration's keys, all mistakes at once.</summary>
internal static partial class OptionsReader
{
    /// <summary>What Kafka allows in the name of a topic.</summary>
    private const int MaxNameLength = 249;

    /// <summary>A thread owns a consumer and a producer; more than this is another worker's work.</summary>
    private const int MaxThreads = 64;

    /// <summary>Each model's buffers hold so many machines.</summary>
    private const int MaxBatch = 8192;
    private const int MaxModels = 100;

    /// <summary>Steps that a machine takes at most when readings resume after a silence just short of a gap.</summary>
    private const int MaxStepsInGap = 3600;

    private static readonly string[] LaterFormats = ["jsonLong", "avro", "protobuf", "sparkplugB", "opcuaJson"];

    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Decade = TimeSpan.FromDays(3650);

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    [GeneratedRegex("""^(?<host>\*|\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):(?:0|[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])$""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ListenAddress();

    /// <param name="hostName">The default of <c>instance</c>.</param>
    /// <param name="directory">What relative model files are relative to.</param>
    public static WorkerOptions Read(Fields fields, string hostName, string directory)
    {
        var d = new WorkerOptions { Instance = "", Kafka = EmptyKafka, Topics = EmptyTopics, Models = [] };
        var group = Name(fields, "group", d.Group);
        var options = new WorkerOptions
        {
            Group = group,
            Instance = Name(fields, "instance", hostName),
            Kafka = KafkaProperties.Read(fields.Object("kafka", required: true)),
            Topics = Topics(fields.Object("topics", required: true), group),
            StartAt = fields.OneOf<StartAt>("startAt", d.StartAt),
            Threads = fields.Integer("threads", d.Threads, 1, MaxThreads),
            BatchMax = fields.Integer("batchMax", d.BatchMax, 1, MaxBatch),
            CommitInterval = fields.Duration("commitInterval", d.CommitInterval, 10 * Millisecond, 60 * Second),
            SnapshotInterval = fields.Duration("snapshotInterval", d.SnapshotInterval, Second, Day),
            ReplayMax = fields.Integer("replayMax", d.ReplayMax, 1000, 100_000_000),
            MachineTtl = fields.Duration("machineTtl", d.MachineTtl, Hour, Decade),
            Readings = Readings(fields.Object("readings")),
            Models = [.. fields.Objects("models", required: true).Select(m => Model(m, directory))],
            Telemetry = Telemetry(fields.Object("telemetry")),
        };
        if (options.Models.Count > MaxModels) fields.Add("models", $"are {options.Models.Count}, allowed are {MaxModels}");
        if (options.MachineTtl < options.Readings.MaxGap)
            fields.Add("machineTtl", $"is {Fields.Write(options.MachineTtl)}, must be at least readings.maxGap ({Fields.Write(options.Readings.MaxGap)}), else a machine would retire within its history");
        fields.Done();
        return options;
    }

    private static Dictionary<string, string> EmptyKafka => [];

    internal static TopicNames EmptyTopics => new() { Readings = "", Alerts = "", State = "", Commands = "", DeadLetters = "", Health = "" };

    private static TopicNames Topics(Fields fields, string group)
    {
        var topics = new TopicNames
        {
            Readings = Name(fields, "readings", null),
            Alerts = Name(fields, "alerts", null),
            State = Name(fields, "state", $"{group}-state"),
            Commands = Name(fields, "commands", $"{group}-commands"),
            DeadLetters = Name(fields, "deadLetters", $"{group}-dead-letters"),
            Health = Name(fields, "health", $"{group}-health"),
        };
        fields.Done();
        (string Key, string Name)[] named =
        [
            ("readings", topics.Readings), ("alerts", topics.Alerts), ("state", topics.State),
            ("commands", topics.Commands), ("deadLetters", topics.DeadLetters), ("health", topics.Health),
        ];
        // Kafka's metrics write a dot as _, so its broker refuses a second topic that differs in that alone.
        foreach (var same in named.Where(t => t.Name.Length > 0).GroupBy(t => t.Name.Replace('.', '_'), StringComparer.Ordinal).Where(g => g.Count() > 1))
            fields.Add(same.Last().Key, $"is {same.Last().Name}, the topic of {same.First().Key}; each needs its own");
        return topics;
    }

    private static ReadingSettings Readings(Fields fields)
    {
        var d = new ReadingSettings();
        var format = fields.Text("format", "json");
        if (LaterFormats.Contains(format, StringComparer.Ordinal)) fields.Add("format", $"is {format}, which is not supported yet; allowed is json");
        else if (format is not ("json" or "")) fields.Add("format", $"is \"{format}\", allowed is json");
        var settings = new ReadingSettings
        {
            MaxBytes = fields.Integer("maxBytes", d.MaxBytes, 64, 16 << 20),
            MaxSensors = fields.Integer("maxSensors", d.MaxSensors, 1, 65_536),
            Lateness = fields.Duration("lateness", d.Lateness, TimeSpan.Zero, Hour),
            MaxGap = fields.Duration("maxGap", d.MaxGap, Millisecond, Decade),
            MaxAhead = fields.Duration("maxAhead", d.MaxAhead, TimeSpan.Zero, Decade),
            Every = fields.Text("every", "").Length == 0 ? TimeSpan.Zero : fields.Duration("every", d.Every, Millisecond, Day),
            Fill = fields.OneOf<Fill>("fill", d.Fill),
        };
        fields.Done();
        if (settings.Lateness >= settings.MaxGap)
            fields.Add("lateness", $"is {Fields.Write(settings.Lateness)}, must be less than maxGap ({Fields.Write(settings.MaxGap)}), else every gap would be waited for");
        if (settings.Every > TimeSpan.Zero && settings.MaxGap / settings.Every > MaxStepsInGap)
            fields.Add("every", $"fits {settings.MaxGap / settings.Every:0} times into maxGap ({settings.MaxGap}), allowed are {MaxStepsInGap} (so many steps a machine may take at once)");
        return settings;
    }

    private static ModelOptions Model(Fields fields, string directory)
    {
        var d = new ModelOptions { File = "" };
        var model = new ModelOptions
        {
            File = ModelFile(fields, directory),
            Machines = fields.Text("machines", d.Machines),
            Device = Device(fields),
            Sha256 = fields.Text("sha256", d.Sha256).ToLowerInvariant(),
            Replaces = fields.Text("replaces", d.Replaces),
            Alert = AlertPolicyKeys.Read(fields.Object("alert")),
        };
        fields.Done();
        if (model.Machines.Length is 0 or > MaxNameLength) fields.Add("machines", $"must be a glob over machine ids of 1 to {MaxNameLength} characters, like * or line1-*");
        if (model.Sha256.Length > 0 && (model.Sha256.Length != 64 || !model.Sha256.All(char.IsAsciiHexDigit)))
            fields.Add("sha256", "must be 64 hexadecimal digits, as sha256sum prints them");
        if (model.Replaces.Length > 0 && (model.Replaces.Split('@') is not [{ Length: > 0 }, { Length: > 0 }] || model.Replaces.Contains('|', StringComparison.Ordinal)))
            fields.Add("replaces", $"is \"{model.Replaces}\", must be name@version of a model");
        return model;
    }

    private static TelemetryOptions Telemetry(Fields fields)
    {
        var d = new TelemetryOptions();
        var telemetry = new TelemetryOptions
        {
            Listen = fields.Text("listen", d.Listen),
            TraceRatio = fields.Number("traceRatio", d.TraceRatio, 0, 1),
            Logs = fields.OneOf<LogFormat>("logs", d.Logs),
        };
        fields.Done();
        if (telemetry.Listen.Length > 0 && !(ListenAddress().Match(telemetry.Listen) is { Success: true } address && IsHost(address.Groups["host"].Value)))
            fields.Add("listen", $"is \"{telemetry.Listen}\", must be HOST:PORT, HOST an address of this machine, localhost or *, like 127.0.0.1:9464, [::1]:9464 or *:9464 for every address");
        return telemetry;
    }

    /// <summary>A name that is none of these the web server takes for every address.</summary>
    private static bool IsHost(string host) => host is "*" or "localhost" || System.Net.IPAddress.TryParse(host, out _);

    private static DeviceOptions Device(Fields fields)
    {
        var d = new DeviceOptions();
        var cuda = fields.Object("cuda");
        var device = new DeviceOptions
        {
            Device = fields.OneOf<Device>("device", d.Device),
            CudaDevice = cuda.Integer("deviceId", d.CudaDevice, 0, 255),
            CudaMemoryLimitBytes = (long)cuda.Number("memoryLimit", d.CudaMemoryLimitBytes, 0, 1L << 50),
            CudaArenaGrowth = cuda.OneOf<ArenaGrowth>("arena", d.CudaArenaGrowth),
        };
        cuda.Done();
        return device;
    }

    private static string ModelFile(Fields fields, string directory)
    {
        var text = fields.Text("file");
        if (text.Length == 0 || text.Contains('\0', StringComparison.Ordinal))
        {
            if (fields.Has("file")) fields.Add("file", "must be the path of an ONNX file");
            return "";
        }
        var file = Path.GetFullPath(text, directory);
        if (!File.Exists(file)) fields.Add("file", $"{file} does not exist");
        return file;
    }

    private static string Name(Fields fields, string key, string? fallback)
    {
        var name = fields.Text(key, fallback);
        if (name.Length == 0 && fallback is null && !fields.Has(key)) return name;
        if (name.Length is 0 or > MaxNameLength || name is "." or ".." || name.AsSpan().IndexOfAnyExcept(NameCharacters) >= 0)
            fields.Add(key, $"is \"{name}\", allowed are 1 to {MaxNameLength} letters, digits, dots, underscores and hyphens");
        return name;
    }
}
