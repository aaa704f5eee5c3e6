using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PredMaint.Deploy.Tests.Manifests;
using PredMaint.Testing;

namespace PredMaint.Deploy.Tests.Images;

/// <summary>The product's own check of what the manifests tell it, in the image's root with the pod's files and variables.</summary>
public sealed class ConfigurationTests(ImageFiles image)
{
    public static TheoryData<string> Folders => [.. Rendered.Folders.Where(f => f != "k8s/overlays/gpu")];

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task The_worker_takes_its_configuration(string folder)
    {
        var (code, output, errors) = await CheckAsync(Rendered.Of(folder));
        Assert.True(code == 0, errors);
        Assert.Contains("instance  predmaint-0", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_without_cuda_refuses_the_gpu_s_configuration_and_that_alone()
    {
        var (code, _, errors) = await CheckAsync(Rendered.Of("k8s/overlays/gpu"));
        Assert.Equal(2, code);
        Assert.Contains("models[0]", Assert.Single(errors.Split('\n')), StringComparison.Ordinal);
        Assert.Contains("cuda", errors, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_model_with_another_digest_is_refused()
    {
        var rendered = Rendered.Of("k8s/base");
        var digest = rendered.WorkerYaml.Split('\n').Single(l => l.Contains("sha256:", StringComparison.Ordinal)).Split(' ')[^1];
        var (code, _, errors) = await CheckAsync(rendered, yaml => yaml.Replace(digest, new string('0', digest.Length), StringComparison.Ordinal));
        Assert.Equal(2, code);
        Assert.Contains("sha256", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_worker_of_compose_takes_its_configuration()
    {
        using var root = await ImageRoot.OfAsync(image);
        root.Copy(Path.Combine(Repository.Root, "deploy", "compose", "worker.yaml"), "/etc/predmaint/worker.yaml");
        var (code, _, errors) = await root.RunAsync(new Dictionary<string, string>(), "config", "check", "/etc/predmaint/worker.yaml");
        Assert.True(code == 0, errors);
    }

    private async Task<(int Code, string Output, string Errors)> CheckAsync(Rendered rendered, Func<string, string>? change = null)
    {
        using var root = await ImageRoot.OfAsync(image);
        var pod = rendered.Worker.Spec;
        var container = pod.Containers[0];
        root.Write("/etc/predmaint/worker.yaml", (change ?? (yaml => yaml))(rendered.WorkerYaml));
        foreach (var volume in pod.Volumes.Where(v => v.Secret is not null))
            foreach (var item in volume.Secret.Items)
                root.Write($"{container.VolumeMounts.Single(m => m.Name == volume.Name).MountPath}/{item.Path}", Pem(item.Key));
        if (pod.Volumes.Any(v => v.Image is not null))
            root.Copy(Path.Combine(Repository.Root, "models", "turbofan", "anomaly.onnx"), "/models/turbofan/anomaly.onnx");
        var variables = (container.Env ?? []).ToDictionary(e => e.Name, e => e.Value ?? "predmaint-0", StringComparer.Ordinal);
        variables.Add("HOSTNAME", "predmaint-0");
        return await root.RunAsync(variables, "config", "check", "/etc/predmaint/worker.yaml");
    }

    private static readonly Lazy<(string Certificate, string Key)> Pair = new(() =>
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var begin = DateTimeOffset.UnixEpoch;
        using var certificate = new CertificateRequest("CN=predmaint", key, HashAlgorithmName.SHA256).CreateSelfSigned(begin, begin.AddYears(100));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    });

    private static string Pem(string item) => item.EndsWith(".key", StringComparison.Ordinal) ? Pair.Value.Key : Pair.Value.Certificate;
}
