using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using PredMaint.Worker.Brokers;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Tests.Configuration;
using PredMaint.Worker.Tests.Line;

namespace PredMaint.Worker.Tests.Brokers;

public sealed class SecretWatchTests : IDisposable
{
    private readonly ConfigurationFolder folder = new();
    private readonly LogKeeper logs = new();

    [Fact]
    public void A_password_is_taken_up_when_its_file_has_stood_still_and_only_then()
    {
        folder.Write("password", "first\n");
        using var watch = Watch("sasl.mechanism: PLAIN, security.protocol: sasl_plaintext, sasl.username: u, sasl.password: \"${file:password}\"");
        var first = watch.Due;
        Look(watch, 3);
        Assert.False(first.IsCancellationRequested);

        folder.Write("password", "second, half");
        watch.Look();
        folder.Write("password", "second");
        watch.Look();
        Assert.False(first.IsCancellationRequested);
        watch.Look();
        Assert.True(first.IsCancellationRequested);
        Assert.Equal("second", watch.Current.Kafka["sasl.password"]);

        var second = watch.Due;
        Look(watch, 3);
        Assert.False(second.IsCancellationRequested);
        Assert.DoesNotContain("second", logs.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_away_changes_nothing()
    {
        var file = folder.Write("password", "first");
        using var watch = Watch("sasl.mechanism: PLAIN, security.protocol: sasl_plaintext, sasl.username: u, sasl.password: \"${file:password}\"");
        File.Delete(file);
        Look(watch, 3);
        Assert.False(watch.Due.IsCancellationRequested);
        Assert.Equal("first", watch.Current.Kafka["sasl.password"]);
    }

    [Fact]
    public void What_no_client_can_be_made_of_is_refused_by_name_and_once()
    {
        var good = Certificate();
        var file = folder.Write("ca.pem", good);
        using var watch = Watch($"security.protocol: ssl, ssl.ca.location: \"{file}\"");
        folder.Write("ca.pem", "no certificate");
        Look(watch, 4);
        Assert.False(watch.Due.IsCancellationRequested);
        var refusal = Assert.Single(logs.AtLeast(LogLevel.Error));
        Assert.Contains("Changed secrets are refused, those of before are kept: kafka.ssl.ca.location: ", refusal, StringComparison.Ordinal);
        // What the clients have is nothing new to them.
        folder.Write("ca.pem", good);
        Look(watch, 4);
        Assert.False(watch.Due.IsCancellationRequested);
    }

    public void Dispose() => folder.Dispose();

    private static void Look(SecretWatch watch, int times)
    {
        for (var i = 0; i < times; i++) watch.Look();
    }

    private static string Certificate()
    {
        using var key = ECDsa.Create();
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=authority", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return certificate.ExportCertificatePem();
    }

    private SecretWatch Watch(string kafka)
    {
        var file = folder.Write("c.yaml", $$"""
            kafka: { bootstrap.servers: "127.0.0.1:1", {{kafka}} }
            topics: { readings: r, alerts: a }
            models: [{ file: "{{WorkerJob.Model}}" }]
            """);
        var (options, mistakes) = ConfigurationLoader.Load(file, [], new Dictionary<string, string>(StringComparer.Ordinal));
        Assert.Empty(mistakes);
        return new SecretWatch(options!, logs.CreateLogger("predmaint"));
    }
}
