using System.Runtime.InteropServices;
using PredMaint.Worker.Brokers;

namespace PredMaint.Worker.Embedded;

/// <summary>
/// A Kafka broker inside this process: librdkafka's mock cluster, on a free port of the loopback address. For the demo
/// and for tests of the line; it keeps no promise of Kafka's about crashes.
/// </summary>
/// <remarks>
/// What it does not do: offsets sent to a transaction are thrown away; readers get open and aborted records too;
/// topics cannot be created, described or configured by an admin client (an unknown topic appears with four partitions
/// when it is first used); nothing is compacted; a partition keeps 5 MB or 100,000 messages and drops the oldest.
/// A classic group that gains a member settles only after <c>session.timeout.ms</c> less one second (44 s at the default).
/// Consumer groups of both protocols, idempotent and transactional producers work.
/// </remarks>
public sealed class EmbeddedBroker : IDisposable
{
    private nint host;
    private nint cluster;

    public EmbeddedBroker()
    {
        host = Librdkafka.NewHost();
        cluster = Librdkafka.NewCluster(host, brokers: 1);
        if (cluster == 0)
        {
            Dispose();
            throw new InvalidOperationException("librdkafka made no mock cluster: no free port on the loopback address?");
        }
        // Members join one by one here; nothing is gained by waiting 3 s for company.
        Librdkafka.SetInitialRebalanceDelay(cluster, 0);
        Bootstrap = Marshal.PtrToStringUTF8(Librdkafka.Bootstraps(cluster))!;
    }

    /// <summary>127.0.0.1:port</summary>
    public string Bootstrap { get; } = "";

    /// <exception cref="KafkaException">The topic exists, or its name is not allowed.</exception>
    public void CreateTopic(string name, int partitions)
    {
        ObjectDisposedException.ThrowIf(cluster == 0, this);
        var error = Librdkafka.CreateTopic(cluster, name, partitions, replicas: 1);
        if (error != ErrorCode.NoError) throw new KafkaException(new Error(error, $"Topic {name} with {partitions} partitions: {error}"));
    }

    /// <summary>Closes the port and forgets every record. Clients that are still connected retry, as with any broker that went away.</summary>
    public void Dispose()
    {
        if (cluster != 0) Librdkafka.DestroyCluster(cluster);
        cluster = 0;
        if (host != 0) Librdkafka.DestroyClient(host);
        host = 0;
    }
}
