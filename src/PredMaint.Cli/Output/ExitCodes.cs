namespace PredMaint.Cli.Output;

internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>Failed while running.</summary>
    public const int Failed = 1;

    /// <summary>Wrong usage, configuration, model or topics.</summary>
    public const int Wrong = 2;
}

/// <summary>The user must change something; every mistake is listed.</summary>
internal sealed class WrongConfigurationException(IReadOnlyList<string> mistakes) : Exception(string.Join(Environment.NewLine, mistakes))
{
    public IReadOnlyList<string> Mistakes => mistakes;
}
