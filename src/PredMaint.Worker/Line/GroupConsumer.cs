using System.Runtime.ExceptionServices;

namespace PredMaint.Worker.Line;

/// <summary>The consumer of the readings, as a thread polls it: what its handlers throw, the poll throws.</summary>
internal sealed class GroupConsumer : IDisposable
{
    private readonly FetchedRecords fetched;
    private Exception? failure;

    /// <param name="most">How many records a poll may show.</param>
    /// <param name="assigned">Where the partitions that come begin.</param>
    public GroupConsumer(
        ConsumerConfig config, int most, LineClients clients, ClientLog log,
        Func<IConsumer<Ignore, Ignore>, List<TopicPartition>, IEnumerable<TopicPartitionOffset>> assigned,
        Action<List<TopicPartitionOffset>> revoked, Action<List<TopicPartitionOffset>> lost)
    {
        Client = clients.Readings(config)
            .SetPartitionsAssignedHandler((c, partitions) =>
            {
                IEnumerable<TopicPartitionOffset>? begin = null;
                Handle(() => begin = assigned(c, partitions));
                return begin ?? partitions.Select(p => new TopicPartitionOffset(p, Offset.End));
            })
            .SetPartitionsRevokedHandler((_, partitions) => Handle(() => revoked(partitions)))
            .SetPartitionsLostHandler((_, partitions) => Handle(() => lost(partitions)))
            .SetLogHandler((_, m) => log.Write(m))
            .SetErrorHandler((_, e) => log.Write(e))
            .Build();
        fetched = clients.Fetched(Client, most);
    }

    public IConsumer<Ignore, Ignore> Client { get; }

    /// <summary>Shows what was fetched, waiting only where there is nothing; handlers run before.</summary>
    public void Poll(TimeSpan wait, int most, Action<FetchedRecord> show)
    {
        fetched.Poll(wait, most, show);
        if (failure is { } e) ExceptionDispatchInfo.Throw(e);
    }

    /// <summary>Leaves the group. Handlers run once more.</summary>
    public void Dispose()
    {
        fetched.Dispose();
        using (Client) Client.Close();
    }

    /// <summary>No exception passes through native code. The client goes on within the same poll: other handlers that it calls then do nothing.</summary>
    private void Handle(Action handler)
    {
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
