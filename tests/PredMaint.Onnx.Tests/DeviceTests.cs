using Microsoft.ML.OnnxRuntime;

namespace PredMaint.Onnx.Tests;

/// <summary>Where CUDA is not to be had, auto says so and serves on the CPU, cuda refuses. The build under test has no CUDA.</summary>
public class DeviceTests
{
    private static readonly string File = Models.Write(Tiny.Window(), Tiny.Manifest);
    private static readonly byte[] Bytes = System.IO.File.ReadAllBytes(File);

    public static TheoryData<string> Failures => [.. AddCuda.Keys];

    private static Dictionary<string, Action<SessionOptions>> AddCuda { get; } = new(StringComparer.Ordinal)
    {
        ["the package has no CUDA"] = options =>
        {
            using var cuda = new OrtCUDAProviderOptions();
            options.AppendExecutionProvider_CUDA(cuda);
        },
        ["the package lacks the entry point"] = options => options.AppendExecutionProvider_CUDA(0),
        ["a library is missing"] = _ => throw new DllNotFoundException("libcudart.so.12"),
        // With no provider but the CPU's, a session that must not use it cannot be created.
        ["the session cannot be created"] = options => options.AddSessionConfigEntry("session.disable_cpu_ep_fallback", "1"),
        ["the session drops CUDA without a word"] = _ => { },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void Auto_serves_on_the_cpu_and_says_why_when(string failure)
    {
        var (mistakes, said) = (new List<string>(), new List<string>());
        var opened = Sessions.Open(Bytes, File, Device.Auto, AddCuda[failure], mistakes, said.Add);
        Assert.Equal("cpu", opened?.Provider);
        opened?.Session.Dispose();
        Assert.Empty(mistakes);
        Assert.Contains("Models run on the CPU: CUDA is not to be had (", Assert.Single(said), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public void Cuda_refuses_when(string failure)
    {
        var (mistakes, said) = (new List<string>(), new List<string>());
        Assert.Null(Sessions.Open(Bytes, File, Device.Cuda, AddCuda[failure], mistakes, said.Add));
        Assert.Contains("device cuda cannot be used: ", Assert.Single(mistakes), StringComparison.Ordinal);
        Assert.Empty(said);
    }

    [Fact]
    public void Auto_says_it_once_a_process()
    {
        var (mistakes, said) = (new List<string>(), new List<string>());
        for (var i = 0; i < 2; i++)
        {
            using var model = OnnxModel.Load(File, new DeviceOptions(), sha256: "", mistakes, said.Add);
            Assert.Equal("cpu", model?.Provider);
        }
        Assert.Empty(mistakes);
        Assert.Single(said);
    }

    [Fact]
    public void Cuda_refuses_in_one_sentence()
    {
        var mistakes = new List<string>();
        var device = new DeviceOptions { Device = Device.Cuda, CudaMemoryLimitBytes = 1 << 30, CudaArenaGrowth = ArenaGrowth.SameAsRequested };
        Assert.Null(OnnxModel.Load(File, device, sha256: null, mistakes));
        var mistake = Assert.Single(mistakes);
        Assert.StartsWith($"{File}: device cuda cannot be used: ", mistake, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', mistake);
    }

    [Fact]
    public void A_broken_file_is_no_fault_of_the_device()
    {
        var (mistakes, said) = (new List<string>(), new List<string>());
        foreach (var device in Enum.GetValues<Device>())
            Assert.Null(Sessions.Open([1, 2, 3], "broken.onnx", device, AddCuda["the package has no CUDA"], mistakes, said.Add));
        Assert.Equal(3, mistakes.Count);
        Assert.All(mistakes, m => Assert.StartsWith("broken.onnx: is not a model", m, StringComparison.Ordinal));
        Assert.Empty(said);
    }
}
