namespace PredMaint.Worker.Brokers;

/// <summary>The brokers answer, and say no: credentials, rights or certificates. A setting must change; trying again does not help.</summary>
public sealed class BrokerRefusedException(string message) : Exception(message);

/// <summary>No broker answers in time.</summary>
public sealed class BrokerUnreachableException(string message) : Exception(message);

/// <summary>What a client reports about its connections; <see cref="Note(Error)"/> is its error handler, called from the client's own thread.</summary>
public sealed class BrokerErrors
{
    /// <summary>How the client describes a broker that takes the connection and ends it: one that wants TLS, or SASL before the first request.</summary>
    private static readonly string[] HangsUp = ["security.protocol", "SSL", "in state UP", "in state APIVERSION_QUERY"];

    /// <summary>How libcurl, which asks for tokens, describes a server that it does not believe, or authorities that it cannot read.</summary>
    private static readonly string[] DistrustsEndpoint = ["OAUTHBEARER token: SSL", "trust anchors"];

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
        // That all brokers are down says less than why each of them is.
        if (last is null || error.Code != ErrorCode.Local_AllBrokersDown) last = error.Reason;
        if (Refused(error) is { } sentence) refusal = sentence;
        else Suspect(error.Reason);
    }

    /// <summary>The client's log handler: a hang-up after the connection was made is said there alone.</summary>
    public void Note(LogMessage log)
    {
        if (log.Facility != "FAIL") return;
        last = log.Message;
        Suspect(last);
    }

    /// <summary>The brokers do not believe who we are, or we do not believe them: other secrets would help.</summary>
    public static bool IsDistrust(Error error) => IsAlert(error) || error.Code is ErrorCode.Local_Authentication or ErrorCode.Local_Ssl
        or ErrorCode.SaslAuthenticationFailed or ErrorCode.UnsupportedSaslMechanism or ErrorCode.IllegalSaslState;

    /// <summary>A sentence that names the setting, where the error says that the brokers refuse; else null.</summary>
    public static string? Refused(Error error) => error.Code switch
    {
        _ when IsAlert(error) =>
            $"kafka.ssl.certificate.location, kafka.ssl.key.location, or their .pem, or kafka.ssl.keystore.location: the broker refuses this certificate, or wants one: {error.Reason}",
        ErrorCode.Local_Ssl when error.Reason.Contains("verify failed", StringComparison.Ordinal) =>
            $"kafka.ssl.ca.location, kafka.ssl.ca.pem, kafka.ssl.endpoint.identification.algorithm: the broker's certificate is of another authority, or of another host than it was reached by: {error.Reason}",
        ErrorCode.Local_Ssl =>
            $"kafka.security.protocol, kafka.ssl.*: TLS is refused: {error.Reason}",
        ErrorCode.Local_Authentication when DistrustsEndpoint.Any(sign => error.Reason.Contains(sign, StringComparison.Ordinal)) =>
            $"kafka.https.ca.location, kafka.https.ca.pem, kafka.sasl.oauthbearer.token.endpoint.url: the token endpoint's certificate cannot be verified; name a file with its authority: {error.Reason}",
        ErrorCode.Local_Authentication when error.Reason.Contains("OAUTHBEARER token", StringComparison.Ordinal) =>
            $"kafka.sasl.oauthbearer.*: there is no token, or it is refused: {error.Reason}",
        ErrorCode.Local_Authentication when error.Reason.Contains("not valid in current SASL state", StringComparison.Ordinal) =>
            $"kafka.security.protocol: the broker does not want kafka.sasl.* here: {error.Reason}",
        ErrorCode.Local_Authentication or ErrorCode.SaslAuthenticationFailed or ErrorCode.UnsupportedSaslMechanism or ErrorCode.IllegalSaslState =>
            $"kafka.sasl.mechanism, kafka.sasl.username, kafka.sasl.password: authentication is refused: {error.Reason}",
        ErrorCode.TopicAuthorizationFailed => Denied("topics.*", error),
        ErrorCode.GroupAuthorizationFailed => Denied("group", error),
        ErrorCode.TransactionalIdAuthorizationFailed => Denied("group, instance (transactional id)", error),
        ErrorCode.ClusterAuthorizationFailed => Denied("kafka.*", error),
        _ => null,
    };

    /// <summary>With TLS 1.3 a broker refuses a client's certificate only after the handshake, on what is then a connection like any other.</summary>
    private static bool IsAlert(Error error) =>
        error.Code is ErrorCode.Local_Ssl or ErrorCode.Local_Transport && error.Reason.Contains(" alert ", StringComparison.Ordinal);

    private void Suspect(string reason)
    {
        if (HangsUp.Any(sign => reason.Contains(sign, StringComparison.Ordinal)))
            suspicion = $"kafka.security.protocol: the broker does not speak it, or wants kafka.sasl.*: {reason}";
        // It hung up because it went away.
        else if (reason.Contains("Connect to", StringComparison.Ordinal)) suspicion = null;
    }

    private static string Denied(string settings, Error error) =>
        $"{settings}: the broker's access rules refuse it to kafka.sasl.username, or to whom kafka.ssl.certificate.location names: {error.Reason}";
}
