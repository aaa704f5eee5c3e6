using System.Xml.Linq;

namespace PredMaint.Tidy.Tests;

/// <summary>The rooms of the house and which others each may know (the README's picture).</summary>
internal static class Rooms
{
    public static readonly IReadOnlyDictionary<string, string[]> MayKnow = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["PredMaint.Core"] = [],
        ["PredMaint.Onnx"] = ["PredMaint.Core"],
        ["PredMaint.Worker"] = ["PredMaint.Onnx", "PredMaint.Core"],
        ["PredMaint.Cli"] = ["PredMaint.Worker", "PredMaint.Onnx", "PredMaint.Core"],
        ["PredMaint.Training"] = ["PredMaint.Onnx", "PredMaint.Core"],
        ["PredMaint.Console"] = ["PredMaint.Core"],
    };

    /// <summary>What a project file says against the picture: one sentence a breach.</summary>
    public static IEnumerable<string> Breaches(string room, string projectFile)
    {
        if (!MayKnow.TryGetValue(room, out var allowed))
        {
            yield return $"{room}: not a room of the house; known are {string.Join(", ", MayKnow.Keys)}";
            yield break;
        }
        var items = XDocument.Parse(projectFile).Descendants().ToList();
        foreach (var other in References(items, "ProjectReference").Select(ProjectName))
            if (!allowed.Contains(other, StringComparer.Ordinal)) yield return $"{room} -> {other}: allowed is {(allowed.Length == 0 ? "nothing" : string.Join(", ", allowed))}";
        if (room != "PredMaint.Core") yield break;
        foreach (var package in References(items, "PackageReference").Concat(References(items, "FrameworkReference")))
            yield return $"{room} -> {package}: it depends on nothing but the base class library";
    }

    private static IEnumerable<string> References(IEnumerable<XElement> items, string kind) =>
        items.Where(e => e.Name.LocalName == kind).Select(e => e.Attribute("Include")?.Value ?? "").Where(i => i.Length > 0);

    private static string ProjectName(string include) => Path.GetFileNameWithoutExtension(include.Replace('\\', '/'));
}
