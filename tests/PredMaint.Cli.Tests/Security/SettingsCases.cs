namespace PredMaint.Cli.Tests.Security;

/// <param name="What">In a failing message.</param>
/// <param name="Principal">As whom the broker knows the worker; null where it asks for no name.</param>
internal sealed record RightCase(string What, string? Principal, string[] Settings);

/// <param name="Key">The setting under <c>kafka</c> that is wrong.</param>
/// <param name="Says">How the message names it; by default as it is.</param>
internal sealed record WrongCase(string What, string Key, string[] Settings, string? Says = null)
{
    public string Says { get; } = Says ?? $"kafka.{Key}";
}

/// <summary>Security settings under which a worker reaches the broker, and wrong ones; the later of two that name the same setting counts.</summary>
internal sealed class SettingsCases : IDisposable
{
    private const string User = "scram-worker";
    private const string Password = "scram-secret";
    private const string Mutual = "mutual-worker";
    private const string KeyPassword = "key-secret";
    private const string StorePassword = "store-secret";

    private readonly SecureBroker broker;
    private readonly TokenEndpoint http = new();
    private readonly TokenEndpoint https;
    private readonly string[] own;
    private readonly string[] other;
    private readonly string[] locked;
    private readonly string keystore;
    private readonly string garbage;

    private SettingsCases(SecureBroker broker)
    {
        this.broker = broker;
        https = new TokenEndpoint(broker.ServerCertificate());
        own = broker.Certificate(Mutual, "own");
        other = broker.Certificate(Mutual, "other");
        locked = broker.Certificate(Mutual, "locked", password: KeyPassword);
        keystore = broker.Keystore(Mutual, "own.p12", StorePassword);
        garbage = broker.Replace("garbage", "neither a certificate nor a key");
    }

    public static async Task<SettingsCases> CreateAsync(SecureBroker broker)
    {
        await broker.SetPasswordAsync(User, Password);
        return new SettingsCases(broker);
    }

    public IReadOnlyList<RightCase> Right =>
    [
        new("no security", null, [$"kafka.bootstrap.servers={broker.Open.Bootstrap}", "kafka.security.protocol=plaintext"]),
        new("TLS", null, [.. Tls(broker.Tls), "kafka.ssl.endpoint.identification.algorithm=https", "kafka.enable.ssl.certificate.verification=true"]),
        new("TLS with another host", null, [.. Tls(broker.OtherHost), "kafka.ssl.endpoint.identification.algorithm=none"]),
        new("TLS with anybody", null, [.. Tls(broker.Tls), $"kafka.ssl.ca.location={broker.StrangerFile}", "kafka.enable.ssl.certificate.verification=false"]),
        new("mutual TLS by files", $"CN={Mutual}", [.. Tls(broker.Mutual), .. locked, $"kafka.ssl.key.password={KeyPassword}"]),
        new("mutual TLS by texts", $"CN={Mutual}", Texts(own, own)),
        new("mutual TLS by a keystore", $"CN={Mutual}", Keystore(keystore, StorePassword)),
        new("SCRAM-SHA-512", User, [.. Sasl("SCRAM-SHA-512"), .. Credentials(User, Content(broker.Replace("scram", $"{Password}\n")))]),
        new("SCRAM-SHA-256 without TLS", User, Bare(Password)),
        new("PLAIN", SecureBroker.PlainUser, [.. Sasl("PLAIN"), .. Credentials(SecureBroker.PlainUser, SecureBroker.PlainPassword)]),
        new("unsecured tokens", "unsecured-worker", [.. Sasl("OAUTHBEARER"), "kafka.enable.sasl.oauthbearer.unsecure.jwt=true", "kafka.sasl.oauthbearer.config=principal=unsecured-worker"]),
        new("tokens", TokenEndpoint.Client, Oidc(http)),
        new("tokens over TLS", TokenEndpoint.Client, [.. Oidc(https), $"kafka.https.ca.location={broker.AuthorityFile}", $"kafka.sasl.oauthbearer.scope={TokenEndpoint.Scope}"]),
    ];

    public IEnumerable<WrongCase> Wrong => [.. WrongProtocols, .. WrongAuthorities, .. WrongCertificates, .. WrongUsers, .. WrongTokens];

