namespace PredMaint.Testing;

/// <summary>Tools beside the repository that some tests need: a broker's jars, the same job by others.</summary>
public static class Shared
{
    public const string Variable = "PREDMAINT_SHARED";

    private static readonly string Folder = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder ? folder : Path.Combine(Repository.Root, "..", "shared");

    /// <summary>A file or folder there that runs on Java; skips the calling test where either is absent.</summary>
    public static string RequireForJava(params string[] path)
    {
        var file = Path.GetFullPath(Path.Combine([Folder, .. path]));
        Assert.SkipUnless(Path.Exists(file), $"needs ../shared/{string.Join('/', path)} beside the repository ({Variable} says where else)");
        Assert.SkipUnless(HasJava(), "needs java on the PATH");
        return file;
    }

    private static bool HasJava() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(p => File.Exists(Path.Combine(p, "java")));
}
