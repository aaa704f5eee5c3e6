using PredMaint.Testing;

namespace PredMaint.Tidy.Tests;

public sealed class TidyTests
{
    /// <summary>Files that people write; binaries, data and lock files are not among them.</summary>
    private static readonly HashSet<string> TextExtensions = new(StringComparer.Ordinal)
    {
        "", ".cs", ".csproj", ".props", ".targets", ".sln", ".md", ".json", ".yaml", ".yml", ".sh", ".txt", ".proto", ".ts", ".tsx", ".css", ".html", ".py",
    };

    private static readonly HashSet<string> NotOurs = new(StringComparer.Ordinal) { ".git", "bin", "obj", "out", "TestResults", "node_modules" };

    /// <summary>Larger text is data, not a person's hand.</summary>
    private const long MaxTextBytes = 1 << 20;

    [Fact]
    public void Every_file_fits_its_limit_of_lines() => None(Code("src", "tests"), SourceRules.LongFiles);

    [Fact]
    public void Every_function_fits_a_screen() => None(Code("src", "tests"), SourceRules.LongFunctions);

    /// <summary>Lines of code; neither white space nor an explanation makes a product large.</summary>
    [Theory]
    [InlineData(false, SourceRules.MaxProductLines)]
    [InlineData(true, SourceRules.MaxTrainerLines)]
    public void Product_and_trainer_stay_small(bool isTrainer, int most)
    {
        var sizes = Code("src").Where(f => f.Name.StartsWith("src/PredMaint.Training/", StringComparison.Ordinal) == isTrainer).Select(f => (f.Name, Lines: SourceRules.CodeLines(f.Text))).ToList();
        var largest = string.Join(", ", sizes.OrderByDescending(s => s.Lines).Take(5).Select(s => $"{s.Name} {s.Lines}"));
        var total = sizes.Sum(s => s.Lines);
        Assert.True(total < most, $"{total} lines of C#, fewer than {most} are allowed; the largest: {largest}");
    }

    [Fact]
    public void The_only_interface_is_the_seam_to_the_hardware() => None(Code("src"), SourceRules.Interfaces);

    [Fact]
    public void Nothing_is_left_to_do_in_comments() => None(Texts(), SourceRules.Leftovers);

    [Fact]
    public void No_text_names_a_path_of_one_machine() => None(Texts(), SourceRules.MachinePaths);

    [Fact]
    public void The_walk_finds_the_code_and_leaves_out_what_was_generated()
    {
        var names = Code("src", "tests").Select(f => f.Name).ToList();
        Assert.Contains("src/PredMaint.Core/Models/IModel.cs", names);
        Assert.Contains("tests/PredMaint.Tidy.Tests/TidyTests.cs", names);
        Assert.DoesNotContain(names, n => n.Contains("/obj/", StringComparison.Ordinal));
        Assert.Contains(Texts(), f => f.Name == "Makefile");
    }

    private static void None(IEnumerable<(string Name, string Text)> files, Func<string, string, IEnumerable<string>> rule)
    {
        var breaches = files.SelectMany(f => rule(f.Name, f.Text)).ToList();
        Assert.True(breaches.Count == 0, string.Join('\n', breaches));
    }

    private static IEnumerable<(string Name, string Text)> Code(params string[] folders) =>
        Texts().Where(f => f.Name.EndsWith(".cs", StringComparison.Ordinal) && folders.Any(d => f.Name.StartsWith(d + "/", StringComparison.Ordinal)));

    private static IEnumerable<(string Name, string Text)> Texts() =>
        Walk(new DirectoryInfo(Repository.Root))
            .Where(f => TextExtensions.Contains(f.Extension) && f.Length <= MaxTextBytes)
            .Select(f => (Path.GetRelativePath(Repository.Root, f.FullName).Replace('\\', '/'), File.ReadAllText(f.FullName)));

    private static IEnumerable<FileInfo> Walk(DirectoryInfo folder) =>
        folder.EnumerateFiles().Where(f => f.Name != ".git")
            .Concat(folder.EnumerateDirectories().Where(d => !NotOurs.Contains(d.Name)).SelectMany(Walk));
}
