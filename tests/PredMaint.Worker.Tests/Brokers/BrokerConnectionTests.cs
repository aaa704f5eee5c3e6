using Confluent.Kafka;
using PredMaint.Worker.Brokers;
using PredMaint.Worker.Tests.Configuration;

namespace PredMaint.Worker.Tests.Brokers;

public sealed class BrokerConnectionTests
{
    /// <summary>The line begins anew with what they hold by then, as for a password.</summary>
    [Fact]
    public void Files_of_which_no_client_can_be_made_are_a_matter_of_trust_and_named()
    {
        using var folder = new ConfigurationFolder();
        var config = new ProducerConfig { SecurityProtocol = SecurityProtocol.Ssl, SslCertificateLocation = folder.Write("half.crt", "-----BEGIN CERTIFICATE-----\nMII") };
        var error = Assert.Throws<KafkaException>(() => BrokerConnection.Make(new ProducerBuilder<Null, Null>(config).Build)).Error;
        Assert.True(BrokerErrors.IsDistrust(error));
        Assert.Contains("ssl.certificate.location", BrokerErrors.Refused(error), StringComparison.Ordinal);
    }

    /// <summary>In the midst of a replacement a worker may be stopped, which asks for the brokers once more.</summary>
    [Fact]
    public void Nor_can_a_first_contact_be_made_with_them()
    {
        using var folder = new ConfigurationFolder();
        var kafka = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["bootstrap.servers"] = "127.0.0.1:1", ["security.protocol"] = "ssl", ["ssl.certificate.location"] = folder.Write("half.crt", "-----BEGIN CERTIFICATE-----\nMII"),
        };
        var error = Assert.Throws<KafkaException>(() => BrokerConnection.Connect(kafka, TimeProvider.System, TimeSpan.FromSeconds(3))).Error;
        Assert.Contains("ssl.certificate.location", BrokerErrors.Refused(error), StringComparison.Ordinal);
    }

    [Fact]
    public void What_else_cannot_be_made_is_a_mistake_of_ours() => Assert.Throws<InvalidOperationException>(() => BrokerConnection.Make<int>(() => throw new InvalidOperationException("sequence contains no elements")));
}
