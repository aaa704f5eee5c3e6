using TorchSharp;

namespace PredMaint.Training.Learning;

/// <summary>
/// Numbers for tensor operations, as Scalars that live as long as the program. TorchSharp 0.107 makes one of each plain number
/// (also in <c>x + y</c> and <c>x.square()</c>), and the collector may finalise it while native code still reads it.
/// </summary>
internal static class Kept
{
    public static readonly Scalar Zero = 0.ToScalar();
    public static readonly Scalar Half = 0.5.ToScalar();
    public static readonly Scalar One = 1.ToScalar();
    public static readonly Scalar Two = 2.ToScalar();
}
