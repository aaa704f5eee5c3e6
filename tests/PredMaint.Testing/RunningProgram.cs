using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PredMaint.Testing;

/// <summary>A program of ours as a child process: its output kept, its exit awaited, its crash caused.</summary>
public sealed partial class RunningProgram : IAsyncDisposable
{
    // Linux's numbers.
    private const int Sigterm = 15;
    private const int Sigcont = 18;
    private const int Sigstop = 19;

    private readonly Process process;
    private readonly Lock gate = new();
    private readonly List<string> output = [];
    private readonly List<string> errors = [];

    private RunningProgram(Process process)
    {
        this.process = process;
        process.OutputDataReceived += (_, line) => Keep(output, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(errors, line.Data);
    }

    /// <summary>Starts a program that stands beside the tests' binaries (its project is referenced): <c>Start("predmaint", "run", ...)</c>.</summary>
    public static RunningProgram Start(string name, params IEnumerable<string> arguments) =>
        StartFile(Path.Combine(AppContext.BaseDirectory, $"{name}.dll"), Repository.Root, new Dictionary<string, string?>(StringComparer.Ordinal), arguments);

    /// <summary>Starts an executable, or a .dll by way of <c>dotnet</c>. Standard input is closed.</summary>
    /// <param name="environment">Set in addition; null takes a variable away.</param>
    public static RunningProgram StartFile(
        string file, string workingFolder, IReadOnlyDictionary<string, string?> environment, params IEnumerable<string> arguments)
    {
        var isAssembly = Path.GetExtension(file) == ".dll";
        if (isAssembly && !File.Exists(file)) throw new FileNotFoundException("Not built, or not referenced by the test project.", file);
        var start = new ProcessStartInfo(isAssembly ? Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet" : file)
        {
            WorkingDirectory = workingFolder, UseShellExecute = false,
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        if (isAssembly) start.ArgumentList.Add(file);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var running = new RunningProgram(new Process { StartInfo = start });
        running.process.Start();
        running.process.StandardInput.Close();
        running.process.BeginOutputReadLine();
        running.process.BeginErrorReadLine();
        return running;
    }

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    /// <summary>Standard output so far.</summary>
    public string Output => Joined(output);

    /// <summary>Standard error so far.</summary>
    public string Errors => Joined(errors);

    /// <summary>Waits for its end and gives the exit code, all output read.</summary>
    public async Task<int> ExitAsync(TimeSpan? deadline = null)
    {
        await Eventually.TrueAsync(() => process.HasExited, $"the end of {Command}", deadline, Describe);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    /// <summary>Waits for a line of standard output (or standard error) that has the text; fails at once when the program ends without it.</summary>
    public Task<string> LineAsync(string text, TimeSpan? deadline = null) => LineAsync(line => line.Contains(text, StringComparison.Ordinal), $"a line with \"{text}\"", deadline);

    public async Task<string> LineAsync(Func<string, bool> wanted, string what, TimeSpan? deadline = null)
    {
        string? found = null;
        await Eventually.TrueAsync(
            async () =>
            {
                var ended = process.HasExited;
                if (ended) await process.WaitForExitAsync();
                found = FirstLine(wanted);
                if (found is null && ended) Assert.Fail($"{Command} ended with {process.ExitCode} before {what}. {Describe()}");
                return found is not null;
            },
            $"{what} from {Command}", deadline, Describe);
        return found!;
    }

    /// <summary>A crash: no handler runs (SIGKILL).</summary>
    public async Task KillAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
    }

    /// <summary>Asks it to stop (SIGTERM), as Kubernetes does.</summary>
    public void Terminate() => Signal(Sigterm);

    /// <summary>It stands still (SIGSTOP): whoever waits for it gives it up, and it does not know.</summary>
    public void Freeze() => Signal(Sigstop);

    /// <summary>The same of any process.</summary>
    public static void Freeze(int process) => Signal(process, Sigstop);

    /// <summary>It goes on where it stood still (SIGCONT).</summary>
    public void Thaw() => Signal(Sigcont);

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) await KillAsync();
        process.Dispose();
    }

    private void Signal(int signal) => Signal(process.Id, signal);

    private static void Signal(int process, int signal)
    {
        if (Kill(process, signal) != 0) throw new InvalidOperationException($"No signal for process {process}: error {Marshal.GetLastPInvokeError()}.");
    }

    private string Command => string.Join(' ', process.StartInfo.ArgumentList.Prepend(process.StartInfo.FileName));

    private string Describe() => $"output:\n{Output}\nerrors:\n{Errors}";

    private string? FirstLine(Func<string, bool> wanted)
    {
        lock (gate) return output.Concat(errors).FirstOrDefault(wanted);
    }

    private string Joined(List<string> lines)
    {
        lock (gate) return string.Join('\n', lines);
    }

    private void Keep(List<string> lines, string? line)
    {
        if (line is null) return;
        lock (gate) lines.Add(line);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int process, int signal);
}
