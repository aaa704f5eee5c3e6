using System.Runtime.ExceptionServices;
using System.Text.Json;
using PredMaint.Worker.Brokers;
using PredMaint.Worker.Telemetry;

namespace PredMaint.Worker.Line;

/// <summary>The consumer of the readings, as a thread polls it: what its handlers throw, the poll throws.</summary>
internal sealed class GroupConsumer : IDisposable
{
    private readonly FetchedRecords fetched;
    private readonly HashSet<TopicPartition> owned = [];
    private bool hasChanged;
    private Exception? failure;

    /// <param name="most">How many records a poll may show.</param>
    /// <param name="status">Told whether brokers answer.</param>
    /// <param name="assigned">Where the partitions that come begin.</param>
    public GroupConsumer(
        ConsumerConfig config, int most, LineClients clients, ClientLog log, LineStatus status,
        Func<IConsumer<Ignore, Ignore>, List<TopicPartition>, IEnumerable<TopicPartitionOffset>> assigned,
        Action<List<TopicPartitionOffset>> revoked, Action<List<TopicPartitionOffset>> lost)
    {
        Client = BrokerConnection.Make(clients.Readings(config)
            .SetPartitionsAssignedHandler((c, partitions) =>
            {
                IEnumerable<TopicPartitionOffset>? begin = null;
                Handle(() => begin = assigned(c, partitions));
                owned.UnionWith(partitions);
                return begin ?? partitions.Select(p => new TopicPartitionOffset(p, Offset.End));
            })
            .SetPartitionsRevokedHandler((_, partitions) => Go(partitions, revoked))
            .SetPartitionsLostHandler((_, partitions) => Go(partitions, lost))
            .SetStatisticsHandler((_, json) =>
            {
                status.AreBrokersAway = !HasBroker(json);
                if (!status.AreBrokersAway) log.Connected();
            })
            .SetLogHandler((_, m) => log.Write(m))
            .SetErrorHandler((_, e) => log.Write(e))
            .Build);
        fetched = clients.Fetched(Client, most);
    }

    public IConsumer<Ignore, Ignore> Client { get; }

    /// <summary>Shows what was fetched, waiting only where there is nothing; handlers run before.</summary>
    public void Poll(TimeSpan wait, int most, Action<FetchedRecord> show)
    {
        fetched.Poll(wait, most, show);
        if (failure is { } e) ExceptionDispatchInfo.Throw(e);
        if (!hasChanged) return;
        hasChanged = false;
        // What fails in the client after a handler it keeps for a call that is never made here.
        if (!owned.SetEquals(Client.Assignment)) throw new KafkaException(new Error(ErrorCode.Local_State, "the client has not taken its assignment"));
    }

    /// <summary>Leaves the group. Handlers run once more.</summary>
    public void Dispose()
    {
        fetched.Dispose();
        using (Client) Client.Close();
    }

    /// <summary>The client has a connection; an idle line has no other sign of it.</summary>
    /// <param name="statistics">librdkafka's, STATISTICS.md.</param>
    private static bool HasBroker(string statistics)
    {
        using var json = JsonDocument.Parse(statistics);
        return json.RootElement.GetProperty("brokers").EnumerateObject().Any(b => b.Value.GetProperty("state").ValueEquals("UP"));
    }

    private void Go(List<TopicPartitionOffset> partitions, Action<List<TopicPartitionOffset>> handler)
    {
        Handle(() => handler(partitions));
        owned.ExceptWith(partitions.Select(p => p.TopicPartition));
    }

    /// <summary>No exception passes through native code. The client goes on within the same poll: other handlers that it calls then do nothing.</summary>
    private void Handle(Action handler)
    {
        hasChanged = true;
        if (failure is not null) return;
        try
        {
            handler();
        }
#pragma warning disable CA1031 // The poll throws it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = e;
        }
    }
}
