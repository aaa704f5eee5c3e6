using PredMaint.Core.Settings;

namespace PredMaint.Core.Alerts;

/// <summary>How bad an alert is; the order is that of urgency.</summary>
public enum Severity { Info, Warning, Critical }

/// <summary>"M of the last N scores", 1 &lt;= M &lt;= N &lt;= 64.</summary>
public readonly record struct MOfN(int M, int N)
{
    /// <summary>A window is one 64-bit word.</summary>
    public const int MaxN = 64;

    public static MOfN One => new(1, 1);

    public override string ToString() => $"{M}/{N}";

    /// <summary>Reads <c>3/5</c>.</summary>
    public static bool TryParse(string? text, out MOfN rule)
    {
        rule = One;
        if (text?.Split('/') is not [var left, var right] || !int.TryParse(left, out var m) || !int.TryParse(right, out var n) || m < 1 || m > n || n > MaxN) return false;
        rule = new MOfN(m, n);
        return true;
    }
}

/// <summary>From <paramref name="At"/> on (beyond it, in the direction that raises) an alert is this severe.</summary>
public readonly record struct SeverityLevel(float At, Severity Severity);

/// <summary>When a score raises an alert and when it clears it: contracts.md, "Configuration" and "M of N".</summary>
public sealed record AlertPolicy
{
    /// <summary>Alerts never: for scores whose limits are yet to be chosen.</summary>
    public static AlertPolicy Never { get; } = new() { RaiseAt = float.PositiveInfinity, ClearAt = float.PositiveInfinity };

    /// <summary>Active when score > raiseAt; where <see cref="RaiseBelow"/>, when the median life is below it.</summary>
    public required float RaiseAt { get; init; }

    /// <summary>Clears when score &lt;= clearAt; where <see cref="RaiseBelow"/>, when the median life is at or above it.</summary>
    public required float ClearAt { get; init; }

    public MOfN RaiseAfter { get; init; } = MOfN.One;

    public MOfN ClearAfter { get; init; } = MOfN.One;

    public Severity Severity { get; init; } = Severity.Warning;

    public IReadOnlyList<SeverityLevel> Levels { get; init; } = [];

    /// <summary>True for remaining life: a small value is the bad one.</summary>
    public bool RaiseBelow { get; init; }

    public bool Raises(float score) => Beyond(score, RaiseAt);

    public bool Clears(float score) => RaiseBelow ? score >= ClearAt : score <= ClearAt;

    /// <summary>The severity of the furthest level that the score has passed; the policy's own where it passed none.</summary>
    public Severity SeverityOf(float score)
    {
        var severity = Severity;
        var furthest = RaiseAt;
        foreach (var level in Levels)
        {
            if (!Beyond(score, level.At) || Beyond(furthest, level.At)) continue;
            furthest = level.At;
            severity = level.Severity;
        }
        return severity;
    }

    private bool Beyond(float score, float limit) => RaiseBelow ? score < limit : score > limit;
}

/// <summary>The keys of an alert policy that one place gives; <see cref="Over"/> lays the configuration's over the manifest's.</summary>
public sealed record AlertPolicyKeys
{
    public double? RaiseAt { get; init; }
    public double? ClearAt { get; init; }
    public MOfN? RaiseAfter { get; init; }
    public MOfN? ClearAfter { get; init; }
    public Severity? Severity { get; init; }
    public IReadOnlyList<SeverityLevel>? Levels { get; init; }

    public static AlertPolicyKeys Read(Fields fields)
    {
        var levels = new List<SeverityLevel>();
        foreach (var level in fields.Objects("levels"))
        {
            levels.Add(new SeverityLevel((float)Limit(level, "at"), level.OneOf<Severity>("severity", null)));
            level.Done();
        }
        var keys = new AlertPolicyKeys
        {
            RaiseAt = fields.Has("raiseAt") ? Limit(fields, "raiseAt") : null,
            ClearAt = fields.Has("clearAt") ? Limit(fields, "clearAt") : null,
            RaiseAfter = ReadMOfN(fields, "raiseAfter"),
            ClearAfter = ReadMOfN(fields, "clearAfter"),
            Severity = fields.Has("severity") ? fields.OneOf<Severity>("severity", null) : null,
            Levels = fields.Has("levels") ? levels : null,
        };
        fields.Done();
        return keys;
    }

    /// <summary>These keys where given, else the manifest's.</summary>
    public AlertPolicyKeys Over(AlertPolicyKeys manifest) => new()
    {
        RaiseAt = RaiseAt ?? manifest.RaiseAt,
        ClearAt = ClearAt ?? manifest.ClearAt,
        RaiseAfter = RaiseAfter ?? manifest.RaiseAfter,
        ClearAfter = ClearAfter ?? manifest.ClearAfter,
        Severity = Severity ?? manifest.Severity,
        Levels = Levels ?? manifest.Levels,
    };

    /// <summary>The policy, or null and a mistake each for what is missing or contradicts itself.</summary>
    /// <param name="raiseBelow">True for remaining life.</param>
    /// <param name="where">The path for messages: <c>models[0].alert</c>.</param>
    public AlertPolicy? Build(bool raiseBelow, string where, List<string> mistakes)
    {
        if (RaiseAt is not { } raiseAt)
        {
            mistakes.Add($"{where}.raiseAt: is missing, neither the configuration nor the manifest gives it");
            return null;
        }
        var clearAt = ClearAt ?? raiseAt;
        var before = mistakes.Count;
        if (raiseBelow ? clearAt < raiseAt : clearAt > raiseAt)
            mistakes.Add($"{where}.clearAt: is {clearAt}, must be {(raiseBelow ? "at or above" : "at or below")} raiseAt ({raiseAt}), else every alert would clear at once");
        var own = Severity ?? Alerts.Severity.Warning;
        var severity = own;
        foreach (var level in (Levels ?? []).OrderBy(l => raiseBelow ? -l.At : l.At))
        {
            if (raiseBelow ? level.At > (float)raiseAt : level.At < (float)raiseAt)
                mistakes.Add($"{where}.levels: {level.At} is never reached before raiseAt ({raiseAt}), a level lies beyond it");
            else if (level.Severity < severity)
                mistakes.Add($"{where}.levels: at {level.At} an alert that is {Fields.NameOf(severity)} would become {Fields.NameOf(level.Severity)}, though its score is worse");
            else severity = level.Severity;
        }
        return mistakes.Count > before ? null : new AlertPolicy
        {
            RaiseAt = (float)raiseAt,
            ClearAt = (float)clearAt,
            RaiseAfter = RaiseAfter ?? MOfN.One,
            ClearAfter = ClearAfter ?? MOfN.One,
            Severity = own,
            Levels = Levels ?? [],
            RaiseBelow = raiseBelow,
        };
    }

    // Scores are floats: a limit beyond them would become infinite, which an alert could not say in JSON.
    private static double Limit(Fields fields, string key) => fields.Number(key, null, float.MinValue, float.MaxValue);

    private static MOfN? ReadMOfN(Fields fields, string key)
    {
        if (!fields.Has(key)) return null;
        var text = fields.Text(key, "1/1");
        if (MOfN.TryParse(text, out var rule)) return rule;
        fields.Add(key, $"is \"{text}\", allowed is M/N with 1 <= M <= N <= {MOfN.MaxN}, like 3/5");
        return MOfN.One;
    }
}
