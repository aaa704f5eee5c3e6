using PredMaint.Worker.Configuration;

namespace PredMaint.Worker.Brokers;

/// <summary>The first contact of a command that runs once: it has an answer within a bounded time, or a reason.</summary>
public static class BrokerConnection
{
    /// <summary>Ample for an election; a person waits no longer.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Attempt = TimeSpan.FromSeconds(1);

    /// <summary>An admin client whose brokers have answered.</summary>
    /// <exception cref="BrokerRefusedException">Authentication, authorisation or TLS; names the setting.</exception>
    /// <exception cref="BrokerUnreachableException">Nobody answered within the limit.</exception>
    /// <exception cref="KafkaException">As <see cref="Make"/>.</exception>
    public static IAdminClient Connect(IReadOnlyDictionary<string, string> kafka, TimeProvider time, TimeSpan limit)
    {
        var errors = new BrokerErrors();
        var admin = Make(new AdminClientBuilder(KafkaSettings.Admin(kafka))
            .SetErrorHandler((_, error) => errors.Note(error)).SetLogHandler((_, log) => errors.Note(log)).Build);
        try
        {
            for (var start = time.GetTimestamp(); ;)
            {
                if (Answers(admin, errors)) return admin;
                if (errors.Refusal is { } refusal) throw new BrokerRefusedException(refusal);
                if (time.GetElapsedTime(start) < limit) continue;
                if (errors.Suspicion is { } suspicion) throw new BrokerRefusedException(suspicion);
                throw new BrokerUnreachableException($"{Nobody(kafka)} within {limit.TotalSeconds} s{(errors.Last is { } last ? $": {last}" : "")}");
            }
        }
        catch
        {
            admin.Dispose();
            throw;
        }
    }

    /// <summary>Makes a client.</summary>
    /// <exception cref="KafkaException">None can be made of what its files hold now, such as a certificate whose key has not come yet.</exception>
    public static T Make<T>(Func<T> build)
    {
        try { return build(); }
        catch (InvalidOperationException e) when (e.Message.Contains("ssl", StringComparison.OrdinalIgnoreCase)) { throw new KafkaException(new Error(ErrorCode.Local_Ssl, e.Message), e); }
    }

    /// <summary>While the client waits for a token it says nothing, and asks no broker.</summary>
    private static string Nobody(IReadOnlyDictionary<string, string> kafka)
    {
        var servers = kafka.GetValueOrDefault("bootstrap.servers") ?? kafka.GetValueOrDefault("metadata.broker.list");
        var tokens = kafka.GetValueOrDefault("sasl.oauthbearer.token.endpoint.url");
        return tokens is null
            ? $"kafka.bootstrap.servers: no broker of {servers} answers"
            : $"kafka.bootstrap.servers, kafka.sasl.oauthbearer.token.endpoint.url: no broker of {servers} answers, or no token comes from {tokens},";
    }

    private static bool Answers(IAdminClient admin, BrokerErrors errors)
    {
        try
        {
            return admin.GetMetadata(Attempt).Brokers.Count > 0;
        }
        catch (KafkaException e)
        {
            if (e.Error.Code is not (ErrorCode.Local_Transport or ErrorCode.Local_TimedOut)) errors.Note(e.Error);
            return false;
        }
    }
}
