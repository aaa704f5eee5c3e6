using System.Globalization;
using System.Text.RegularExpressions;
using PredMaint.Core.Settings;

namespace PredMaint.Worker.Configuration;

/// <summary>The properties of librdkafka that a user gives: which are ours to set, whom each concerns, and whether the client takes them.</summary>
internal static partial class KafkaProperties
{
    private static readonly Dictionary<string, string> Refused = new(StringComparer.Ordinal)
    {
        ["group.id"] = "is set by the option group",
        ["transactional.id"] = "is made of the options group and instance, and the thread",
        ["isolation.level"] = "is always read_committed: what an aborted transaction wrote must not be scored",
        ["enable.auto.commit"] = "is always false: offsets are committed with the alerts, see the option commitInterval",
        ["auto.commit.enable"] = "is always false: offsets are committed with the alerts, see the option commitInterval",
        ["auto.offset.reset"] = "is always error; where to begin without offsets is the option startAt",
        ["enable.partition.eof"] = "is ours: lag rests on it",
        ["allow.auto.create.topics"] = "is always false: topics are made by predmaint topics create, or by whoever looks after them",
        ["partitioner"] = "is always murmur2_random, as Java's: a machine must stay in its partition whoever produces",
    };

    // From librdkafka's CONFIGURATION.md, column C/P. A property given to the other kind of client draws a warning.
    private static readonly HashSet<string> OfConsumers = new(StringComparer.Ordinal)
    {
        "group.id", "group.instance.id", "partition.assignment.strategy", "session.timeout.ms", "heartbeat.interval.ms",
        "group.protocol.type", "group.protocol", "group.remote.assignor", "coordinator.query.interval.ms", "max.poll.interval.ms",
        "enable.auto.commit", "auto.commit.enable", "auto.commit.interval.ms", "enable.auto.offset.store", "queued.min.messages",
        "queued.max.messages.kbytes", "fetch.wait.max.ms", "fetch.queue.backoff.ms", "fetch.message.max.bytes",
        "max.partition.fetch.bytes", "fetch.max.bytes", "fetch.min.bytes", "fetch.error.backoff.ms", "isolation.level",
        "enable.partition.eof", "check.crcs", "max.poll.records", "share.acknowledgement.mode", "auto.offset.reset",
        "offset.store.method", "offset.store.path", "offset.store.sync.interval.ms", "consume.callback.max.messages",
    };

    private static readonly HashSet<string> OfProducers = new(StringComparer.Ordinal)
    {
        "transactional.id", "transaction.timeout.ms", "enable.idempotence", "enable.gapless.guarantee", "queue.buffering.max.messages",
        "queue.buffering.max.kbytes", "queue.buffering.max.ms", "linger.ms", "message.send.max.retries", "retries",
        "queue.buffering.backpressure.threshold", "compression.codec", "compression.type", "compression.level", "batch.num.messages",
        "batch.size", "delivery.report.only.error", "sticky.partitioning.linger.ms", "request.required.acks", "acks",
        "request.timeout.ms", "message.timeout.ms", "delivery.timeout.ms", "queuing.strategy", "produce.offset.report",
        "partitioner", "msg_order_cmp",
    };

    /// <summary>Two names of one property.</summary>
    private static readonly string[] Servers = ["bootstrap.servers", "metadata.broker.list"];

    /// <summary>The client's default.</summary>
    internal const int MaxPollIntervalMs = 300_000;

    /// <summary>Parts of names whose values must not come back in a message.</summary>
    private static readonly string[] Secrets = ["password", "secret", "pem", "passphrase", "ssl.key", "oauthbearer.config"];

    /// <summary>A file may be right and what unlocks it wrong, which the client tells of the file.</summary>
    private static readonly Dictionary<string, string> Unlocks = new(StringComparer.Ordinal)
    {
        ["ssl.key.location"] = "ssl.key.password",
        ["ssl.key.pem"] = "ssl.key.password",
        ["ssl.keystore.location"] = "ssl.keystore.password",
    };

