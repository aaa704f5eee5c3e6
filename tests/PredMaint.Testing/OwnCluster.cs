using System.Diagnostics;
using System.Globalization;
using System.Net.NetworkInformation;

namespace PredMaint.Testing;

/// <summary>Real brokers that a test may kill, on ports of their own, from the jars in ../shared/kafka: one, or three that keep everything three times.</summary>
public sealed class OwnCluster : IAsyncDisposable
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(90);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("predmaint-kafka-");
    private readonly string script;
    private readonly string settings;
    private readonly int port;

    private OwnCluster(string script, int nodes, string settings)
    {
        (this.script, this.settings, Nodes) = (script, settings, nodes);
        port = FreePorts(nodes);
    }

    /// <summary>Numbered from 1.</summary>
    public int Nodes { get; }

    public KafkaBroker Broker => new(string.Join(',', Enumerable.Range(1, Nodes).Select(n => $"127.0.0.1:{PortOf(port, n)}")));

    /// <summary>Where the brokers keep their data and logs.</summary>
    public string Folder => folder.FullName;

    /// <summary>Starts it; skips the calling test where the jars or Java are absent.</summary>
    /// <param name="settings">Lines of the brokers' configuration, with semicolons between.</param>
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
        Assert.True(await start.ExitAsync(StartDeadline) == 0, $"the brokers do not start: {start.Errors}");
    }

    public bool IsAlive(int node = 1) => File.Exists(PidFile(node));

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

    private static int FreePorts(int nodes)
    {
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(e => e.Port).ToHashSet();
        bool IsFree(int first) => Enumerable.Range(1, nodes).All(n => !taken.Contains(PortOf(first, n)) && !taken.Contains(PortOf(first, n) + 1));
        // Below the ports that the system gives to outgoing connections.
        return Enumerable.Range(0, 1000).Select(_ => Random.Shared.Next(20_000, 32_000)).First(IsFree);
    }
}
