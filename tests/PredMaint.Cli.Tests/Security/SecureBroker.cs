using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using PredMaint.Testing;

namespace PredMaint.Cli.Tests.Security;

/// <summary>A real broker with a listener for each kind of security, access rules, and one open listener for the tests' own clients.</summary>
public sealed class SecureBroker : IAsyncDisposable
{
    private const int TlsPort = 2;
    private const int MutualPort = 3;
    private const int OtherHostPort = 4;
    private const int SaslPort = 5;
    private const int BarePort = 6;

    /// <summary>A connection that is older must prove itself again.</summary>
    private const int ReauthenticationMs = 4000;

    private static readonly PbeParameters Encryption = new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 10_000);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("predmaint-secure-");
    private readonly Authority authority = new("authority");
    private readonly Authority stranger = new("stranger");
    private readonly Lazy<Task> started;
    private OwnCluster? cluster;

    public SecureBroker() => started = new(StartAsync);

    /// <summary>Of PLAIN, which the broker's configuration names.</summary>
    public const string PlainUser = "plain-worker";

    public const string PlainPassword = "plain-secret";

    public KafkaBroker Open => cluster!.Broker;

    public string Tls => cluster!.Listener(TlsPort);

    public string Mutual => cluster!.Listener(MutualPort);

    /// <summary>TLS with a certificate of another host.</summary>
    public string OtherHost => cluster!.Listener(OtherHostPort);

    public string Sasl => cluster!.Listener(SaslPort);

    /// <summary>SCRAM-SHA-256 without TLS, and nothing else.</summary>
    public string Bare => cluster!.Listener(BarePort);

    public string AuthorityFile => PathOf("ca.pem");

    public string StrangerFile => PathOf("stranger.pem");

    /// <summary>Skips the calling test where there is no broker to be had.</summary>
    public Task RequireAsync() => started.Value;

    public string PathOf(string name) => Path.Combine(folder.FullName, name);

    /// <summary>Writes a client's certificate and key, and gives the settings that name them.</summary>
    internal string[] Certificate(string name, string file, bool isExpired = false, bool isStranger = false, string? password = null)
    {
        var (certificate, key) = (isStranger ? stranger : authority).Issue(name, isExpired: isExpired);
        using (key)
        {
            Replace($"{file}.crt", certificate);
            Replace($"{file}.key", password is null ? key.ExportPkcs8PrivateKeyPem() : key.ExportEncryptedPkcs8PrivateKeyPem(password, Encryption));
        }
        return [$"kafka.ssl.certificate.location={PathOf($"{file}.crt")}", $"kafka.ssl.key.location={PathOf($"{file}.key")}"];
    }

    /// <summary>Writes a client's certificate and key as PKCS#12.</summary>
    internal string Keystore(string name, string file, string password)
    {
        using var certificate = WithKey(name);
        File.WriteAllBytes(PathOf(file), certificate.ExportPkcs12(Pkcs12ExportPbeParameters.Pbes2Aes256Sha256, password));
        return PathOf(file);
    }

    /// <summary>Of this host, and of the authority that the broker's is of.</summary>
    internal X509Certificate2 ServerCertificate() => WithKey("tokens", "localhost");

    /// <summary>As a Kubernetes volume does: all of it at once.</summary>
    internal string Replace(string file, string content)
    {
        File.WriteAllText(PathOf($"{file}.new"), content);
        File.Move(PathOf($"{file}.new"), PathOf(file), overwrite: true);
        return PathOf(file);
    }

    public async Task SetPasswordAsync(string user, string password)
    {
        using var admin = Open.Admin();
        // The broker takes one mechanism of a user a request.
        foreach (var mechanism in (ScramMechanism[])[ScramMechanism.ScramSha512, ScramMechanism.ScramSha256])
            await admin.AlterUserScramCredentialsAsync([new UserScramCredentialUpsertion
            {
                User = user, Password = Encoding.UTF8.GetBytes(password),
                ScramCredentialInfo = new ScramCredentialInfo { Mechanism = mechanism, Iterations = 4096 },
            }]);
    }

    internal static IEnumerable<JsonNode> Rules() => JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "docs", "acls.json")))!.AsArray()!;

    /// <summary>The least rights of a worker, one operation each.</summary>
    internal static IReadOnlyList<AclBinding> LeastRights(Job job, string principal) =>
    [
        .. from rule in Rules()
           let resource = rule["resource"]!
           let type = (string)resource["type"]!
           from operation in rule["operations"].Deserialize<string[]>()!
           select new AclBinding
           {
               Pattern = new ResourcePattern
               {
                   // RD_KAFKA_RESOURCE_TRANSACTIONAL_ID, which Confluent.Kafka has no name for.
                   Type = type == "transactionalId" ? (ResourceType)5 : Enum.Parse<ResourceType>(type, ignoreCase: true),
                   Name = Named((string)resource["name"]!, job),
                   ResourcePatternType = (string)resource["patternType"]! == "prefix" ? ResourcePatternType.Prefixed : ResourcePatternType.Literal,
               },
               Entry = new AccessControlEntry { Principal = principal, Host = "*", Operation = Enum.Parse<AclOperation>(operation), PermissionType = AclPermissionType.Allow },
           },
    ];

    internal async Task GrantAsync(IEnumerable<AclBinding> rights)
    {
        using var admin = Open.Admin();
        await admin.CreateAclsAsync(rights);
    }

    internal async Task RevokeAsync(IEnumerable<AclBinding> rights)
    {
        using var admin = Open.Admin();
        await admin.DeleteAclsAsync(rights.Select(r => new AclBindingFilter
        {
            PatternFilter = new ResourcePatternFilter { Type = r.Pattern.Type, Name = r.Pattern.Name, ResourcePatternType = r.Pattern.ResourcePatternType },
            EntryFilter = new AccessControlEntryFilter { Principal = r.Entry.Principal, Host = r.Entry.Host, Operation = r.Entry.Operation, PermissionType = r.Entry.PermissionType },
        }));
    }

    public async ValueTask DisposeAsync()
    {
        if (cluster is not null) await cluster.DisposeAsync();
        folder.Delete(recursive: true);
        authority.Dispose();
        stranger.Dispose();
    }

    private static string Named(string name, Job job) => name
        .Replace("{topics.readings}", job.Readings, StringComparison.Ordinal).Replace("{topics.alerts}", job.Alerts, StringComparison.Ordinal)
        .Replace("{topics.state}", job.State, StringComparison.Ordinal).Replace("{topics.commands}", job.Commands, StringComparison.Ordinal)
        .Replace("{topics.deadLetters}", job.DeadLetters, StringComparison.Ordinal).Replace("{group}", job.Group, StringComparison.Ordinal);

    private async Task StartAsync()
    {
        File.WriteAllText(AuthorityFile, authority.Pem);
        File.WriteAllText(StrangerFile, stranger.Pem);
        string[] settings =
        [
            "listeners=PLAINTEXT://127.0.0.1:{port+0},CONTROLLER://127.0.0.1:{port+1},TLS://127.0.0.1:{port+2},MUTUAL://127.0.0.1:{port+3},OTHER://127.0.0.1:{port+4},SASL://127.0.0.1:{port+5},BARE://127.0.0.1:{port+6}",
            "advertised.listeners=PLAINTEXT://127.0.0.1:{port+0},TLS://localhost:{port+2},MUTUAL://localhost:{port+3},OTHER://localhost:{port+4},SASL://localhost:{port+5},BARE://localhost:{port+6}",
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,TLS:SSL,MUTUAL:SSL,OTHER:SSL,SASL:SASL_SSL,BARE:SASL_PLAINTEXT",
            "ssl.keystore.type=PEM", $"ssl.keystore.location={Server("broker", "localhost")}",
            "ssl.truststore.type=PEM", $"ssl.truststore.location={AuthorityFile}",
            "listener.name.mutual.ssl.client.auth=required",
            "listener.name.other.ssl.keystore.type=PEM", $"listener.name.other.ssl.keystore.location={Server("other", "elsewhere.example")}",
            "sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN,OAUTHBEARER", "listener.name.bare.sasl.enabled.mechanisms=SCRAM-SHA-256",
            $"listener.name.sasl.connections.max.reauth.ms={ReauthenticationMs}",
            // Their closing semicolon, written so that nothing takes it for the end of a setting.
            @"listener.name.sasl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required\u003b",
            @"listener.name.bare.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required\u003b",
            $@"listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_{PlainUser}=""{PlainPassword}""\u003b",
            @"listener.name.sasl.oauthbearer.sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub=""broker""\u003b",
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            // Who does not say who he is, which the open listener allows.
            "super.users=User:ANONYMOUS",
        ];
        cluster = await OwnCluster.StartAsync(settings: string.Join(';', settings));
    }

    private X509Certificate2 WithKey(string name, string? host = null)
    {
        var (certificate, key) = authority.Issue(name, host);
        using (key) return X509Certificate2.CreateFromPem(certificate, key.ExportPkcs8PrivateKeyPem());
    }

    private string Server(string file, string host)
    {
        var (certificate, key) = authority.Issue("broker", host);
        using (key) return Replace($"{file}.pem", $"{key.ExportPkcs8PrivateKeyPem()}\n{certificate}\n");
    }
}
