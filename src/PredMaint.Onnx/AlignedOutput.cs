using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using PredMaint.Core.Models;

namespace PredMaint.Onnx;

/// <summary>
/// Memory for one output [B,K], aligned as ONNX Runtime aligns its own. A kernel that writes into an array of the managed
/// heap computes the elements before the first aligned one apart, with other rounding: a row's bits would then depend on
/// its place and on the array's address. State outputs are large and come from recurrent kernels, which do not do so.
/// </summary>
internal sealed unsafe class AlignedOutput : IDisposable
{
    /// <summary>A cache line, and the longest vector.</summary>
    private const int AlignmentBytes = 64;

    private readonly float[] target;
    private float* memory;

    /// <param name="target">Where the values shall be after a run.</param>
    public AlignedOutput(OutputTensor tensor, float[] target)
    {
        Tensor = tensor;
        this.target = target;
        memory = (float*)NativeMemory.AlignedAlloc((nuint)target.Length * sizeof(float), AlignmentBytes);
    }

    public OutputTensor Tensor { get; }

    public OrtValue Prefix(int rows) => OrtValue.CreateTensorValueWithData(
        OrtMemoryInfo.DefaultInstance, TensorElementType.Float, [rows, Tensor.Width], (nint)memory, (long)rows * Tensor.Width * sizeof(float));

    /// <summary>Copies the first rows to the target.</summary>
    public void Collect(int rows) => new ReadOnlySpan<float>(memory, rows * Tensor.Width).CopyTo(target);

    public void Dispose()
    {
        NativeMemory.AlignedFree(memory);
        memory = null;
    }
}