    /// <summary>What OpenSSL says: a code, a part of it and a reason. What stands around it may be a value.</summary>
    [GeneratedRegex("error:[0-9A-F]{8}:[^:]*:[^:]*:[A-Za-z0-9 #/_-]+", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex OpenSslError();

    public static bool ForConsumers(string property) =>
        !OfProducers.Contains(property) && !property.StartsWith("dotnet.producer.", StringComparison.Ordinal);

    public static bool ForProducers(string property) =>
        !OfConsumers.Contains(property) && !property.StartsWith("dotnet.consumer.", StringComparison.Ordinal);

    /// <summary>Reads <c>kafka</c>; every property is tried on a client of ours, without a broker.</summary>
    public static IReadOnlyDictionary<string, string> Read(Fields fields)
    {
        var properties = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var key in fields.Keys)
        {
            if (Refused.TryGetValue(key, out var reason)) fields.Add(key, $"cannot be given, it {reason}");
            else if (fields.Has(key)) properties.Add(key, fields.Text(key));
        }
        if (fields.Keys.Any() && !Servers.Any(properties.ContainsKey))
            fields.Add("bootstrap.servers", "is missing (host:port, several with commas)");
        foreach (var key in Servers)
        {
            if (!properties.TryGetValue(key, out var servers)) continue;
            if (string.IsNullOrWhiteSpace(servers)) fields.Add(key, "is empty (host:port, several with commas)");
            foreach (var server in servers.Split(','))
                if (int.TryParse(server[(server.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture, out var port) && port is < 1 or > ushort.MaxValue)
                    fields.Add(key, $"{server.Trim()} has a port that is none, allowed is 1 to {ushort.MaxValue}");
        }
        foreach (var (key, file) in properties.Where(p => p.Key.EndsWith(".location", StringComparison.Ordinal) && p.Value.StartsWith('/')).ToList())
        {
            if (Unreadable(file) is not { } problem) continue;
            fields.Add(key, problem);
            properties.Remove(key);
        }
        if (properties.Count > 0) Try(properties, fields);
        if (LacksTokens(properties)) fields.Add("sasl.oauthbearer.method", "must be oidc: nothing else gives the client a token");
        // A commit may take as long as its transaction may; who does not poll meanwhile is expelled.
        if (Number("transaction.timeout.ms") is { } transaction && transaction >= (Number("max.poll.interval.ms") ?? MaxPollIntervalMs))
            fields.Add("transaction.timeout.ms", $"must be less than max.poll.interval.ms ({Number("max.poll.interval.ms") ?? MaxPollIntervalMs})");
        return properties;

        int? Number(string key) => int.TryParse(properties.GetValueOrDefault(key), CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    /// <summary>The client would say no more than that it fails.</summary>
    private static string? Unreadable(string path)
    {
        if (!Path.Exists(path)) return $"{path} does not exist";
        // Some properties take a directory.
        if (Directory.Exists(path)) return null;
        try
        {
            using var file = File.OpenRead(path);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"cannot be read: {e.Message}";
        }
    }

    /// <summary>Makes a client of each kind, once more after each property that it refuses.</summary>
    private static void Try(Dictionary<string, string> properties, Fields fields)
    {
        // Without servers no client looks for a broker.
        var rest = properties.Where(p => !Servers.Contains(p.Key, StringComparer.Ordinal)).ToDictionary(StringComparer.Ordinal);
        var options = new WorkerOptions { Group = "check", Instance = "check", Kafka = rest, Topics = OptionsReader.EmptyTopics, Models = [] };
        var before = fields.Mistakes.Count;
        while (Refusal(options) is { } message)
        {
            if (Absent(message, rest) is { } absent)
            {
                // What was refused before is taken away by now, and may be all that lacks.
                if (fields.Mistakes.Count == before) fields.Add(absent, $"the Kafka client says: {message}");
                return;
            }
            // The message names the property, or another name of it; then it shows alone.
            var key = rest.Keys.Where(k => message.Contains(k, StringComparison.Ordinal)).MaxBy(k => k.Length)
                ?? rest.FirstOrDefault(p => Refusal(options with { Kafka = new Dictionary<string, string> { [p.Key] = p.Value } }) is not null).Key;
            if (key is null) fields.Mistakes.Add($"kafka: the Kafka client says: {message}");
            else fields.Add(key, Problem(key, message));
            if (key is null || !rest.Remove(key)) return;
        }
    }

    /// <summary>The property that must be given, or otherwise, where the client's message is about several or names none; else null.</summary>
    private static string? Absent(string message, Dictionary<string, string> properties) => message switch
    {
        _ when message.Contains("SASL mechanism", StringComparison.Ordinal) => "sasl.mechanism",
        _ when message.Contains("sasl.username and sasl.password must be set", StringComparison.Ordinal) =>
            string.IsNullOrEmpty(properties.GetValueOrDefault("sasl.username")) ? "sasl.username" : "sasl.password",
        _ when message.Contains("no certificate assigned", StringComparison.Ordinal) => "ssl.certificate.location",
        _ => null,
    };

    private static string Problem(string key, string message)
    {
        if (!Secrets.Any(s => key.Contains(s, StringComparison.Ordinal))) return $"the Kafka client says: {message}";
        var problem = Unlocks.TryGetValue(key, out var password) ? $"the Kafka client refuses it, or kafka.{password} does not unlock it" : "the Kafka client refuses it";
        return OpenSslError().Match(message) is { Success: true } reason ? $"{problem}: {reason.Value}" : problem;
    }

    /// <summary>A client that must show a token and has nowhere to ask for one waits for it for ever.</summary>
    private static bool LacksTokens(Dictionary<string, string> properties) =>
        properties.GetValueOrDefault("security.protocol")?.StartsWith("sasl_", StringComparison.OrdinalIgnoreCase) == true
        && (properties.GetValueOrDefault("sasl.mechanism") ?? properties.GetValueOrDefault("sasl.mechanisms")) == "OAUTHBEARER"
        && !"oidc".Equals(properties.GetValueOrDefault("sasl.oauthbearer.method"), StringComparison.OrdinalIgnoreCase)
        && properties.GetValueOrDefault("enable.sasl.oauthbearer.unsecure.jwt")?.ToLowerInvariant() is not ("true" or "t" or "1");

    private static string? Refusal(WorkerOptions options)
    {
        try
        {
            using var consumer = new ConsumerBuilder<Ignore, Ignore>(KafkaSettings.Consumer(options, 0)).SetLogHandler((_, _) => { }).Build();
            using var producer = new ProducerBuilder<Null, Null>(KafkaSettings.Producer(options, 0)).SetLogHandler((_, _) => { }).Build();
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or KafkaException)
        {
            return e.Message.TrimEnd();
        }
    }
}
