using System.Collections.Concurrent;
using PredMaint.Worker.Brokers;
using PredMaint.Worker.Telemetry;

namespace PredMaint.Worker.Line;

/// <summary>What librdkafka says, in our log, and whether it is still believed. Called from its own threads.</summary>
public sealed class ClientLog(ILogger log, TimeProvider time)
{
    /// <summary>Its name for a connection that failed; without a broker there are twenty a second.</summary>
    private const string ConnectionFailed = "FAIL";

    /// <summary>Its name for a transaction that must be aborted, as in many a rebalance; the publisher says so itself.</summary>
    private const string TransactionFailed = "TXNERR";

    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    /// <summary>Connections that go on being refused say so at least every 30 s (librdkafka, rd_kafka_broker_set_error).</summary>
    private static readonly TimeSpan DistrustLasts = TimeSpan.FromMinutes(1);

    private readonly LogThrottle failures = new(time, Silence);

    /// <summary>A client whose password is refused says so at every attempt; one that is not polled meanwhile says it all later, at once.</summary>
    private readonly ConcurrentDictionary<ErrorCode, LogThrottle> errors = [];
    private volatile Distrust? distrust;
    private volatile bool isDown;
    private volatile bool isOutageSaid;

    public void Write(LogMessage message)
    {
        if (message.Facility == ConnectionFailed && !failures.IsTime()) return;
        if (message.Facility == TransactionFailed) return;
        log.Log((LogLevel)message.LevelAs(LogLevelType.MicrosoftExtensionsLogging), "{Client}: {Message}", message.Name, message.Message);
    }

    /// <summary>Errors of connections are in the client's log already.</summary>
    public void Write(Error error)
    {
        if (BrokerErrors.IsDistrust(error)) distrust = new Distrust(error, time.GetTimestamp());
        if (error.Code is ErrorCode.Local_Transport or ErrorCode.Local_Resolve) return;
        if (error.Code == ErrorCode.Local_AllBrokersDown)
        {
            isDown = true;
            if (isOutageSaid || !IsNews(error)) return;
            isOutageSaid = true;
        }
        else if (!IsNews(error)) return;
        log.Log(error.IsFatal ? LogLevel.Error : LogLevel.Warning, "Kafka client: {Code}: {Reason}", error.Code, error.Reason);
    }

    /// <summary>A client has a connection: an idle line, which commits nothing, has no other sign that an outage is over, or a refusal.</summary>
    public void Connected()
    {
        isDown = isOutageSaid = false;
        if (distrust is { } old && time.GetElapsedTime(old.At) > DistrustLasts) distrust = null;
    }

    /// <summary>The brokers do what they are asked to.</summary>
    public void Succeeded()
    {
        distrust = null;
        Connected();
    }

    /// <summary>
    /// Connections that are left go on working when a password has changed or a token cannot be fetched. Only where none is
    /// left new clients are due: they may have other secrets.
    /// </summary>
    /// <exception cref="KafkaException">No broker believes the clients any more.</exception>
    public void ThrowIfDistrusted()
    {
        if (isDown && distrust is { } said) throw new KafkaException(said.Error);
    }

    private bool IsNews(Error error) => errors.GetOrAdd(error.Code, _ => new LogThrottle(time, Silence)).IsTime();

    private sealed record Distrust(Error Error, long At);
}
