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
    [InlineData(ErrorCode.Local_Transport)]
    [InlineData(ErrorCode.Local_AllBrokersDown)]
    [InlineData(ErrorCode.LeaderNotAvailable)]
    public void A_broker_that_is_away_has_refused_nothing(ErrorCode code)
    {
        var errors = new BrokerErrors();
        errors.Note(new Error(code, "away"));
        Assert.Equal((null, null, "away"), (errors.Refusal, errors.Suspicion, errors.Last));
    }

    [Fact]
    public void A_broken_handshake_is_a_suspicion_until_it_lasts()
    {
        var errors = new BrokerErrors();
        errors.Note(new Error(ErrorCode.Local_Transport, "Disconnected while requesting ApiVersion: might be caused by incorrect security.protocol configuration"));
        Assert.Null(errors.Refusal);
        Assert.StartsWith("kafka.security.protocol: ", errors.Suspicion, StringComparison.Ordinal);
    }
}
