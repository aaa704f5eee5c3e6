using Confluent.Kafka;
using PredMaint.Worker.Brokers;
using PredMaint.Worker.Line;
using PredMaint.Worker.Tests.Configuration;

namespace PredMaint.Worker.Tests.Line;

public sealed class LineClientsTests
{
    /// <summary>The line begins anew with what they hold by then, as for a password.</summary>
    [Fact]
    public void Files_of_which_no_client_can_be_made_are_a_matter_of_trust_and_named()
    {
        using var folder = new ConfigurationFolder();
        var config = new ProducerConfig { SecurityProtocol = SecurityProtocol.Ssl, SslCertificateLocation = folder.Write("half.crt", "-----BEGIN CERTIFICATE-----\nMII") };
        var error = Assert.Throws<KafkaException>(() => LineClients.Make(new ProducerBuilder<Null, Null>(config).Build)).Error;
        Assert.True(BrokerErrors.IsDistrust(error));
        Assert.Contains("ssl.certificate.location", BrokerErrors.Refused(error), StringComparison.Ordinal);
    }

    [Fact]
    public void What_else_cannot_be_made_is_a_mistake_of_ours() => Assert.Throws<InvalidOperationException>(() => LineClients.Make<int>(() => throw new InvalidOperationException("sequence contains no elements")));
}
