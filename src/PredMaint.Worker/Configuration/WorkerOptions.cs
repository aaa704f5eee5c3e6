using PredMaint.Core.Alerts;
using PredMaint.Core.Machines;
using PredMaint.Core.Readings;
using PredMaint.Onnx;
using PredMaint.Worker.Telemetry;

namespace PredMaint.Worker.Configuration;

/// <summary>Where a partition begins that has neither a committed offset nor state.</summary>
public enum StartAt { Earliest, Latest }

/// <summary>
/// Everything a worker is told, as contracts.md, "Configuration", has it; made by <see cref="ConfigurationLoader"/>, so an
/// instance is valid: limits hold, model files exist, the Kafka client knows every property.
/// </summary>
public sealed record WorkerOptions
{
    /// <summary>Consumer group, and prefix of transactional ids.</summary>
    public string Group { get; init; } = "predmaint";

    /// <summary>Stable name of this worker: a restart under the same name ends its own open transaction.</summary>
    public required string Instance { get; init; }

    /// <summary>Properties of librdkafka; <see cref="KafkaSettings"/> lays them over our defaults.</summary>
    public required IReadOnlyDictionary<string, string> Kafka { get; init; }

    /// <summary>Of <see cref="Kafka"/>, the properties that came from files (<c>${file:PATH}</c>): what they would be now; null while a file cannot be read.</summary>
    public IReadOnlyDictionary<string, Func<string?>> KafkaRefills { get; init; } = new Dictionary<string, Func<string?>>(StringComparer.Ordinal);

    /// <summary>The brokers are the embedded one, which describes no topics: they have no ids there.</summary>
    public bool IsEmbedded { get; init; }

    public required TopicNames Topics { get; init; }
    public StartAt StartAt { get; init; } = StartAt.Latest;
    public int Threads { get; init; } = 1;

    /// <summary>Readings a turn of the line takes at most.</summary>
    public int BatchMax { get; init; } = 512;

    public TimeSpan CommitInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Of the partition's clock.</summary>
    public TimeSpan SnapshotInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Readings a partition that a restore replays at most.</summary>
    public int ReplayMax { get; init; } = 300_000;

    /// <summary>A machine silent for longer is retired.</summary>
    public TimeSpan MachineTtl { get; init; } = TimeSpan.FromDays(30);

    public ReadingSettings Readings { get; init; } = new();
    public required IReadOnlyList<ModelOptions> Models { get; init; }
    public TelemetryOptions Telemetry { get; init; } = new();

    /// <summary>The part that every task needs, in a worker as in a backtest.</summary>
    public TaskSettings TaskSettings() => new(Readings, Core.Machines.TaskSettings.SourceOf(Group), Topics.Readings)
    {
        ReplayMax = ReplayMax, SnapshotInterval = SnapshotInterval, MachineTtl = MachineTtl,
    };
}

/// <summary>The topics of one group.</summary>
public sealed record TopicNames
{
    public required string Readings { get; init; }
    public required string Alerts { get; init; }

    /// <summary>Compacted, as many partitions as the readings.</summary>
    public required string State { get; init; }

    /// <summary>As many partitions as the readings.</summary>
    public required string Commands { get; init; }

    public required string DeadLetters { get; init; }

    /// <summary>Reserved: known, not written yet.</summary>
    public required string Health { get; init; }
}

/// <summary>One entry of <c>models</c>.</summary>
public sealed record ModelOptions
{
    /// <summary>Full path of the ONNX file.</summary>
    public required string File { get; init; }

    /// <summary>Glob over machine ids.</summary>
    public string Machines { get; init; } = "*";

    public DeviceOptions Device { get; init; } = new();

    /// <summary>64 lower-case hexadecimal digits that the file must have; empty where any will do.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>The model, as name@version, that this one takes over from; empty where none.</summary>
    public string Replaces { get; init; } = "";

    /// <summary>Laid over the manifest's own, key by key.</summary>
    public AlertPolicyKeys Alert { get; init; } = new();
}
