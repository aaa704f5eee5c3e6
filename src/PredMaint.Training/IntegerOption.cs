using System.CommandLine;
using System.Globalization;

namespace PredMaint.Training;

/// <summary>An option that takes a whole number within limits.</summary>
internal static class IntegerOption
{
    public static Option<int> Create(string name, string description, int fallback, int min = 1, int max = 100_000)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => fallback };
        // What is no number at all the parser complains of itself.
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, CultureInfo.InvariantCulture, out var number) && (number < min || number > max)) result.AddError($"{name} must be {min} to {max}");
        });
        return option;
    }
}
