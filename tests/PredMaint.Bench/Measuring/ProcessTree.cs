using System.Globalization;

namespace PredMaint.Bench.Measuring;

/// <summary>A process and its descendants, as Linux counts them.</summary>
public static class ProcessTree
{
    /// <summary>USER_HZ, which Linux has fixed for what it shows in /proc.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>CPU seconds, user and system, of all that still run.</summary>
    public static double CpuSeconds(int pid) => Seconds(Read($"/proc/{pid}/stat")) + Children(pid).Sum(CpuSeconds);

    /// <summary>The first core that this process may use.</summary>
    public static string FirstCore() => StatusOf("self", "Cpus_allowed_list:")!.Split(',', '-')[0];

    /// <summary>The sum of the processes' largest resident sets, megabytes.</summary>
    public static double PeakMegabytes(int pid)
    {
        var kilobytes = StatusOf($"{pid}", "VmHWM:") is { } peak ? Number(peak.Split(' ')[0]) : 0;
        return kilobytes / 1024.0 + Children(pid).Sum(PeakMegabytes);
    }

    /// <summary>The load average of the last minute.</summary>
    public static double Load() => double.Parse((Read("/proc/loadavg") ?? "0").Split(' ')[0], CultureInfo.InvariantCulture);

    private static double Seconds(string? stat)
    {
        if (stat is null) return 0;
        // The command's name, in parentheses, may hold spaces; the fields behind it are counted from the state on.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (Number(fields[11]) + Number(fields[12])) / TicksPerSecond;
    }

    /// <summary>The value of a line of its status; null where the process has just ended.</summary>
    private static string? StatusOf(string process, string key) =>
        Read($"/proc/{process}/status")?.Split('\n').FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal))?[key.Length..].Trim();

    private static string[] Tasks(int pid) => Directory.Exists($"/proc/{pid}/task") ? Directory.GetDirectories($"/proc/{pid}/task") : [];

    private static IEnumerable<int> Children(int pid)
    {
        foreach (var task in Tasks(pid))
            foreach (var child in (Read($"{task}/children") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                yield return (int)Number(child);
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>Null where the process, or its thread, has just ended.</summary>
    private static string? Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
