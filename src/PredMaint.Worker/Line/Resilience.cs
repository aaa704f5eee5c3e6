using PredMaint.Worker.Brokers;
using Polly;
using Polly.Retry;

namespace PredMaint.Worker.Line;

/// <summary>What can come back is asked again, with growing pauses and jitter; what cannot fails at once.</summary>
public static class Resilience
{
    /// <summary>A broker that restarts is back within seconds; asking more often would only load it.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Requests about topics and partitions: nine tries of at most 10 s each outlast a killed predecessor's transaction, and do not
    /// hold a rebalance up for ever. A broker that has just started may not know a topic yet.
    /// </summary>
    public static ResiliencePipeline Metadata(TimeProvider time, ILogger log, Func<double> chance) => Build(time, log, chance, "request", maxAttempts: 8, onRetry: null, alsoComesBack: e => e.Code == ErrorCode.UnknownTopicOrPart);

    /// <summary>A producer's initialisation waits for its coordinator as long as it takes, or until the worker stops.</summary>
    /// <param name="keepAlive">Called before each pause: the thread's consumer must go on polling.</param>
    public static ResiliencePipeline Initialise(TimeProvider time, ILogger log, Func<double> chance, Action keepAlive) =>
        Build(time, log, chance, "initialisation of the producer", int.MaxValue, keepAlive);

    /// <summary>At the start brokers may be away as long as they like: the worker is not ready, but it tries.</summary>
    public static ResiliencePipeline StartUp(TimeProvider time, ILogger log) => Build(time, log, Random.Shared.NextDouble, "start", int.MaxValue, onRetry: null);

    /// <summary>How long to wait after so many failures in a row: 100 ms, doubled each time, with jitter.</summary>
    public static TimeSpan Pause(int failures, double chance)
    {
        var longest = Math.Min(LongestPause.TotalMilliseconds, 100 * Math.Pow(2, failures - 1));
        return TimeSpan.FromMilliseconds(longest * (0.5 + chance / 2));
    }

    /// <summary>True for errors of connections, time-outs and coordinators on the move.</summary>
    public static bool ComesBack(Error error) => !error.IsFatal && error.Code is ErrorCode.Local_TimedOut or ErrorCode.Local_TimedOutQueue
        or ErrorCode.Local_Transport or ErrorCode.Local_AllBrokersDown or ErrorCode.Local_Resolve or ErrorCode.Local_WaitCoord
        or ErrorCode.Local_Retry or ErrorCode.Local_InProgress or ErrorCode.RequestTimedOut or ErrorCode.NetworkException
        or ErrorCode.LeaderNotAvailable or ErrorCode.NotLeaderForPartition or ErrorCode.BrokerNotAvailable
        or ErrorCode.GroupLoadInProgress or ErrorCode.GroupCoordinatorNotAvailable or ErrorCode.NotCoordinatorForGroup
        or ErrorCode.ConcurrentTransactions or ErrorCode.UnstableOffsetCommit;

    private static ResiliencePipeline Build(TimeProvider time, ILogger log, Func<double> chance, string what, int maxAttempts, Action? onRetry, Func<Error, bool>? alsoComesBack = null) =>
        new ResiliencePipelineBuilder { TimeProvider = time }.AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<BrokerUnreachableException>()
                .Handle<KafkaException>(e => e is KafkaRetriableException || ComesBack(e.Error) || alsoComesBack?.Invoke(e.Error) == true),
            MaxRetryAttempts = maxAttempts,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Randomizer = chance,
            Delay = TimeSpan.FromMilliseconds(100),
            MaxDelay = LongestPause,
            OnRetry = retry =>
            {
                log.LogWarning("Kafka {What} failed, attempt {Attempt}: {Reason}", what, retry.AttemptNumber + 1, retry.Outcome.Exception?.Message);
                onRetry?.Invoke();
                return default;
            },
        }).Build();
}
