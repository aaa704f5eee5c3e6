using System.Text.RegularExpressions;
using PredMaint.Deploy.Tests.Manifests;

namespace PredMaint.Deploy.Tests.Workflows;

/// <summary>What a workflow must hold: actions by commit, no right that it does not use, nobody's text in a script. One sentence a breach.</summary>
internal static partial class WorkflowRules
{
    /// <summary>What a job may write at most, by its name.</summary>
    private static readonly Dictionary<string, string[]> MayWrite = new(StringComparer.Ordinal)
    {
        ["image"] = ["packages", "id-token", "attestations"],
        ["deploy"] = ["contents", "pull-requests", "actions"],
    };

    public static IEnumerable<string> Breaches(string name, string text)
    {
        var workflow = Yaml.Map(text);
        foreach (var line in text.Split('\n').Where(l => Uses().IsMatch(l)))
            if (!Pinned().IsMatch(line) && !line.Contains("uses: ./", StringComparison.Ordinal)) yield return $"{name}: {line.Trim()} is not pinned by a commit and its version";
        if (!workflow.ContainsKey("permissions") || workflow["permissions"] is string || workflow.Map("permissions").Any(p => p is not { Key: "contents", Value: "read" }))
            yield return $"{name}: its jobs begin with more rights than to read";
        if (workflow.Map("on").ContainsKey("pull_request_target")) yield return $"{name}: runs strangers' changes with its own rights";
        foreach (var (job, body) in workflow.Maps("jobs"))
            foreach (var breach in Job(job, body)) yield return $"{name}, {job}: {breach}";
    }

    private static IEnumerable<string> Job(string job, Dictionary<object, object?> body)
    {
        var allowed = MayWrite.GetValueOrDefault(job) ?? [];
        foreach (var (right, value) in body.Map("permissions"))
            if (value is not "read" && !allowed.Contains($"{right}", StringComparer.Ordinal)) yield return $"may {value} {right}";
        // Another workflow's jobs, which are held to the same.
        if (body.Text("uses").StartsWith("./.github/workflows/", StringComparison.Ordinal)) yield break;
        if (body.Text("timeout-minutes").Length == 0) yield return "may run for hours";
        if (!PodRules.IsPinned($"runner:{body.Text("runs-on")}") || body.Text("runs-on").EndsWith("latest", StringComparison.Ordinal)) yield return "runs on whatever is the latest";
        foreach (var (service, container) in body.Maps("services"))
            if (!PodRules.IsPinned(container.Text("image"))) yield return $"the image of {service} is not pinned";
        var pushes = body.List("steps").Any(s => s.Text("run").Contains("git push", StringComparison.Ordinal));
        foreach (var step in body.List("steps"))
        {
            if (step.Text("uses").StartsWith("actions/checkout@", StringComparison.Ordinal) && !pushes && step.Map("with").Text("persist-credentials") != "false") yield return "leaves its token to all that it runs";
            if (step.Text("run").Contains("${{", StringComparison.Ordinal)) yield return "puts an expression into a script: give it by env";
            if (step.Text("run").Contains(" | ", StringComparison.Ordinal) && step.Text("run").Contains("tee", StringComparison.Ordinal) && step.Text("shell") != "bash") yield return "loses a failure in a pipe";
        }
    }

    [GeneratedRegex("""^\s*(?:- )?uses:""", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Uses();

    [GeneratedRegex("""uses: [\w-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$""", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Pinned();
}
