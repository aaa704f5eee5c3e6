namespace PredMaint.Testing;

/// <summary>Where the tests find the repository's own files.</summary>
public static class Repository
{
    /// <summary>The folder of PredMaint.sln, above the tests' binaries.</summary>
    public static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "PredMaint.sln"))) return folder.FullName;
        throw new InvalidOperationException($"No PredMaint.sln above {AppContext.BaseDirectory}.");
    }
}
