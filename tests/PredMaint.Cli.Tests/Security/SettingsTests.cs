using PredMaint.Testing;

namespace PredMaint.Cli.Tests.Security;

/// <summary>A worker under each documented security setting reaches the broker; each wrong setting fails at start with its name.</summary>
[Trait("needs", "kafka")]
public sealed class SettingsTests(SecureBroker broker)
{
    private const string User = "scram-worker";
    private const string Password = "scram-secret";
    private const string KeyPassword = "key-secret";

    /// <summary>Kafka's clients are told within it (contracts.md, "Configuration").</summary>
    private static readonly TimeSpan RefusalLimit = TimeSpan.FromSeconds(30);

    /// <summary>Programs at once: each waits more than it works.</summary>
    private const int AtOnce = 6;

    [Theory]
    [InlineData("tls", "")]
    [InlineData("mutual TLS", "CN=mutual-worker")]
    [InlineData("SCRAM", User)]
    [InlineData("PLAIN", SecureBroker.PlainUser)]
    [InlineData("OAUTHBEARER, unsecured", "unsecured-worker")]
    [InlineData("OAUTHBEARER, OIDC", TokenEndpoint.Client)]
    public async Task A_worker_publishes_under(string security, string principal)
    {
        await broker.RequireAsync();
        using var tokens = new TokenEndpoint();
        using var job = await Job.WithTopicsAsync(broker.Open);
        if (principal.Length > 0) await broker.GrantAsync(SecureBroker.LeastRights(job, $"User:{principal}"));
        await using var worker = job.Run(await RightAsync(security, tokens));
        await job.Broker.ProduceAsync(job.Readings, Fleet.Readings(machines: 10, steps: 60));
        await Eventually.TrueAsync(async () => worker.HasExited || (await job.AlertsAsync()).Count > 0, "an alert", state: () => $"{worker.Output}\n{worker.Errors}");
        await Job.StopAsync(worker);
    }

