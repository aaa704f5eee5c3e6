namespace PredMaint.Onnx;

/// <summary>Auto: CUDA where it works, else the CPU, said once. Cuda: CUDA or a mistake. Cpu: the CPU.</summary>
public enum Device { Auto, Cpu, Cuda }

/// <summary>How the GPU's arena grows: by doubling (few allocations), or by just what is asked for (least memory).</summary>
public enum ArenaGrowth { NextPowerOfTwo, SameAsRequested }

/// <summary>Where a model runs. The CUDA values are those of ONNX Runtime's CUDA execution provider.</summary>
public sealed record DeviceOptions
{
    public Device Device { get; init; } = Device.Auto;

    /// <summary>Number of the GPU, from 0.</summary>
    public int CudaDevice { get; init; }

    /// <summary>Largest size of the GPU's arena; 0 sets no limit.</summary>
    public long CudaMemoryLimitBytes { get; init; }

    public ArenaGrowth CudaArenaGrowth { get; init; } = ArenaGrowth.NextPowerOfTwo;
}
