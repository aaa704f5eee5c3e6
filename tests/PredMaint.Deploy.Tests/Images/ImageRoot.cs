using System.Runtime.InteropServices;
using PredMaint.Testing;

namespace PredMaint.Deploy.Tests.Images;

/// <summary>
/// A root with what the chiselled base image has and nothing else, in which the image's command runs as the image's user:
/// packages libc6, libgcc-s1, libssl3t64 and libstdc++6 (dotnet/dotnet-docker, src/runtime-deps/10.0/noble-chiseled), .NET at
/// /usr/share/dotnet, the published files at /app. No shell, no libsasl2.
/// </summary>
internal sealed class ImageRoot : IDisposable
{
    private const string Uid = "1654";

    /// <summary>The image's variables, as the base image and ours set them.</summary>
    private static readonly string[] ImageVariables =
        ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "APP_UID=1654", "DOTNET_RUNNING_IN_CONTAINER=true", "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=true", "TMPDIR=/tmp"];

    private static readonly string[] Libraries =
    [
        "libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libresolv.so.2", "libnss_dns.so.2", "libnss_files.so.2",
        "libgcc_s.so.1", "libssl.so.3", "libcrypto.so.3", "libstdc++.so.6",
    ];

    /// <summary>Root in a container may still not be allowed to mount.</summary>
    private static readonly Lazy<Task<bool>> MayMount = new(async () =>
    {
        await using var trial = RunningProgram.StartFile("unshare", "/", new Dictionary<string, string?>(StringComparer.Ordinal), "--mount", "true");
        return await trial.ExitAsync() == 0;
    });

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("predmaint-root-");
    private readonly string files;

    private ImageRoot(string files)
    {
        this.files = files;
        var (loader, libraries) = ImageFiles.Architecture == "amd64" ? ("/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu") : ("/lib/ld-linux-aarch64.so.1", "/lib/aarch64-linux-gnu");
        foreach (var place in (string[])["app", "usr/share/dotnet", "proc", "dev", "tmp", "etc", Path.GetDirectoryName(loader)![1..], libraries[1..]])
            folder.CreateSubdirectory(place);
        File.Copy(loader, At(loader));
        foreach (var library in Libraries)
            File.Copy(File.Exists($"{libraries}/{library}") ? $"{libraries}/{library}" : $"/usr{libraries}/{library}", At($"{libraries}/{library}"));
    }

    /// <summary>Skips the calling test where there is no becoming the image's user.</summary>
    public static async Task<ImageRoot> OfAsync(ImageFiles image)
    {
        Assert.SkipUnless(ImageFiles.Architecture is "amd64" or "arm64", "needs linux/amd64 or linux/arm64, which there are images for");
        Assert.SkipUnless(Environment.UserName == "root" && await MayMount.Value, "needs root that may mount, to become the image's user in a root of its own");
        return new(await image.FolderAsync());
    }

    public void Dispose() => folder.Delete(recursive: true);

    /// <summary>Puts a file there that a volume would bring.</summary>
    public void Write(string path, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        File.WriteAllText(At(path), content);
    }

    public void Copy(string file, string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        File.Copy(file, At(path));
    }

    /// <summary>Runs the image's entry point to its end.</summary>
    public async Task<(int Code, string Output, string Errors)> RunAsync(IReadOnlyDictionary<string, string> variables, params string[] arguments)
    {
        await using var program = Start(variables, arguments);
        var code = await program.ExitAsync();
        return (code, program.Output, program.Errors);
    }

    /// <summary>Starts the image's entry point; a signal reaches the program itself.</summary>
    public RunningProgram Start(IReadOnlyDictionary<string, string> variables, params string[] arguments)
    {
        var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var script = Path.Combine(Repository.Root, "tests", "PredMaint.Deploy.Tests", "Images", "enter.sh");
        return RunningProgram.StartFile("unshare", "/", new Dictionary<string, string?>(StringComparer.Ordinal),
        [
            "--mount", "env", "-i", .. ImageVariables, .. variables.Select(v => $"{v.Key}={v.Value}"),
            "sh", script, folder.FullName, files, dotnet, Uid, .. Dockerfile.Of("Dockerfile").Command("ENTRYPOINT"), .. arguments,
        ]);
    }

    private string At(string path) => Path.Combine(folder.FullName, path.TrimStart('/'));
}
