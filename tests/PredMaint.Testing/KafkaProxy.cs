using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PredMaint.Testing;

/// <summary>What the proxy does with a request.</summary>
public enum FateKind
{
    Pass,

    /// <summary>The broker never hears of it.</summary>
    LoseRequest,

    /// <summary>The broker obeys, its answer is lost.</summary>
    LoseAnswer,

    /// <summary>The broker obeys, its answer comes late, and with it all later ones of that connection.</summary>
    DelayAnswer,
}

/// <param name="Delay">How late; for <see cref="FateKind.DelayAnswer"/> alone.</param>
public readonly record struct Fate(FateKind Kind, TimeSpan Delay = default);

/// <summary>
/// Stands between clients and the brokers of a cluster, one port for each, and loses or delays what it is told to. The
/// brokers' addresses in their answers are replaced by the proxy's, of the same length, so that all connections go through it.
/// </summary>
public sealed class KafkaProxy : IDisposable
{
    private const int MaxFrame = 64 << 20;

    private readonly Func<ApiKey, Fate> judge;
    private readonly List<Door> doors = [];

    /// <param name="bootstrap">Every broker of the cluster, host:port with commas between, as the brokers advertise themselves.</param>
    /// <param name="judge">Asked about every request, from many threads.</param>
    public KafkaProxy(string bootstrap, Func<ApiKey, Fate> judge)
    {
        this.judge = judge;
        foreach (var address in bootstrap.Split(',')) doors.Add(new Door(address));
        foreach (var door in doors) _ = AcceptAsync(door);
    }

    /// <summary>What clients are given instead of the brokers' own addresses.</summary>
    public string Bootstrap => string.Join(',', doors.Select(d => $"{d.Broker.Host}:{d.Port}"));

    public void Dispose()
    {
        foreach (var door in doors) door.Listener.Dispose();
    }

    private async Task AcceptAsync(Door door)
    {
        try
        {
            while (true) _ = ServeAsync(door, await door.Listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The proxy is no longer needed.
        }
    }

    private async Task ServeAsync(Door door, TcpClient client)
    {
        using var near = client;
        using var far = new TcpClient();
        // Without it a small frame waits for the acknowledgement of the one before, 40 ms.
        near.NoDelay = far.NoDelay = true;
        try
        {
            await far.ConnectAsync(door.Broker.Host, door.Broker.Port);
        }
        catch (SocketException)
        {
            // The broker is away; the client sees its connection closed.
            return;
        }
        var fates = new Dictionary<int, Fate>();
        var requests = PumpAsync(near.GetStream(), far.GetStream(), frame => Request(frame, fates));
        await Task.WhenAny(requests, PumpAsync(far.GetStream(), near.GetStream(), frame => Answer(frame, fates)));
    }

    /// <summary>A request begins with its key, version and correlation id.</summary>
    private Fate Request(Span<byte> frame, Dictionary<int, Fate> fates)
    {
        var fate = judge((ApiKey)BinaryPrimitives.ReadInt16BigEndian(frame));
        if (fate.Kind is FateKind.LoseAnswer or FateKind.DelayAnswer)
            lock (fates) fates[BinaryPrimitives.ReadInt32BigEndian(frame[4..])] = fate;
        return fate.Kind == FateKind.LoseRequest ? fate : default;
    }

    /// <summary>An answer begins with the correlation id.</summary>
    private Fate Answer(Span<byte> frame, Dictionary<int, Fate> fates)
    {
        Fate fate;
        lock (fates) fates.Remove(BinaryPrimitives.ReadInt32BigEndian(frame), out fate);
        foreach (var door in doors)
            for (int at, from = 0; (at = frame[from..].IndexOf(door.Theirs)) >= 0; from += at + door.Ours.Length) door.Ours.CopyTo(frame[(from + at)..]);
        return fate;
    }

    /// <summary>Frames are their length and that many bytes.</summary>
    private static async Task PumpAsync(NetworkStream from, NetworkStream to, FrameFilter filter)
    {
        var length = new byte[4];
        try
        {
            while (true)
            {
                await from.ReadExactlyAsync(length);
                var size = BinaryPrimitives.ReadInt32BigEndian(length);
                if (size is < 4 or > MaxFrame) return;
                var frame = new byte[length.Length + size];
                length.CopyTo(frame, 0);
                await from.ReadExactlyAsync(frame.AsMemory(length.Length));
                var fate = filter(frame.AsSpan(length.Length));
                if (fate.Kind is FateKind.LoseRequest or FateKind.LoseAnswer) continue;
                if (fate.Kind == FateKind.DelayAnswer) await Task.Delay(fate.Delay);
                await to.WriteAsync(frame);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Either side has closed; the other follows.
        }
    }

    private delegate Fate FrameFilter(Span<byte> frame);

    /// <summary>A port of the proxy and the broker behind it.</summary>
    private sealed class Door
    {
        public Door(string address)
        {
            var colon = address.LastIndexOf(':');
            Broker = new DnsEndPoint(address[..colon], int.Parse(address[(colon + 1)..]));
            Listener.Start();
            Theirs = Address(Broker.Port);
            Ours = Address(Port);
        }

        public DnsEndPoint Broker { get; }

        public TcpListener Listener { get; } = new(IPAddress.Loopback, 0);

        public int Port => ((IPEndPoint)Listener.LocalEndpoint).Port;

        public byte[] Theirs { get; }

        public byte[] Ours { get; }

        private byte[] Address(int port)
        {
            var bytes = new byte[Broker.Host.Length + 4];
            Encoding.ASCII.GetBytes(Broker.Host, bytes);
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(Broker.Host.Length), port);
            return bytes;
        }
    }
}

/// <summary>Kinds of request (Kafka protocol, "Api Keys"); those that tests name.</summary>
public enum ApiKey : short
{
    ListOffsets = 2,
    InitProducerId = 22,
    EndTxn = 26,
}
