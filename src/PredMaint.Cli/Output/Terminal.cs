using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Spectre.Console;

namespace PredMaint.Cli.Output;

/// <summary>Results go to standard output, everything about them to standard error. Colours and tables only on a terminal.</summary>
internal static class Terminal
{
    /// <summary>Texts of others longer than this would only push the rest off the screen.</summary>
    private const int MaxText = 200;

    /// <summary>Readable for people, and without anything that a terminal would obey.</summary>
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = Encoder() };

    public static readonly JsonSerializerOptions IndentedJson = new(Json) { WriteIndented = true };

    public static IAnsiConsole Out { get; } = AnsiConsole.Console;

    public static IAnsiConsole Error { get; } = AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new AnsiConsoleOutput(Console.Error),
        Ansi = Console.IsErrorRedirected ? AnsiSupport.No : AnsiSupport.Detect,
        Interactive = Console.IsErrorRedirected ? InteractionSupport.No : InteractionSupport.Detect,
    });

    public static bool IsOutput => !Console.IsOutputRedirected;

    public static bool IsError => !Console.IsErrorRedirected;

    /// <summary>Lists what must be mended.</summary>
    public static int Mistakes(IEnumerable<string> mistakes)
    {
        foreach (var mistake in mistakes) Console.Error.WriteLine($"predmaint: {Plain(mistake)}");
        return ExitCodes.Wrong;
    }

    public static int Failure(string message)
    {
        Console.Error.WriteLine($"predmaint: {Plain(message)}");
        return ExitCodes.Failed;
    }

    public static void Note(string message) => Console.Error.WriteLine(Plain(message));

    /// <summary>Names and values, one under the other.</summary>
    public static void Rows(IReadOnlyList<(string Name, string Value)> rows)
    {
        var width = rows.Max(r => r.Name.Length);
        foreach (var (name, value) in rows) Console.Out.WriteLine($"{name.PadRight(width)}  {Plain(value)}");
    }

    /// <summary>Numbers under their heads, right-aligned.</summary>
    public static void Table(IReadOnlyList<string> heads, IReadOnlyList<string[]> rows)
    {
        var widths = heads.Select((h, i) => Math.Max(h.Length, rows.Count == 0 ? 0 : rows.Max(r => r[i].Length))).ToList();
        foreach (var row in rows.Prepend([.. heads])) Console.Out.WriteLine(string.Join("  ", row.Select((cell, i) => cell.PadLeft(widths[i]))));
    }

    public static void WriteJson<T>(T value) => Console.Out.WriteLine(JsonSerializer.Serialize(value, IndentedJson));

    public static void WriteJsonLine<T>(T value) => Console.Out.WriteLine(JsonSerializer.Serialize(value, Json));

    /// <summary>A text of others as a cell: no control character, no markup, of bounded length.</summary>
    public static Text Cell(string text, Style? style = null)
    {
        var plain = Plain(text);
        return new Text(plain.Length > MaxText ? $"{plain[..MaxText]}..." : plain, style);
    }

    /// <summary>Control, formatting (such as right-to-left overrides) and broken characters as their code.</summary>
    public static string Plain(string text)
    {
        if (!text.EnumerateRunes().Any(Unsafe)) return text;
        var plain = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            if (Unsafe(rune)) plain.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:X4}");
            else plain.Append(rune.ToString());
        return plain.ToString();
    }

    /// <summary>Every script stays readable; general punctuation, where the characters that turn the direction are, is escaped.</summary>
    private static JavaScriptEncoder Encoder()
    {
        var settings = new TextEncoderSettings(UnicodeRanges.All);
        settings.ForbidRange(UnicodeRanges.GeneralPunctuation);
        return JavaScriptEncoder.Create(settings);
    }

    private static bool Unsafe(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate;
}
