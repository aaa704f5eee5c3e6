namespace PredMaint.Training.Export;

/// <summary>The rows of an LSTM's weights: Torch stacks the gates i, f, g, o; ONNX stacks them i, o, f, c (its c is Torch's g).</summary>
public static class GateOrder
{
    private static readonly int[] TorchGateOfOnnx = [0, 3, 1, 2];

    /// <param name="torch">[4*hidden, width] row-major, or [4*hidden].</param>
    public static float[] ToOnnx(ReadOnlySpan<float> torch, int hidden)
    {
        var gate = torch.Length / TorchGateOfOnnx.Length;
        if (gate * TorchGateOfOnnx.Length != torch.Length || gate % hidden != 0)
            throw new ArgumentException($"{torch.Length} values are not four gates of {hidden} units", nameof(torch));
        var onnx = new float[torch.Length];
        for (var i = 0; i < TorchGateOfOnnx.Length; i++)
            torch.Slice(TorchGateOfOnnx[i] * gate, gate).CopyTo(onnx.AsSpan(i * gate));
        return onnx;
    }
}