    [Fact]
    public async Task A_wrong_setting_ends_with_2_and_its_name()
    {
        await broker.RequireAsync();
        using var tokens = new TokenEndpoint();
        using var job = await Job.WithTopicsAsync(broker.Open);
        var failures = new List<string>();
        var cases = await WrongAsync(tokens);
        await Parallel.ForEachAsync(cases, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (wrong, _) =>
        {
            await using var worker = job.Run(wrong.Settings);
            var started = TimeProvider.System.GetTimestamp();
            await Eventually.TrueAsync(() => worker.HasExited || TimeProvider.System.GetElapsedTime(started) > RefusalLimit, "its end");
            var code = worker.HasExited ? await worker.ExitAsync() : -1;
            var isNamed = worker.Errors.Contains(wrong.Named, StringComparison.Ordinal) && !worker.Errors.Contains("-secret", StringComparison.Ordinal);
            lock (failures) if (code != 2 || !isNamed) failures.Add($"{wrong.What} must name {wrong.Named}, but: {code} {worker.Errors}\n{worker.Output}");
        });
        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    private async Task<string[]> RightAsync(string security, TokenEndpoint tokens)
    {
        await broker.SetPasswordAsync(User, Password);
        return security switch
        {
            "tls" => Tls(broker.Tls),
            "mutual TLS" => [.. Tls(broker.Mutual), .. broker.Certificate("mutual-worker", "mutual", password: KeyPassword), $"kafka.ssl.key.password={KeyPassword}"],
            "SCRAM" => [.. Sasl("SCRAM-SHA-512"), .. Credentials(User, $"${{file:{broker.Replace("scram", Password)}}}")],
            "PLAIN" => [.. Sasl("PLAIN"), .. Credentials(SecureBroker.PlainUser, SecureBroker.PlainPassword)],
            "OAUTHBEARER, unsecured" => [.. Sasl("OAUTHBEARER"), "kafka.enable.sasl.oauthbearer.unsecure.jwt=true", "kafka.sasl.oauthbearer.config=principal=unsecured-worker"],
            _ => [.. Sasl("OAUTHBEARER"), .. Oidc(tokens.Url, TokenEndpoint.Secret)],
        };
    }

    private async Task<(string What, string Named, string[] Settings)[]> WrongAsync(TokenEndpoint tokens)
    {
        await broker.SetPasswordAsync(User, Password);
        var own = broker.Certificate("mutual-worker", "own");
        var other = broker.Certificate("mutual-worker", "other");
        var locked = broker.Certificate("mutual-worker", "locked", password: KeyPassword);
        return
        [
            ("another authority", "kafka.ssl.ca.location", [.. Tls(broker.Tls), $"kafka.ssl.ca.location={broker.StrangerFile}"]),
            ("no authority's file", "kafka.ssl.ca.location", [.. Tls(broker.Tls), "kafka.ssl.ca.location=/nowhere.pem"]),
            ("another host", "kafka.ssl.endpoint.identification.algorithm", Tls(broker.OtherHost)),
            ("no TLS where the broker wants it", "kafka.security.protocol", [$"kafka.bootstrap.servers={broker.Tls}"]),
            ("TLS where the broker has none", "kafka.security.protocol", Tls(broker.Open.Bootstrap)),
            ("an unknown protocol", "kafka.security.protocol", [.. Tls(broker.Tls), "kafka.security.protocol=tls"]),
            ("no certificate", "kafka.ssl.certificate.location", Tls(broker.Mutual)),
            ("a stranger's certificate", "kafka.ssl.certificate.location", [.. Tls(broker.Mutual), .. broker.Certificate("mutual-worker", "strange", isStranger: true)]),
            ("an expired certificate", "kafka.ssl.certificate.location", [.. Tls(broker.Mutual), .. broker.Certificate("mutual-worker", "expired", isExpired: true)]),
            ("another's key", "kafka.ssl.key.location", [.. Tls(broker.Mutual), own[0], other[1]]),
            ("a locked key", "kafka.ssl.key", [.. Tls(broker.Mutual), .. locked]),
            ("a key locked otherwise", "kafka.ssl.key", [.. Tls(broker.Mutual), .. locked, "kafka.ssl.key.password=wrong-secret"]),
            ("a wrong password", "kafka.sasl.password", [.. Sasl("SCRAM-SHA-512"), .. Credentials(User, "wrong-secret")]),
            ("an unknown user", "kafka.sasl.username", [.. Sasl("SCRAM-SHA-512"), .. Credentials("nobody", Password)]),
            ("a wrong plain password", "kafka.sasl.password", [.. Sasl("PLAIN"), .. Credentials(SecureBroker.PlainUser, "wrong-secret")]),
            ("no user", "sasl.username", Sasl("SCRAM-SHA-512")),
            ("a mechanism that nobody knows", "kafka.sasl.mechanism", [.. Sasl("SCRAM-SHA-1"), .. Credentials(User, Password)]),
            ("a mechanism that the broker has not", "kafka.sasl.mechanism", [.. Sasl("SCRAM-SHA-256"), .. Credentials(User, Password)]),
            ("SASL without TLS", "kafka.security.protocol", [.. Sasl("SCRAM-SHA-512"), .. Credentials(User, Password), "kafka.security.protocol=sasl_plaintext"]),
            ("TLS without SASL", "kafka.sasl", Tls(broker.Sasl)),
            ("a wrong client's secret", "kafka.sasl.oauthbearer", [.. Sasl("OAUTHBEARER"), .. Oidc(tokens.Url, "wrong-secret")]),
            ("nobody at the token endpoint", "kafka.sasl.oauthbearer", [.. Sasl("OAUTHBEARER"), .. Oidc("http://localhost:1/token", TokenEndpoint.Secret)]),
            ("a password's file that is not there", "kafka.sasl.password", [.. Sasl("PLAIN"), .. Credentials(SecureBroker.PlainUser, "${file:/nowhere}")]),
        ];
    }

    private string[] Tls(string listener) => [$"kafka.bootstrap.servers={listener}", "kafka.security.protocol=ssl", $"kafka.ssl.ca.location={broker.AuthorityFile}"];

    private string[] Sasl(string mechanism) => [.. Tls(broker.Sasl), "kafka.security.protocol=sasl_ssl", $"kafka.sasl.mechanism={mechanism}"];

    private static string[] Credentials(string user, string password) => [$"kafka.sasl.username={user}", $"kafka.sasl.password={password}"];

    private static string[] Oidc(string url, string secret) =>
    [
        "kafka.sasl.oauthbearer.method=oidc", $"kafka.sasl.oauthbearer.token.endpoint.url={url}",
        $"kafka.sasl.oauthbearer.client.id={TokenEndpoint.Client}", $"kafka.sasl.oauthbearer.client.secret={secret}",
    ];
}
