namespace PredMaint.Worker.Brokers;

/// <summary>The brokers answer, and say no: credentials, rights or certificates. A setting must change; trying again does not help.</summary>
public sealed class BrokerRefusedException(string message) : Exception(message);

/// <summary>No broker answers in time.</summary>
public sealed class BrokerUnreachableException(string message) : Exception(message);

/// <summary>What a client reports about its connections; <see cref="Note(Error)"/> is its error handler, called from the client's own thread.</summary>
public sealed class BrokerErrors
{
    /// <summary>How the client describes a broker that takes the connection and ends it: one that wants TLS, or SASL before the first request.</summary>
    private static readonly string[] HangsUp = ["security.protocol", "SSL", "in state UP"];

    private volatile string? refusal;
    private volatile string? suspicion;
    private volatile string? last;

    /// <summary>Why the brokers say no, and which setting is about it; null while they did not.</summary>
    public string? Refusal => refusal;

    /// <summary>A refusal that may still be a broker in the middle of its start; one when it lasts.</summary>
    public string? Suspicion => suspicion;

    public string? Last => last;

    public void Note(Error error)
    {
        last = error.Reason;
        if (Refused(error) is { } sentence) refusal = sentence;
        else Suspect(error.Reason);
    }

    /// <summary>The client's log handler: a hang-up after the connection was made is said there alone.</summary>
    public void Note(LogMessage log)
    {
        if (log.Facility == "FAIL") Suspect(log.Message);
    }

    /// <summary>A sentence that names the setting, where the error says that the brokers refuse; else null.</summary>
    public static string? Refused(Error error) => error.Code switch
    {
        ErrorCode.Local_Authentication or ErrorCode.SaslAuthenticationFailed or ErrorCode.UnsupportedSaslMechanism or ErrorCode.IllegalSaslState =>
            $"kafka.sasl.mechanism, kafka.sasl.username, kafka.sasl.password: authentication is refused: {error.Reason}",
        ErrorCode.Local_Ssl =>
            $"kafka.security.protocol, kafka.ssl.*: TLS is refused: {error.Reason}",
        ErrorCode.TopicAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed or ErrorCode.TransactionalIdAuthorizationFailed or ErrorCode.GroupAuthorizationFailed =>
            $"kafka.sasl.username: the broker's access rules refuse this {Kind(error.Code)}: {error.Reason}",
        _ => null,
    };

    private void Suspect(string reason)
    {
        if (HangsUp.Any(sign => reason.Contains(sign, StringComparison.Ordinal)))
            suspicion = $"kafka.security.protocol: the broker does not speak it, or wants kafka.sasl.*: {reason}";
        // It hung up because it went away.
        else if (reason.Contains("Connect to", StringComparison.Ordinal)) suspicion = null;
    }

    private static string Kind(ErrorCode code) => code switch
    {
        ErrorCode.TopicAuthorizationFailed => "topic (topics.*)",
        ErrorCode.GroupAuthorizationFailed => "group (group)",
        ErrorCode.TransactionalIdAuthorizationFailed => "transactional id (group, instance)",
        _ => "operation on the cluster",
    };
}
