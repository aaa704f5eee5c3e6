using PredMaint.Testing;
using Xunit.Sdk;
using Xunit.v3;

// One seed and one thread serve the whole process.
[assembly: Parallelization(Mode = ParallelMode.None)]

namespace PredMaint.Training.Tests;

/// <summary>What the repository brings.</summary>
internal static class Shipped
{
    public static string Models { get; } = Path.Combine(Repository.Root, "models", "turbofan");

    public static string Data { get; } = Path.Combine(Models, "data");
}
