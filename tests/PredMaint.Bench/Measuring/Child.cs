using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace PredMaint.Bench.Measuring;

/// <summary>A process that is measured. Disposing stops it: asked first (SIGTERM), then killed.</summary>
public sealed class Child : IAsyncDisposable
{
    private const int Sigterm = 15;

    /// <summary>Lines kept to explain a failure.</summary>
    private const int LastLines = 8;

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    private readonly Process process;
    private readonly Queue<string> lines = new();
    private readonly Lock gate = new();
    private readonly Task drained;
    private long progress;

    private Child(Process process)
    {
        this.process = process;
        drained = Task.WhenAll(DrainAsync(process.StandardOutput), DrainAsync(process.StandardError));
    }

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    public int ExitCode => process.ExitCode;

    /// <summary>The last line that was a whole number: how a floor without a broker tells how far it is.</summary>
    public long Progress => Interlocked.Read(ref progress);

    public string Output
    {
        get { lock (gate) return string.Join('\n', lines); }
    }

    public static Child Start(IReadOnlyList<string> command)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            return new Child(Process.Start(start) ?? throw new BenchException($"{command[0]} does not start"));
        }
        catch (Win32Exception e)
        {
            throw new BenchException($"{command[0]} does not start: {e.Message}");
        }
    }

    /// <summary>Runs a command to its end and returns its output.</summary>
    /// <exception cref="BenchException">It failed.</exception>
    public static async Task<string> RunAsync(IReadOnlyList<string> command, CancellationToken cancel)
    {
        await using var child = Start(command);
        await child.process.WaitForExitAsync(cancel);
        await child.drained;
        return child.ExitCode == 0 ? child.Output : throw new BenchException($"{string.Join(' ', command)} exited {child.ExitCode}:\n{child.Output}");
    }

    /// <returns>The exit code; -1 where it had to be killed.</returns>
    public async Task<int> StopAsync()
    {
        if (!process.HasExited) _ = Kill(process.Id, Sigterm);
        using var limit = new CancellationTokenSource(StopLimit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
            await drained;
            return process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return -1;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) await StopAsync();
        process.Dispose();
    }

    private async Task DrainAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            if (long.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) Interlocked.Exchange(ref progress, number);
            lock (gate)
            {
                lines.Enqueue(line);
                if (lines.Count > LastLines) lines.Dequeue();
            }
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int pid, int signal);
}

/// <summary>Why the benchmark cannot go on, for a person.</summary>
public sealed class BenchException(string message) : Exception(message);
