
namespace PredMaint.Testing;

/// <summary>Real brokers that a test may kill, on ports of their own, from the jars in ../shared/kafka/libs: one, or three that keep everything three times.</summary>
public sealed class OwnCluster : IAsyncDisposable
{
    /// <summary>Its own, its controller's, and further listeners'.</summary>
    private const int PortsOfNode = 8;

    /// <summary>Any will do.</summary>
    private const string ClusterId = "MkU3OEVBNTcwNTJENDM2Qk";

    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(90);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("predmaint-kafka-");
    private readonly Dictionary<int, RunningProgram> running = [];
    private readonly string jars;
    private readonly string settings;
    private readonly int port;

    private OwnCluster(string jars, int nodes, string settings)
    {
        (this.jars, Nodes) = (jars, nodes);
        port = FreePort.First([.. All.SelectMany(n => Enumerable.Range(PortOf(0, n), PortsOfNode))]);
        this.settings = Enumerable.Range(0, PortsOfNode).Aggregate(settings, (text, n) => text.Replace($"{{port+{n}}}", $"{port + n}", StringComparison.Ordinal));
    }

    /// <summary>Numbered from 1.</summary>
    public int Nodes { get; }

    public KafkaBroker Broker => new(string.Join(',', All.Select(n => $"127.0.0.1:{PortOf(port, n)}")));

    /// <summary>The address of a further listener.</summary>
    public string Listener(int number) => $"localhost:{port + number}";

    /// <summary>Where the brokers keep their data and logs (broker.log).</summary>
    public string Folder => folder.FullName;

    private IEnumerable<int> All => Enumerable.Range(1, Nodes);

    /// <summary>Starts it; skips the calling test where the jars or Java are absent.</summary>
    /// <param name="settings">Lines of the brokers' configuration, with semicolons between; {port+N} in it is the first broker's port and N.</param>
    public static async Task<OwnCluster> StartAsync(int nodes = 1, string settings = "")
    {
        var cluster = new OwnCluster(Shared.RequireForJava("kafka", "libs"), nodes, settings);
        try
        {
            await cluster.StartAgainAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts those that were killed; they recover what they had.</summary>
    public async Task StartAgainAsync()
    {
        var starting = All.Where(n => !running.ContainsKey(n)).ToList();
        await Task.WhenAll(starting.Select(FormatAsync));
        foreach (var node in starting)
            running[node] = Java(node, "-Xmx256m", $"-Dlog4j2.configurationFile=file:{Home(node)}/log4j2.properties", "-cp", $"{jars}/*", "kafka.Kafka", $"{Home(node)}/server.properties");
        await Eventually.TrueAsync(
            () =>
            {
                if (running.Values.FirstOrDefault(b => b.HasExited) is { } ended) Assert.Fail($"a broker has ended: {ended.Output}\n{ended.Errors}");
                return starting.All(n => FreePort.Taken().Contains(PortOf(port, n)));
            },
            "the brokers", StartDeadline, () => string.Join('\n', running.Values.Select(b => b.Errors)));
    }

    /// <summary>It stands still (SIGSTOP) until it is killed: connections stay open, and nothing answers.</summary>
    public void Freeze(int node = 1) => running[node].Freeze();

    /// <summary>A crash (SIGKILL).</summary>
    public async Task KillAsync(int node = 1)
    {
        if (!running.Remove(node, out var broker)) return;
        await broker.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in All) await KillAsync(node);
        folder.Delete(recursive: true);
    }

    private async Task FormatAsync(int node)
    {
        if (File.Exists(Path.Combine(Home(node), "data", "meta.properties"))) return;
        Directory.CreateDirectory(Home(node));
        await File.WriteAllTextAsync(Path.Combine(Home(node), "server.properties"), Properties(node));
        await File.WriteAllTextAsync(Path.Combine(Home(node), "log4j2.properties"), $$"""
            appender.file.type = File
            appender.file.name = file
            appender.file.fileName = {{Home(node)}}/broker.log
            appender.file.layout.type = PatternLayout
            appender.file.layout.pattern = [%d] %p %m (%c)%n
            rootLogger.level = warn
            rootLogger.appenderRef.file.ref = file
            """);
        await using var tool = Java(node, "-cp", $"{jars}/*", "kafka.tools.StorageTool", "format", "-t", ClusterId, "-c", $"{Home(node)}/server.properties");
        Assert.True(await tool.ExitAsync(StartDeadline) == 0, $"{tool.Output}\n{tool.Errors}");
    }

    private RunningProgram Java(int node, params string[] arguments) => RunningProgram.StartFile("java", Home(node), new Dictionary<string, string?>(StringComparer.Ordinal), arguments);

    private string Properties(int node) => $"""
        process.roles=broker,controller
        node.id={node}
        controller.quorum.voters={string.Join(',', All.Select(n => $"{n}@127.0.0.1:{PortOf(port, n) + 1}"))}
        listeners=PLAINTEXT://127.0.0.1:{PortOf(port, node)},CONTROLLER://127.0.0.1:{PortOf(port, node) + 1}
        advertised.listeners=PLAINTEXT://127.0.0.1:{PortOf(port, node)}
        listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
        controller.listener.names=CONTROLLER
        inter.broker.listener.name=PLAINTEXT
        log.dirs={Home(node)}/data
        num.partitions=4
        default.replication.factor={Nodes}
        min.insync.replicas={(Nodes + 1) / 2}
        offsets.topic.num.partitions=8
        offsets.topic.replication.factor={Nodes}
        transaction.state.log.num.partitions=8
        transaction.state.log.replication.factor={Nodes}
        transaction.state.log.min.isr={(Nodes + 1) / 2}
        group.initial.rebalance.delay.ms=0
        auto.create.topics.enable=false
        {settings.Replace(';', '\n')}
        """;

    private string Home(int node) => Nodes == 1 ? folder.FullName : Path.Combine(folder.FullName, $"{node}");

    /// <summary>Each node's controller listens one port further.</summary>
    private static int PortOf(int first, int node) => first + 100 * (node - 1);
}
