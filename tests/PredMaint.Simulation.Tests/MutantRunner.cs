using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using PredMaint.Simulation.Runs;
using PredMaint.Testing;

namespace PredMaint.Simulation.Tests;

/// <summary>Compiles the product's sources with a change and runs the simulation on what comes out, beside the unchanged product.</summary>
internal static class MutantRunner
{
    private static readonly string[] Rooms = ["Core", "Worker"];

    private static readonly CSharpParseOptions Language = new(LanguageVersion.Latest);

    private static readonly Dictionary<string, Lazy<CSharpCompilation>> Unchanged =
        Rooms.ToDictionary(room => room, room => new Lazy<CSharpCompilation>(() => Compilation(room)), StringComparer.Ordinal);

    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    public static string? FirstFailure(Mutant mutant, int seeds)
    {
        var rooms = mutant.Edits.Select(e => e.Room).Distinct(StringComparer.Ordinal).ToDictionary(room => $"PredMaint.{room}", room => Compile(room, mutant), StringComparer.Ordinal);
        var context = new MutantContext(rooms);
        var simulator = context.LoadFromAssemblyName(typeof(Simulator).Assembly.GetName()).GetType(typeof(Simulator).FullName!)!;
        var found = (string?)simulator.GetMethod(nameof(Simulator.FirstFailure))!.Invoke(null, [seeds]);
        context.Unload();
        return found;
    }

    private static byte[] Compile(string room, Mutant mutant)
    {
        var compilation = Unchanged[room].Value;
        foreach (var edit in mutant.Edits.Where(e => e.Room == room))
        {
            var path = Path.GetFullPath(Path.Combine(Folder(room), edit.Path));
            var tree = compilation.SyntaxTrees.SingleOrDefault(t => t.FilePath == path);
            Assert.True(tree is not null, $"\"{mutant.Rule}\": no file {edit.File}");
            var text = tree.GetText().ToString();
            Assert.True(text.Split(edit.Text).Length == 2, $"\"{mutant.Rule}\": {edit.File} must have exactly once:\n{edit.Text}");
            compilation = compilation.ReplaceSyntaxTree(tree, CSharpSyntaxTree.ParseText(text.Replace(edit.Text, edit.Replacement, StringComparison.Ordinal), Language, path));
        }
        using var bytes = new MemoryStream();
        var result = compilation.Emit(bytes);
        Assert.True(result.Success, $"\"{mutant.Rule}\" does not compile:\n{string.Join('\n', result.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error))}");
        return bytes.ToArray();
    }

    private static CSharpCompilation Compilation(string room)
    {
        var trees = Files(Folder(room)).Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file), Language, file));
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable, allowUnsafe: true);
        var sources = CSharpCompilation.Create($"PredMaint.{room}", trees.Prepend(CSharpSyntaxTree.ParseText(Usings, Language)), References(except: room), options);
        CSharpGeneratorDriver.Create(Generators(), parseOptions: Language).RunGeneratorsAndUpdateCompilation(sources, out var all, out _);
        return (CSharpCompilation)all;
    }

    /// <summary>Those of the SDK's reference pack, which the build runs.</summary>
    private static IEnumerable<ISourceGenerator> Generators()
    {
        var runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var packs = Path.GetFullPath(Path.Combine(runtime, "..", "..", "..", "packs", "Microsoft.NETCore.App.Ref"));
        var pack = Directory.GetDirectories(packs, $"{Environment.Version.Major}.*").OrderBy(p => Version.Parse(Path.GetFileName(p))).Last();
        return Directory.GetFiles(Path.Combine(pack, "analyzers", "dotnet", "cs"), "*.dll").SelectMany(file => new AnalyzerFileReference(file, new Loader()).GetGenerators(LanguageNames.CSharp));
    }

    private static string Folder(string room) => Path.GetFullPath(Path.Combine(Repository.Root, "src", $"PredMaint.{room}"));

    private static IEnumerable<string> Files(string folder) => Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories)
        .Where(f => !Path.GetRelativePath(folder, f).StartsWith("obj", StringComparison.Ordinal) && !Path.GetRelativePath(folder, f).StartsWith("bin", StringComparison.Ordinal));

    private static IEnumerable<MetadataReference> References(string except) =>
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) != $"PredMaint.{except}.dll")
            .Select(path => MetadataReference.CreateFromFile(path));

    private sealed class Loader : IAnalyzerAssemblyLoader
    {
        public void AddDependencyLocation(string fullPath)
        {
        }

        public Assembly LoadFromPath(string fullPath) => Assembly.LoadFrom(fullPath);
    }

    /// <summary>The product's rooms and the simulation once more, on the changed ones; all else is shared.</summary>
    private sealed class MutantContext(Dictionary<string, byte[]> changed) : AssemblyLoadContext(name: null, isCollectible: true)
    {
        protected override Assembly? Load(AssemblyName assemblyName)
        {
            if (changed.TryGetValue(assemblyName.Name!, out var bytes)) return LoadFromStream(new MemoryStream(bytes));
            var own = Path.Combine(AppContext.BaseDirectory, assemblyName.Name + ".dll");
            return assemblyName.Name!.StartsWith("PredMaint.", StringComparison.Ordinal) ? LoadFromAssemblyPath(own) : null;
        }
    }
}
