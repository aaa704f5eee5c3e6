using System.Text.RegularExpressions;
using ArchUnitNET.Domain;
using ArchUnitNET.Domain.Extensions;
using ArchUnitNET.Fluent;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace PredMaint.Tidy.Tests;

/// <summary>What "pure" means for Core: no input or output, no threads, no clock. Time and bytes are arguments.</summary>
internal static partial class Purity
{
    public static IArchRule UsesNoImpureType(IObjectProvider<IType> types) =>
        Types().That().Are(types).Should()
            .FollowCustomCondition(
                type => Judge(type, type.Dependencies.Select(d => d.Target.FullName).Where(n => ImpureType().IsMatch(n))),
                "be pure: no files, sockets, processes, threads, tasks or clocks")
            .WithoutRequiringPositiveResults();

    public static IArchRule CallsNoClock(IObjectProvider<IType> types) =>
        MethodMembers().That().AreDeclaredIn(types).Should()
            .FollowCustomCondition(
                method => Judge(method, method.GetCalledMethods().Select(m => m.FullName).Where(n => ImpureCall().IsMatch(n))),
                "ask no clock, no environment and no chance")
            .WithoutRequiringPositiveResults();

    private static ArchUnitNET.Fluent.Conditions.ConditionResult Judge(ICanBeAnalyzed subject, IEnumerable<string> found)
    {
        var names = string.Join(", ", found.Distinct(StringComparer.Ordinal));
        return new(subject, names.Length == 0, $"uses {names}");
    }

    /// <summary>Streams and readers over memory or given by the caller are allowed; what opens something is not.</summary>
    [GeneratedRegex(
        """^System\.(?:IO\.(?:File|FileInfo|FileStream|FileSystemInfo|Directory|DirectoryInfo|RandomAccess|Pipes\..*|MemoryMappedFiles\..*)|Net\..*|Diagnostics\.(?:Process|Stopwatch)|Console|TimeProvider|Timers\..*|Threading\.(?!Tasks\.Value|CancellationToken|Lock$).*)$""",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ImpureType();

    [GeneratedRegex(
        """System\.(?:DateTime(?:Offset)?::get_(?:UtcNow|Now|Today)|Environment::|Guid::(?:NewGuid|CreateVersion7)|Random::get_Shared)""",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ImpureCall();
}
