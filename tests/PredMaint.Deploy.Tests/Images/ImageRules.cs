using System.Text.RegularExpressions;
using PredMaint.Deploy.Tests.Manifests;

namespace PredMaint.Deploy.Tests.Images;

/// <summary>What the worker's images must be. One sentence a breach.</summary>
internal static partial class ImageRules
{
    private static readonly string[] Labels = ["title", "description", "source", "version", "revision"];

    public static IEnumerable<string> Breaches(Dockerfile file)
    {
        var shipped = file.Shipped.ToList();
        foreach (var image in file.Bases)
            if (!PodRules.IsPinned(image)) yield return $"{file.Name}: {image} is not pinned";
        if (shipped.LastOrDefault(l => l.Instruction == "USER").Arguments is not ("$APP_UID" or "1654")) yield return $"{file.Name}: does not run as the user 1654";
        if (shipped.Any(l => l.Instruction == "RUN" && !l.Arguments.StartsWith("apt-get", StringComparison.Ordinal))) yield return $"{file.Name}: the shipped stage makes files that no test has seen";
        if (shipped.Any(l => l.Instruction == "HEALTHCHECK")) yield return $"{file.Name}: a health check needs a shell, which is not there";
        if (!file.All("RUN").Any(r => PublishCommand().IsMatch(r))) yield return $"{file.Name}: the files are not those of deploy/publish";
        if (!shipped.Any(l => l is { Instruction: "COPY", Arguments: "--from=files /files /app" })) yield return $"{file.Name}: ships other files than deploy/publish makes";
        foreach (var label in Labels)
            if (!shipped.Any(l => l.Instruction == "LABEL" && l.Arguments.Contains($"org.opencontainers.image.{label}=", StringComparison.Ordinal))) yield return $"{file.Name}: has no label {label}";
        if (!shipped.Any(l => l is { Instruction: "ENV", Arguments: "TMPDIR=/tmp" })) yield return $"{file.Name}: .NET's diagnostics have no known place";
    }

    [GeneratedRegex("""^(?:--mount=\S+ )?deploy/publish (?:"\$TARGETARCH"|amd64) /files(?: Gpu)?$""", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex PublishCommand();
}
