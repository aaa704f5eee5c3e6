using PredMaint.Testing;

namespace PredMaint.Deploy.Tests.Images;

/// <summary>A Dockerfile's instructions in order, their continuation lines joined.</summary>
public sealed record Dockerfile(string Name, IReadOnlyList<(string Instruction, string Arguments)> Lines)
{
    public static Dockerfile Of(string name) => Parse(name, File.ReadAllText(Path.Combine(Repository.Root, "deploy", name)));

    public static Dockerfile Parse(string name, string text)
    {
        var lines = text.Split('\n').Where(l => !l.TrimStart().StartsWith('#'));
        return new(name, [.. string.Join('\n', lines).Replace("\\\n", " ", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => l.Split(' ', 2, StringSplitOptions.TrimEntries)).Select(l => (l[0], l.Length > 1 ? l[1] : ""))]);
    }

    /// <summary>The last stage: what is shipped.</summary>
    public IEnumerable<(string Instruction, string Arguments)> Shipped => Lines.Skip(Lines.ToList().FindLastIndex(l => l.Instruction == "FROM"));

    public IEnumerable<string> All(string instruction) => Lines.Where(l => l.Instruction == instruction).Select(l => l.Arguments);

    /// <summary>Images of others that it is made of.</summary>
    public IEnumerable<string> Bases
    {
        get
        {
            var stages = All("FROM").Select(f => f.Split(' ')).Where(f => f.Contains("AS")).Select(f => f[^1]).ToHashSet(StringComparer.Ordinal);
            var from = All("FROM").Select(f => f.Split(' ').First(w => !w.StartsWith("--", StringComparison.Ordinal)));
            var copied = All("COPY").SelectMany(c => c.Split(' ')).Where(w => w.StartsWith("--from=", StringComparison.Ordinal)).Select(w => w["--from=".Length..]);
            return from.Concat(copied).Where(i => i != "scratch" && !stages.Contains(i));
        }
    }

    /// <summary>ENTRYPOINT or CMD in its exec form.</summary>
    public IReadOnlyList<string> Command(string instruction) =>
        System.Text.Json.JsonSerializer.Deserialize<List<string>>(Shipped.Single(l => l.Instruction == instruction).Arguments)!;
}
