using System.Diagnostics;
using System.Globalization;
using System.Net.NetworkInformation;

namespace PredMaint.Testing;

/// <summary>Real brokers that a test may kill, on ports of their own, from the jars in ../shared/kafka: one, or three that keep everything three times.</summary>
public sealed class OwnCluster : IAsyncDisposable
{
    /// <summary>Its own, its controller's, and further listeners'.</summary>
    private const int PortsOfNode = 8;

    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(90);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("predmaint-kafka-");
    private readonly string script;
    private readonly string settings;
    private readonly int port;

    private OwnCluster(string script, int nodes, string settings)
    {
        (this.script, Nodes) = (script, nodes);
        port = FreePorts(nodes);
        this.settings = Enumerable.Range(0, PortsOfNode).Aggregate(settings, (text, n) => text.Replace($"{{port+{n}}}", $"{port + n}", StringComparison.Ordinal));
    }

    /// <summary>Numbered from 1.</summary>
    public int Nodes { get; }

    public KafkaBroker Broker => new(string.Join(',', Enumerable.Range(1, Nodes).Select(n => $"127.0.0.1:{PortOf(port, n)}")));

    /// <summary>The address of a further listener.</summary>
    public string Listener(int number) => $"localhost:{port + number}";

    /// <summary>Where the brokers keep their data and logs.</summary>
    public string Folder => folder.FullName;

    /// <summary>Starts it; skips the calling test where the jars or Java are absent.</summary>
    /// <param name="settings">Lines of the brokers' configuration, with semicolons between; {port+N} in it is the first broker's port and N.</param>
    public static async Task<OwnCluster> StartAsync(int nodes = 1, string settings = "")
    {
        var cluster = new OwnCluster(Shared.RequireForJava("kafka", nodes == 1 ? "start" : "start-three"), nodes, settings);
        await cluster.StartAgainAsync();
        return cluster;
    }

    /// <summary>Starts those that were killed; they recover what they had.</summary>
    public async Task StartAgainAsync()
    {
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["KAFKA_PORT"] = $"{port}", ["KAFKA_HEAP"] = "256m", ["KAFKA_EXTRA"] = settings };
        await using var start = RunningProgram.StartFile(script, folder.FullName, environment, folder.FullName);
        if (await start.ExitAsync(StartDeadline) == 0) return;
        // The script waits 30 s. On a busy machine the brokers take longer, and go on starting.
        await Eventually.TrueAsync(
            () => Enumerable.Range(1, Nodes).All(n => Taken().Contains(PortOf(port, n))), "the brokers", StartDeadline, () => start.Errors);
    }

    public bool IsAlive(int node = 1) => File.Exists(PidFile(node));

    /// <summary>It stands still (SIGSTOP) until it is killed: connections stay open, and nothing answers.</summary>
    public async Task FreezeAsync(int node = 1) => RunningProgram.Freeze(int.Parse(await File.ReadAllTextAsync(PidFile(node)), CultureInfo.InvariantCulture));

    /// <summary>A crash (SIGKILL).</summary>
    public async Task KillAsync(int node = 1)
    {
        var file = PidFile(node);
        if (!File.Exists(file)) return;
        using var process = Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(file), CultureInfo.InvariantCulture));
        process.Kill();
        await process.WaitForExitAsync();
        File.Delete(file);
    }

    public async ValueTask DisposeAsync()
    {
        for (var node = 1; node <= Nodes; node++) await KillAsync(node);
        folder.Delete(recursive: true);
    }

    private string PidFile(int node) => Path.Combine(Nodes == 1 ? folder.FullName : Path.Combine(folder.FullName, $"{node}"), "pid");

    /// <summary>As start-three places them; each node's controller listens one port further.</summary>
    private static int PortOf(int first, int node) => first + 100 * (node - 1);

    private static HashSet<int> Taken() => [.. IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(e => e.Port)];

    private static int FreePorts(int nodes)
    {
        var taken = Taken();
        bool IsFree(int first) => Enumerable.Range(1, nodes).All(n => !Enumerable.Range(PortOf(first, n), PortsOfNode).Any(taken.Contains));
        // Below the ports that the system gives to outgoing connections.
        return Enumerable.Range(0, 1000).Select(_ => Random.Shared.Next(20_000, 32_000)).First(IsFree);
    }
}
