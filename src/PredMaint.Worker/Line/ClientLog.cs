using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace PredMaint.Worker.Line;

/// <summary>What librdkafka says, in our log.</summary>
internal static class ClientLog
{
    public static void Write(ILogger log, LogMessage message) =>
        log.Log((LogLevel)message.LevelAs(LogLevelType.MicrosoftExtensionsLogging), "{Client}: {Message}", message.Name, message.Message);

    public static void Write(ILogger log, Error error) =>
        log.Log(error.IsFatal ? LogLevel.Error : LogLevel.Warning, "Kafka client: {Code}: {Reason}", error.Code, error.Reason);
}
