using Confluent.Kafka;
using PredMaint.Worker.Brokers;

namespace PredMaint.Worker.Tests.Brokers;

public sealed class BrokerErrorsTests
{
    [Theory]
    [InlineData(ErrorCode.Local_Authentication, "kafka.sasl.password")]
    [InlineData(ErrorCode.SaslAuthenticationFailed, "kafka.sasl.password")]
    [InlineData(ErrorCode.Local_Ssl, "kafka.ssl.")]
    [InlineData(ErrorCode.TopicAuthorizationFailed, "topics.")]
    [InlineData(ErrorCode.GroupAuthorizationFailed, "group")]
    [InlineData(ErrorCode.TransactionalIdAuthorizationFailed, "instance")]
    [InlineData(ErrorCode.ClusterAuthorizationFailed, "kafka.sasl.username")]
    public void A_refusal_names_the_setting(ErrorCode code, string setting)
    {
        var errors = new BrokerErrors();
        errors.Note(new Error(code, "because"));
        Assert.Contains(setting, errors.Refusal, StringComparison.Ordinal);
        Assert.EndsWith("because", errors.Refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ErrorCode.Local_Transport, "Receive failed: ssl/record/rec_layer_s3.c:912: error:0A00045C:SSL routines::tlsv13 alert certificate required: SSL alert number 116", "kafka.ssl.certificate.location, ")]
    [InlineData(ErrorCode.Local_Ssl, "SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: broker certificate could not be verified", "kafka.ssl.ca.location, ")]
    [InlineData(ErrorCode.Local_Authentication, "Failed to acquire SASL OAUTHBEARER token: Failed to retrieve OIDC token", "kafka.sasl.oauthbearer.*: ")]
    [InlineData(ErrorCode.Local_Authentication, "Failed to acquire SASL OAUTHBEARER token: SSL certificate OpenSSL verify result: unable to get local issuer certificate (20)", "kafka.https.ca.location, ")]
    [InlineData(ErrorCode.Local_Authentication, "Failed to acquire SASL OAUTHBEARER token: error adding trust anchors from file: /nowhere", "kafka.https.ca.location, ")]
    [InlineData(ErrorCode.Local_Authentication, "SASL PLAIN mechanism handshake failed: Broker: Request not valid in current SASL state: broker's supported mechanisms: ", "kafka.security.protocol: ")]
    [InlineData(ErrorCode.Local_Authentication, "SASL SCRAM-SHA-1 mechanism handshake failed: broker's supported mechanisms: SCRAM-SHA-512,PLAIN,OAUTHBEARER", "kafka.sasl.mechanism, ")]
    public void What_the_reason_tells_chooses_the_setting(ErrorCode code, string reason, string setting)
    {
        var error = new Error(code, reason);
        Assert.True(BrokerErrors.IsDistrust(error));
        Assert.StartsWith(setting, BrokerErrors.Refused(error), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ErrorCode.Local_Transport)]
    [InlineData(ErrorCode.Local_AllBrokersDown)]
    [InlineData(ErrorCode.LeaderNotAvailable)]
    public void A_broker_that_is_away_has_refused_nothing(ErrorCode code)
    {
        var errors = new BrokerErrors();
        errors.Note(new Error(code, "away"));
        Assert.Equal((null, null, "away"), (errors.Refusal, errors.Suspicion, errors.Last));
    }

    [Theory]
    [InlineData("Disconnected while requesting ApiVersion: might be caused by incorrect security.protocol configuration")]
    [InlineData("SSL handshake failed: Disconnected")]
    [InlineData("h:9092/bootstrap: Disconnected: connection closed by peer: receive 0 after POLLIN (after 1ms in state UP)")]
    [InlineData("h:9092/bootstrap: Disconnected: connection closed by peer: receive 0 after POLLIN (after 1ms in state APIVERSION_QUERY)")]
    public void A_broker_that_hangs_up_is_a_suspicion_until_it_lasts(string reason)
    {
        var errors = new BrokerErrors();
        errors.Note(new Error(ErrorCode.Local_Transport, reason));
        Assert.NotNull(errors.Suspicion);
        errors = new BrokerErrors();
        errors.Note(new LogMessage("client", SyslogLevel.Warning, "FAIL", reason));
        Assert.Null(errors.Refusal);
        Assert.StartsWith("kafka.security.protocol: ", errors.Suspicion, StringComparison.Ordinal);
        errors.Note(new Error(ErrorCode.Local_Transport, "h:9092/bootstrap: Connect to ipv4#10.0.0.1:9092 failed: Connection refused"));
        Assert.Null(errors.Suspicion);
    }
}
