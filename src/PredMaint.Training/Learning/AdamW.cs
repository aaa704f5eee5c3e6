using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace PredMaint.Training.Learning;

/// <summary>
/// Adam with decoupled weight decay (Loshchilov and Hutter 2019), written out because TorchSharp's own makes temporary
/// Scalars, which the collector may finalise while native code reads them. Here each Scalar is held until its call is over.
/// </summary>
internal sealed class AdamW : IDisposable
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double WeightDecay = 0.01;

    private static readonly Scalar KeepFirst = Beta1.ToScalar();
    private static readonly Scalar AddFirst = (1 - Beta1).ToScalar();
    private static readonly Scalar KeepSecond = Beta2.ToScalar();
    private static readonly Scalar AddSecond = (1 - Beta2).ToScalar();
    private static readonly Scalar Epsilon = 1e-8.ToScalar();
    private static readonly Scalar One = 1.ToScalar();

    private readonly (Parameter Value, Tensor First, Tensor Second)[] parameters;
    private int steps;

    public AdamW(IEnumerable<Parameter> parameters) =>
        this.parameters = [.. parameters.Select(p => (p, zeros_like(p).DetachFromDisposeScope(), zeros_like(p).DetachFromDisposeScope()))];

    /// <summary>Moves the parameters against their gradients, and forgets the gradients.</summary>
    public void Step(double rate)
    {
        steps++;
        using var unbiasSecond = Math.Sqrt(1 - Math.Pow(Beta2, steps)).ToScalar();
        using var move = (-rate / (1 - Math.Pow(Beta1, steps))).ToScalar();
        using var decay = (1 - rate * WeightDecay).ToScalar();
        using var noGradient = no_grad();
        foreach (var (value, first, second) in parameters)
        {
            if (value.grad is not { } gradient) continue;
            first.mul_(KeepFirst).add_(gradient, AddFirst);
            second.mul_(KeepSecond).addcmul_(gradient, gradient, AddSecond);
            using var size = second.sqrt().div_(unbiasSecond).add_(Epsilon, One);
            value.mul_(decay).addcdiv_(first, size, move);
            gradient.zero_();
        }
    }

    public void Dispose()
    {
        foreach (var (_, first, second) in parameters)
        {
            first.Dispose();
            second.Dispose();
        }
    }
}
