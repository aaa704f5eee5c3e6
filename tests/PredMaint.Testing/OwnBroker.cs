using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace PredMaint.Testing;

/// <summary>A real broker that a test may kill, on a port of its own, from the jars in ../shared/kafka.</summary>
public sealed class OwnBroker : IAsyncDisposable
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(90);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("predmaint-kafka-");
    private readonly string script;
    private readonly int port = FreePort();
    private readonly int controllerPort = FreePort();

    private OwnBroker(string script) => this.script = script;

    public KafkaBroker Broker => new($"127.0.0.1:{port}");

    /// <summary>Starts it; skips the calling test where the jars or Java are absent.</summary>
    public static async Task<OwnBroker> StartAsync()
    {
        var broker = new OwnBroker(Shared.RequireForJava("kafka", "start"));
        await broker.StartAgainAsync();
        return broker;
    }

    /// <summary>Recovers what it had before it was killed.</summary>
    public async Task StartAgainAsync()
    {
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["KAFKA_PORT"] = $"{port}", ["CONTROLLER_PORT"] = $"{controllerPort}", ["KAFKA_HEAP"] = "256m",
        };
        await using var start = RunningProgram.StartFile(script, folder.FullName, environment, folder.FullName);
        Assert.True(await start.ExitAsync(StartDeadline) == 0, $"the broker does not start: {start.Errors}");
    }

    /// <summary>A crash (SIGKILL).</summary>
    public async Task KillAsync()
    {
        var file = Path.Combine(folder.FullName, "pid");
        if (!File.Exists(file)) return;
        using var process = Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(file), CultureInfo.InvariantCulture));
        process.Kill();
        await process.WaitForExitAsync();
        File.Delete(file);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        folder.Delete(recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
