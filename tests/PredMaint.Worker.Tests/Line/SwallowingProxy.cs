using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PredMaint.Worker.Tests.Line;

/// <summary>What the proxy does with the first request to end a transaction.</summary>
public enum Swallow
{
    /// <summary>The broker never hears of it.</summary>
    Request,

    /// <summary>The broker obeys, its answer is lost.</summary>
    Answer,
}

/// <summary>
/// Stands between clients and a broker and loses one EndTxn, or the answer to it. The broker's address in its answers is
/// replaced by the proxy's, of the same length, so that all connections go through it.
/// </summary>
internal sealed class SwallowingProxy : IDisposable
{
    private const short EndTxn = 26;
    private const int MaxFrame = 64 << 20;

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly DnsEndPoint broker;
    private readonly byte[] theirs;
    private readonly byte[] ours;
    private readonly Swallow swallow;
    private int swallowed;
    private volatile bool armed;

    public SwallowingProxy(string bootstrap, Swallow swallow)
    {
        this.swallow = swallow;
        var colon = bootstrap.LastIndexOf(':');
        broker = new DnsEndPoint(bootstrap[..colon], int.Parse(bootstrap[(colon + 1)..]));
        listener.Start();
        theirs = Address(broker.Port);
        ours = Address(((IPEndPoint)listener.LocalEndpoint).Port);
        _ = AcceptAsync();
    }

    public string Bootstrap => $"{broker.Host}:{((IPEndPoint)listener.LocalEndpoint).Port}";

    /// <summary>How many were lost.</summary>
    public int Swallowed => swallowed;

    /// <summary>The next EndTxn is lost.</summary>
    public void Arm() => armed = true;

    public void Dispose() => listener.Dispose();

    private byte[] Address(int port)
    {
        var bytes = new byte[broker.Host.Length + 4];
        Encoding.ASCII.GetBytes(broker.Host, bytes);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(broker.Host.Length), port);
        return bytes;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var near = client;
        using var far = new TcpClient();
        await far.ConnectAsync(broker.Host, broker.Port);
        var lost = new HashSet<int>();
        var requests = PumpAsync(near.GetStream(), far.GetStream(), frame => PassRequest(frame, lost));
        await Task.WhenAny(requests, PumpAsync(far.GetStream(), near.GetStream(), frame => PassAnswer(frame, lost)));
    }

    /// <summary>Frames are their length and that many bytes; a request's begin with key, version and correlation id.</summary>
    private bool PassRequest(Span<byte> frame, HashSet<int> lost)
    {
        if (BinaryPrimitives.ReadInt16BigEndian(frame) != EndTxn || !armed) return true;
        armed = false;
        Interlocked.Increment(ref swallowed);
        if (swallow == Swallow.Request) return false;
        lock (lost) lost.Add(BinaryPrimitives.ReadInt32BigEndian(frame[4..]));
        return true;
    }

    private bool PassAnswer(Span<byte> frame, HashSet<int> lost)
    {
        lock (lost)
            if (lost.Remove(BinaryPrimitives.ReadInt32BigEndian(frame))) return false;
        for (int at, from = 0; (at = frame[from..].IndexOf(theirs)) >= 0; from += at + ours.Length) ours.CopyTo(frame[(from + at)..]);
        return true;
    }

    private static async Task PumpAsync(NetworkStream from, NetworkStream to, FrameFilter passes)
    {
        var length = new byte[4];
        try
        {
            while (true)
            {
                await from.ReadExactlyAsync(length);
                var size = BinaryPrimitives.ReadInt32BigEndian(length);
                if (size is < 4 or > MaxFrame) return;
                var frame = new byte[size];
                await from.ReadExactlyAsync(frame);
                if (!passes(frame)) continue;
                await to.WriteAsync(length);
                await to.WriteAsync(frame);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Either side has closed; the other follows.
        }
    }

    private delegate bool FrameFilter(Span<byte> frame);
}
