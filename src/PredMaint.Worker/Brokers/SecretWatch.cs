using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using PredMaint.Core.Settings;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Host;

namespace PredMaint.Worker.Brokers;

/// <summary>
/// The files by which clients prove who they are: what stands in <c>kafka</c> as <c>${file:PATH}</c>, and what the client reads
/// itself (<c>*.location</c>), once in its life (<see cref="FileWatch"/>): (1) a change must have stood still from one look to the next, so that no half-written
/// file is taken, (2) what no client can be made of is refused and the clients of before go on, (3) else new ones are due.
/// </summary>
public sealed class SecretWatch(WorkerOptions options, ILogger log) : IDisposable
{
    /// <summary>Keys are a few kilobytes, bundles of authorities a few hundred. A directory of them is not watched.</summary>
    private const int MaxFileBytes = 1 << 20;

    private volatile WorkerOptions current = options;
    private volatile CancellationTokenSource due = new();
    private string used = Digest(options.Kafka);
    private readonly Settled<string> files = new();

    /// <summary>What new clients are made of.</summary>
    public WorkerOptions Current => current;

    /// <summary>Cancelled when new clients must take the place of those made until then. Ask for it before <see cref="Current"/>.</summary>
    public CancellationToken Due => due.Token;

    /// <summary>One look at all files.</summary>
    public void Look()
    {
        if (Read() is not { } kafka) return;
        var digest = Digest(kafka);
        if (!files.IsNews(digest) || digest == used) return;
        var mistakes = new List<string>();
        KafkaProperties.Read(new Fields(new JsonObject(kafka.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))), "kafka", mistakes, textual: true));
        if (mistakes.Count > 0)
        {
            log.LogError("Changed secrets are refused, those of before are kept: {Mistakes}", string.Join("; ", mistakes));
            return;
        }
        (current, used) = (current with { Kafka = kafka }, digest);
        log.LogInformation("Secrets on disk have changed: every line commits and begins anew with clients that have them");
        var before = due;
        due = new CancellationTokenSource();
        before.Cancel();
    }

    public void Dispose() => due.Dispose();

    /// <summary>Null while a file is away, as in the midst of a replacement.</summary>
    private Dictionary<string, string>? Read()
    {
        var kafka = new Dictionary<string, string>(current.Kafka, StringComparer.Ordinal);
        foreach (var (property, refill) in current.KafkaRefills)
        {
            if (refill() is not { } value) return null;
            kafka[property] = value;
        }
        return kafka;
    }

    private static string Digest(IReadOnlyDictionary<string, string> kafka)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (property, value) in kafka)
        {
            hash.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(value)));
            if (property.EndsWith(".location", StringComparison.Ordinal)) hash.AppendData(Content(value));
        }
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static byte[] Content(string path)
    {
        try
        {
            return new FileInfo(path) is { Exists: true, Length: <= MaxFileBytes } ? SHA256.HashData(File.ReadAllBytes(path)) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
