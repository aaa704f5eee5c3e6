namespace PredMaint.Worker.Line;

/// <summary>What librdkafka says, in our log. Called from its own threads.</summary>
public sealed class ClientLog(ILogger log, TimeProvider time)
{
    /// <summary>Its name for a connection that failed; without a broker there are twenty a second.</summary>
    private const string ConnectionFailed = "FAIL";

    /// <summary>Its name for a transaction that must be aborted, as in many a rebalance; the publisher says so itself.</summary>
    private const string TransactionFailed = "TXNERR";

    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private long? lastFailure;

    public void Write(LogMessage message)
    {
        if (message.Facility == ConnectionFailed && !IsNews()) return;
        var level = message.Facility == TransactionFailed ? LogLevel.Debug : (LogLevel)message.LevelAs(LogLevelType.MicrosoftExtensionsLogging);
        log.Log(level, "{Client}: {Message}", message.Name, message.Message);
    }

    /// <summary>Errors of connections are in the client's log already.</summary>
    public void Write(Error error)
    {
        if (error.Code is ErrorCode.Local_Transport or ErrorCode.Local_Resolve) return;
        log.Log(error.IsFatal ? LogLevel.Error : LogLevel.Warning, "Kafka client: {Code}: {Reason}", error.Code, error.Reason);
    }

    private bool IsNews()
    {
        lock (gate)
        {
            if (lastFailure is { } last && time.GetElapsedTime(last) < Silence) return false;
            lastFailure = time.GetTimestamp();
            return true;
        }
    }
}
