using ArchUnitNET.Domain;
using ArchUnitNET.Fluent;
using ArchUnitNET.Loader;
using ArchUnitNET.xUnitV3;
using PredMaint.Core.Models;
using PredMaint.Testing;
using PredMaint.Tidy.Tests.Samples;
using static ArchUnitNET.Fluent.ArchRuleDefinition;
using Assembly = System.Reflection.Assembly;

namespace PredMaint.Tidy.Tests;

/// <summary>Dependencies between the rooms point one way, and Core is pure.</summary>
public sealed class ArchitectureTests
{
    /// <summary>Rooms that are light enough to load; of the others the project files speak.</summary>
    private static readonly Dictionary<string, Assembly> Loaded = new[]
    {
        ("PredMaint.Core", "PredMaint.Core"), ("PredMaint.Onnx", "PredMaint.Onnx"), ("PredMaint.Worker", "PredMaint.Worker"), ("PredMaint.Cli", "predmaint"),
    }.ToDictionary(r => r.Item1, r => Assembly.Load(r.Item2), StringComparer.Ordinal);

    private static readonly Architecture House = new ArchLoader().LoadAssemblies([.. Loaded.Values, typeof(ArchitectureTests).Assembly]).Build();

    private static readonly IObjectProvider<IType> Core = Types().That().ResideInAssembly(Loaded["PredMaint.Core"]).As("Core");

    private static readonly IObjectProvider<IType> Sample = Types().That().Are(typeof(Impure)).As("the impure sample");

    public static TheoryData<string> ProjectsOfSrc =>
        [.. Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories).Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    public static TheoryData<string, string> ForbiddenArrows =>
        [.. from room in Loaded.Keys from other in Loaded.Keys where room != other && !Rooms.MayKnow[room].Contains(other, StringComparer.Ordinal) select (room, other)];

    [Theory]
    [MemberData(nameof(ProjectsOfSrc))]
    public void Project_references_follow_the_picture(string room)
    {
        var project = File.ReadAllText(Path.Combine(Repository.Root, "src", room, room + ".csproj"));
        var breaches = Rooms.Breaches(room, project).ToList();
        Assert.True(breaches.Count == 0, string.Join('\n', breaches));
    }

    [Theory]
    [MemberData(nameof(ForbiddenArrows))]
    public void Types_follow_the_picture(string from, string to) =>
        Arrow(Types().That().ResideInAssembly(Loaded[from]).As(from), Loaded[to], to).Check(House);

    [Fact]
    public void Core_opens_nothing_starts_nothing_and_times_nothing() => Purity.UsesNoImpureType(Core).Check(House);

    [Fact]
    public void Core_asks_no_clock() => Purity.CallsNoClock(Core).Check(House);

    [Fact]
    public void Core_is_loaded_by_these_tests()
    {
        Assert.Contains(Core.GetObjects(House), t => t.FullName == typeof(IModel).FullName);
        Assert.DoesNotContain(typeof(IModel).Assembly.GetReferencedAssemblies(), a => !a.Name!.StartsWith("System.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("System.IO.File")]
    [InlineData("System.Threading.Thread")]
    [InlineData("System.Diagnostics.Stopwatch")]
    [InlineData("System.TimeProvider")]
    public void The_rule_on_impure_types_can_fail(string type) => Assert.Contains(type, Failure(Purity.UsesNoImpureType(Sample)), StringComparison.Ordinal);

    [Theory]
    [InlineData("System.DateTime::get_UtcNow")]
    [InlineData("System.DateTimeOffset::get_Now")]
    [InlineData("System.Guid::NewGuid")]
    public void The_rule_on_clocks_can_fail(string call) => Assert.Contains(call, Failure(Purity.CallsNoClock(Sample)), StringComparison.Ordinal);

    [Fact]
    public void The_rule_on_arrows_can_fail() =>
        Assert.Contains(nameof(KnowsModel), Failure(Arrow(Types().That().Are(typeof(KnowsModel)).As("the sample"), Loaded["PredMaint.Core"], "Core")), StringComparison.Ordinal);

    [Theory]
    [InlineData("PredMaint.Core", """<PackageReference Include="Polly.Core" />""", "PredMaint.Core -> Polly.Core")]
    [InlineData("PredMaint.Core", """<ProjectReference Include="../PredMaint.Onnx/PredMaint.Onnx.csproj" />""", "PredMaint.Core -> PredMaint.Onnx")]
    [InlineData("PredMaint.Worker", """<ProjectReference Include="..\PredMaint.Training\PredMaint.Training.csproj" />""", "PredMaint.Worker -> PredMaint.Training")]
    [InlineData("PredMaint.Console", """<ProjectReference Include="../PredMaint.Worker/PredMaint.Worker.csproj" />""", "PredMaint.Console -> PredMaint.Worker")]
    [InlineData("PredMaint.Cellar", "", "PredMaint.Cellar: not a room")]
    public void The_rule_on_project_files_can_fail(string room, string item, string breach) =>
        Assert.Contains(breach, Assert.Single(Rooms.Breaches(room, $"<Project><ItemGroup>{item}</ItemGroup></Project>")), StringComparison.Ordinal);

    private static IArchRule Arrow(IObjectProvider<IType> from, Assembly to, string name) =>
        Types().That().Are(from).Should().NotDependOnAny(Types().That().ResideInAssembly(to).As(name)).WithoutRequiringPositiveResults();

    private static string Failure(IArchRule rule) => Assert.ThrowsAny<Exception>(() => rule.Check(House)).Message;
}
