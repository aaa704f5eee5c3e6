using System.Diagnostics;

namespace PredMaint.Tidy.Tests.Samples;

/// <summary>Everything that Core must not do, for the test that the rules notice. Never run.</summary>
internal static class Impure
{
    public static string ReadsFile() => File.ReadAllText("x");

    public static void StartsThread() => new Thread(() => { }).Start();

    public static long AsksStopwatch() => Stopwatch.GetTimestamp();

    public static DateTimeOffset AsksTimeProvider(TimeProvider time) => time.GetUtcNow();

#pragma warning disable RS0030 // Banned on purpose: the rule is shown what it must find.
    public static DateTime AsksClock() => DateTime.UtcNow;

    public static DateTimeOffset AsksClockInLambda(int[] numbers) => numbers.Select(_ => DateTimeOffset.Now).First();
#pragma warning restore RS0030

    public static Guid TakesChance() => Guid.NewGuid();
}

/// <summary>Knows a type of another room.</summary>
internal sealed class KnowsModel
{
    public PredMaint.Core.Models.ModelManifest? Manifest { get; set; }
}
