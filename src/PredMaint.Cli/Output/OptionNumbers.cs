using System.CommandLine.Parsing;
using System.Globalization;

namespace PredMaint.Cli.Output;

/// <summary>For validators, which must not ask the parser for a number that may be none: it would throw.</summary>
internal static class OptionNumbers
{
    /// <summary>What was given; null where nothing was, or no such number, of which the parser complains itself.</summary>
    public static T? Number<T>(this OptionResult result) where T : struct, IParsable<T> =>
        result.Tokens is [var token] && T.TryParse(token.Value, CultureInfo.InvariantCulture, out var number) ? number : null;
}