    private IEnumerable<WrongCase> WrongProtocols =>
    [
        new("no TLS where the broker wants it", "security.protocol", [$"kafka.bootstrap.servers={broker.Tls}"]),
        new("TLS where the broker has none", "security.protocol", Tls(broker.Open.Bootstrap)),
        new("an unknown protocol", "security.protocol", [.. Tls(broker.Tls), "kafka.security.protocol=tls"]),
        new("SASL without TLS", "security.protocol", [.. Sasl("SCRAM-SHA-512"), .. Credentials(User, Password), "kafka.security.protocol=sasl_plaintext"]),
        new("SASL with TLS where the broker has none", "security.protocol", [.. Tls(broker.Bare), .. Bare(Password), "kafka.security.protocol=sasl_ssl"]),
        new("SASL where the broker has none", "security.protocol", [.. Bare(Password), $"kafka.bootstrap.servers={broker.Open.Bootstrap}"]),
        new("TLS without SASL", "security.protocol", Tls(broker.Sasl), "kafka.sasl.*"),
    ];

    private IEnumerable<WrongCase> WrongAuthorities =>
    [
        new("another authority", "ssl.ca.location", [.. Tls(broker.Tls), $"kafka.ssl.ca.location={broker.StrangerFile}"]),
        new("no authority's file", "ssl.ca.location", [.. Tls(broker.Tls), "kafka.ssl.ca.location=/nowhere.pem"]),
        new("no authority", "ssl.ca.location", [.. Tls(broker.Tls), $"kafka.ssl.ca.location={garbage}"]),
        new("another authority's text", "ssl.ca.pem", [.. Plain(broker.Tls), $"kafka.ssl.ca.pem={Content(broker.StrangerFile)}"]),
        new("a path for an authority's text", "ssl.ca.pem", [.. Plain(broker.Tls), $"kafka.ssl.ca.pem={broker.AuthorityFile}"]),
        new("another host", "ssl.endpoint.identification.algorithm", Tls(broker.OtherHost)),
        new("an unknown check of hosts", "ssl.endpoint.identification.algorithm", [.. Tls(broker.Tls), "kafka.ssl.endpoint.identification.algorithm=dns"]),
        new("neither on nor off", "enable.ssl.certificate.verification", [.. Tls(broker.Tls), "kafka.enable.ssl.certificate.verification=maybe"]),
    ];

    private IEnumerable<WrongCase> WrongCertificates =>
    [
        new("no certificate", "ssl.certificate.location", Tls(broker.Mutual)),
        new("a key alone", "ssl.certificate.location", [.. Tls(broker.Mutual), own[1]]),
        new("a stranger's certificate", "ssl.certificate.location", [.. Tls(broker.Mutual), .. broker.Certificate(Mutual, "strange", isStranger: true)]),
        new("an expired certificate", "ssl.certificate.location", [.. Tls(broker.Mutual), .. broker.Certificate(Mutual, "expired", isExpired: true)]),
        new("another's key", "ssl.key.location", [.. Tls(broker.Mutual), own[0], other[1]]),
        new("a directory for a key", "ssl.key.location", [.. Tls(broker.Mutual), own[0], $"kafka.ssl.key.location={broker.PathOf("")}"]),
        new("no certificate's text", "ssl.certificate.pem", [.. Texts(own, own), $"kafka.ssl.certificate.pem={Content(garbage)}"]),
        new("another's key's text", "ssl.key.pem", Texts(own, other)),
        new("a locked key", "ssl.key.password", [.. Tls(broker.Mutual), .. locked]),
        new("a key locked otherwise", "ssl.key.password", [.. Tls(broker.Mutual), .. locked, "kafka.ssl.key.password=wrong-secret"]),
        new("a key's text locked otherwise", "ssl.key.password", [.. Texts(locked, locked), "kafka.ssl.key.password=wrong-secret"]),
        new("no keystore", "ssl.keystore.location", Keystore(garbage, StorePassword)),
        new("a keystore locked otherwise", "ssl.keystore.password", Keystore(keystore, "wrong-secret")),
    ];

