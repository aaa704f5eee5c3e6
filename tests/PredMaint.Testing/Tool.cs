namespace PredMaint.Testing;

/// <summary>A program of a package of Debian.</summary>
public static class Tool
{
    /// <summary>Where it is; skips the calling test where it is not.</summary>
    public static string Require(string name, string package = "prometheus")
    {
        var file = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(p => Path.Combine(p, name)).FirstOrDefault(File.Exists);
        Assert.SkipWhen(file is null, $"needs {name} on the PATH (Debian's package {package})");
        return file!;
    }

    /// <summary>Ends by itself: its exit code and all that it said.</summary>
    public static async Task<(int Code, string Said)> RunAsync(string name, params string[] arguments)
    {
        await using var running = RunningProgram.StartFile(Require(name), Repository.Root, new Dictionary<string, string?>(StringComparer.Ordinal), arguments);
        var code = await running.ExitAsync();
        return (code, running.Output + running.Errors);
    }
}
