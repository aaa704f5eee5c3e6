using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace PredMaint.Tidy.Tests;

/// <summary>The house rules that a compiler does not hold. Each gives one sentence a breach: file, function, number.</summary>
internal static partial class SourceRules
{
    public const int MaxFileLines = 300;
    public const int MaxFunctionLines = 70;

    /// <summary>Of what works in a factory.</summary>
    public const int MaxProductLines = 10_000;

    /// <summary>Of the trainer, a program of its own that nothing depends on.</summary>
    public const int MaxTrainerLines = 4_000;

    /// <summary>The seam to the hardware; any other interface would have a single implementation.</summary>
    private static readonly HashSet<string> AllowedInterfaces = new(StringComparer.Ordinal) { "IModel" };

    public static int Lines(string text) => text.Length == 0 ? 0 : text.AsSpan().Count('\n') + (text[^1] == '\n' ? 0 : 1);

    /// <summary>Neither empty nor a comment from end to end.</summary>
    public static int CodeLines(string text) => text.Split('\n').Select(line => line.Trim()).Count(line => line.Length > 0 && !line.StartsWith("//", StringComparison.Ordinal));

    public static IEnumerable<string> LongFiles(string file, string text)
    {
        var lines = Lines(text);
        if (lines > MaxFileLines) yield return $"{file}: {lines} lines, at most {MaxFileLines} are allowed";
    }

    /// <summary>Methods, constructors, operators, local functions, accessors, lambdas and top-level statements, from their first line to their last.</summary>
    public static IEnumerable<string> LongFunctions(string file, string text)
    {
        var root = CSharpSyntaxTree.ParseText(text).GetCompilationUnitRoot();
        foreach (var node in root.DescendantNodes().Where(IsFunction))
        {
            var lines = LinesBetween(FirstToken(node).GetLocation(), node.GetLocation());
            if (lines > MaxFunctionLines) yield return $"{file}: function {NameOf(node)} has {lines} lines, at most {MaxFunctionLines} are allowed";
        }
        var statements = root.Members.OfType<GlobalStatementSyntax>().Where(s => s.Statement is not LocalFunctionStatementSyntax).ToList();
        if (statements.Count == 0) yield break;
        var topLevel = LinesBetween(statements[0].GetLocation(), statements[^1].GetLocation());
        if (topLevel > MaxFunctionLines) yield return $"{file}: top-level statements have {topLevel} lines, at most {MaxFunctionLines} are allowed";
    }

    public static IEnumerable<string> Interfaces(string file, string text) =>
        CSharpSyntaxTree.ParseText(text).GetRoot().DescendantNodes().OfType<InterfaceDeclarationSyntax>()
            .Where(i => !AllowedInterfaces.Contains(i.Identifier.Text))
            .Select(i => $"{file}: interface {i.Identifier.Text}, only {string.Join(", ", AllowedInterfaces)} is allowed (write the class)");

    public static IEnumerable<string> Leftovers(string file, string text) =>
        Matches(Leftover(), text).Select(m => $"{file}: line {m.Line}: {m.Text} (finish it or leave it out)");

    public static IEnumerable<string> MachinePaths(string file, string text) =>
        Matches(MachinePath(), text).Select(m => $"{file}: line {m.Line}: {m.Text} is a path of one machine");

    private static bool IsFunction(SyntaxNode node) =>
        node is BaseMethodDeclarationSyntax or LocalFunctionStatementSyntax or AccessorDeclarationSyntax or AnonymousFunctionExpressionSyntax
            or PropertyDeclarationSyntax { ExpressionBody: not null } or IndexerDeclarationSyntax { ExpressionBody: not null };

    /// <summary>After the attributes; comments before it are no part of a node's location.</summary>
    private static SyntaxToken FirstToken(SyntaxNode node)
    {
        var attributes = node.ChildNodes().OfType<AttributeListSyntax>().LastOrDefault();
        return attributes is null ? node.GetFirstToken() : attributes.GetLastToken().GetNextToken();
    }

    private static int LinesBetween(Location first, Location last) =>
        last.GetLineSpan().EndLinePosition.Line - first.GetLineSpan().StartLinePosition.Line + 1;

    private static string NameOf(SyntaxNode node) => node switch
    {
        MethodDeclarationSyntax m => m.Identifier.Text,
        ConstructorDeclarationSyntax c => $"{c.Identifier.Text} (constructor)",
        DestructorDeclarationSyntax d => $"~{d.Identifier.Text}",
        OperatorDeclarationSyntax o => $"operator {o.OperatorToken.Text}",
        ConversionOperatorDeclarationSyntax c => $"conversion to {c.Type}",
        LocalFunctionStatementSyntax l => l.Identifier.Text,
        PropertyDeclarationSyntax p => p.Identifier.Text,
        AccessorDeclarationSyntax a => $"{a.Keyword.Text} of {(a.Parent?.Parent as PropertyDeclarationSyntax)?.Identifier.Text ?? "an indexer or event"}",
        IndexerDeclarationSyntax => "this[]",
        _ => $"(lambda at line {node.GetLocation().GetLineSpan().StartLinePosition.Line + 1})",
    };

    private static IEnumerable<(int Line, string Text)> Matches(Regex regex, string text) =>
        regex.Matches(text).Select(m => (text.AsSpan(0, m.Index).Count('\n') + 1, m.Value));

    // Written so that this file does not find itself.
    [GeneratedRegex("""\b(?:TO[D]O|FIX[M]E|HA[C]K|NotImplemented[E]xception)\b""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Leftover();

    [GeneratedRegex("""(?<![\w.~)}/])/(?:work|root|[h]ome|Users)/[\w.][\w./-]*|\b[A-Za-z]:\\Users\\\w+""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MachinePath();
}