    private IEnumerable<WrongCase> WrongUsers =>
    [
        new("a wrong password", "sasl.password", [.. Sasl("SCRAM-SHA-512"), .. Credentials(User, "wrong-secret")]),
        new("a wrong password without TLS", "sasl.password", Bare("wrong-secret")),
        new("a wrong plain password", "sasl.password", [.. Sasl("PLAIN"), .. Credentials(SecureBroker.PlainUser, "wrong-secret")]),
        new("a password's file that is not there", "sasl.password", [.. Sasl("PLAIN"), .. Credentials(SecureBroker.PlainUser, Content("/nowhere"))]),
        new("an unknown user", "sasl.username", [.. Sasl("SCRAM-SHA-512"), .. Credentials("nobody", Password)]),
        new("no user", "sasl.username", Sasl("SCRAM-SHA-512")),
        new("a mechanism that nobody knows", "sasl.mechanism", [.. Sasl("SCRAM-SHA-1"), .. Credentials(User, Password)]),
        new("a mechanism in small letters", "sasl.mechanism", [.. Sasl("scram-sha-512"), .. Credentials(User, Password)]),
        new("a mechanism that the broker has not", "sasl.mechanism", [.. Sasl("SCRAM-SHA-256"), .. Credentials(User, Password)]),
    ];

    private IEnumerable<WrongCase> WrongTokens =>
    [
        new("no method", "sasl.oauthbearer.method", [.. Oidc(http), "kafka.sasl.oauthbearer.method=default"]),
        new("nobody at the token endpoint", "sasl.oauthbearer.token.endpoint.url", [.. Oidc(http), "kafka.sasl.oauthbearer.token.endpoint.url=http://localhost:1/token"], "kafka.sasl.oauthbearer.*"),
        new("an unknown client", "sasl.oauthbearer.client.id", [.. Oidc(http), "kafka.sasl.oauthbearer.client.id=nobody"], "kafka.sasl.oauthbearer.*"),
        new("a wrong client's secret", "sasl.oauthbearer.client.secret", [.. Oidc(http), "kafka.sasl.oauthbearer.client.secret=wrong-secret"], "kafka.sasl.oauthbearer.*"),
        new("an unknown scope", "sasl.oauthbearer.scope", [.. Oidc(http), "kafka.sasl.oauthbearer.scope=everything"], "kafka.sasl.oauthbearer.*"),
        new("a token endpoint of another authority", "https.ca.location", [.. Oidc(https), $"kafka.https.ca.location={broker.StrangerFile}"]),
        new("no authority of the token endpoint", "https.ca.location", [.. Oidc(https), $"kafka.https.ca.location={garbage}"]),
    ];

    public void Dispose()
    {
        http.Dispose();
        https.Dispose();
    }

    private static string Content(string file) => $"${{file:{file}}}";

    private static string[] Plain(string listener) => [$"kafka.bootstrap.servers={listener}", "kafka.security.protocol=ssl"];

    private string[] Tls(string listener) => [.. Plain(listener), $"kafka.ssl.ca.location={broker.AuthorityFile}"];

    /// <param name="certificate">The settings that name a certificate's file and its key's.</param>
    /// <param name="key">The same; its key is taken.</param>
    private string[] Texts(string[] certificate, string[] key) =>
    [
        .. Plain(broker.Mutual), $"kafka.ssl.ca.pem={Content(broker.AuthorityFile)}",
        $"kafka.ssl.certificate.pem={Content(certificate[0].Split('=')[1])}", $"kafka.ssl.key.pem={Content(key[1].Split('=')[1])}",
    ];

    private string[] Keystore(string file, string password) => [.. Tls(broker.Mutual), $"kafka.ssl.keystore.location={file}", $"kafka.ssl.keystore.password={password}"];

    private string[] Sasl(string mechanism) => [.. Tls(broker.Sasl), "kafka.security.protocol=sasl_ssl", $"kafka.sasl.mechanism={mechanism}"];

    private string[] Bare(string password) =>
        [$"kafka.bootstrap.servers={broker.Bare}", "kafka.security.protocol=sasl_plaintext", "kafka.sasl.mechanism=SCRAM-SHA-256", .. Credentials(User, password)];

    private static string[] Credentials(string user, string password) => [$"kafka.sasl.username={user}", $"kafka.sasl.password={password}"];

    private string[] Oidc(TokenEndpoint endpoint) =>
    [
        .. Sasl("OAUTHBEARER"), "kafka.sasl.oauthbearer.method=oidc", $"kafka.sasl.oauthbearer.token.endpoint.url={endpoint.Url}",
        $"kafka.sasl.oauthbearer.client.id={TokenEndpoint.Client}", $"kafka.sasl.oauthbearer.client.secret={TokenEndpoint.Secret}",
    ];
}
