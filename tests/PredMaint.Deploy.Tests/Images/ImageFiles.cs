using System.Runtime.InteropServices;
using PredMaint.Testing;

[assembly: AssemblyFixture(typeof(PredMaint.Deploy.Tests.Images.ImageFiles))]

namespace PredMaint.Deploy.Tests.Images;

/// <summary>What <c>deploy/publish</c> makes, the very command of the Dockerfiles; made once, when a test first asks.</summary>
public sealed class ImageFiles : IDisposable
{
    /// <summary>A machine that has never published fetches the compiler.</summary>
    private static readonly TimeSpan PublishLimit = TimeSpan.FromMinutes(5);

    /// <summary>As the images' platforms call it: that of this machine, where the files are started too.</summary>
    public static string Architecture { get; } = RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        var other => $"{other}",
    };

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("predmaint-image-");
    private readonly Lazy<Task> publish;

    public ImageFiles() => publish = new Lazy<Task>(PublishAsync);

    public void Dispose() => folder.Delete(recursive: true);

    /// <summary>The folder that becomes <c>/app</c>.</summary>
    public async Task<string> FolderAsync()
    {
        await publish.Value;
        return folder.FullName;
    }

    private async Task PublishAsync()
    {
        await using var script = RunningProgram.StartFile(
            Path.Combine(Repository.Root, "deploy", "publish"), Repository.Root, new Dictionary<string, string?>(StringComparer.Ordinal), Architecture, folder.FullName);
        var code = await script.ExitAsync(PublishLimit);
        Assert.True(code == 0, $"deploy/publish ended with {code}: {script.Output}\n{script.Errors}");
    }
}
