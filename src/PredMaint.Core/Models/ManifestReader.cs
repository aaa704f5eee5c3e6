using PredMaint.Core.Alerts;
using PredMaint.Core.Settings;

namespace PredMaint.Core.Models;

/// <summary>Builds a <see cref="ModelManifest"/> from its JSON, all mistakes at once.</summary>
internal static class ManifestReader
{
    private const string InputLetters = "TBF";
    private const string StateLetters = "TBFLH";

    public static ModelManifest? Read(Fields fields)
    {
        var before = fields.Mistakes.Count;
        var input = fields.Object("input", required: true);
        var manifest = new ModelManifest
        {
            Name = Name(fields, "name"),
            Version = Name(fields, "version"),
            Kind = fields.OneOf<ModelKind>("kind", null),
            Mode = fields.OneOf<ModelMode>("mode", null),
            Features = fields.Texts("features", required: true),
            Optional = fields.Texts("optional"),
            Input = new TensorSpec(input.Text("name"), Layout(input, "layout", InputLetters)),
            States = [.. fields.Objects("states").Select(State)],
            Outputs = Outputs(fields.Object("outputs", required: true)),
            Quantiles = fields.Numbers("quantiles"),
            Bins = fields.Numbers("bins"),
            Unit = fields.Text("unit", ""),
            Steps = fields.Integer("steps", 1, 1, ModelManifest.MaxSteps),
            Warmup = fields.Integer("warmup", 0, 0, 1_000_000),
            Alert = AlertPolicyKeys.Read(fields.Object("alert")),
            Trained = fields.Any("trained")?.DeepClone(),
        };
        input.Done();
        fields.Done();
        CheckFeatures(manifest, fields);
        CheckMode(manifest, fields);
        CheckOutputs(manifest, fields);
        return fields.Mistakes.Count == before ? manifest : null;
    }

    private static string Name(Fields fields, string key)
    {
        var before = fields.Mistakes.Count;
        var text = fields.Text(key);
        if (fields.Mistakes.Count == before && (text.Length is 0 or > 100 || text.AsSpan().IndexOfAny("|@") >= 0))
            fields.Add(key, "must be 1 to 100 characters without | and @ (they delimit the parts of an alert's id)");
        return text;
    }

    private static StateSpec State(Fields fields)
    {
        var state = new StateSpec(fields.Text("input"), fields.Text("output"), Layout(fields, "layout", StateLetters));
        fields.Done();
        return state;
    }

    private static string Layout(Fields fields, string key, string letters)
    {
        var before = fields.Mistakes.Count;
        var layout = fields.Text(key);
        if (fields.Mistakes.Count == before && (layout.Count(c => c == 'B') != 1 || layout.Distinct().Count() != layout.Length || layout.AsSpan().IndexOfAnyExcept(letters) >= 0))
            fields.Add(key, $"is \"{layout}\", allowed are the letters {string.Join(" ", letters.ToCharArray())}, each once at most, B among them");
        return layout;
    }

    private static OutputNames Outputs(Fields fields)
    {
        string? Optional(string key) => fields.Has(key) ? fields.Text(key) : null;
        var names = new OutputNames
        {
            Score = Optional("score"),
            Probability = Optional("probability"),
            Rul = Optional("rul"),
            Histogram = Optional("histogram"),
            Forecast = Optional("forecast"),
            Spread = Optional("spread"),
            Expected = Optional("expected"),
            Contribution = Optional("contribution"),
        };
        fields.Done();
        return names;
    }

    private static void CheckFeatures(ModelManifest m, Fields fields)
    {
        if (m.Features.Count > ModelManifest.MaxFeatures) fields.Add("features", $"are {m.Features.Count}, allowed are {ModelManifest.MaxFeatures}");
        else if (m.Steps * m.Features.Count > ModelManifest.MaxWindow) fields.Add("steps", $"times features is {m.Steps * m.Features.Count}, allowed are {ModelManifest.MaxWindow}");
        foreach (var twice in m.Features.GroupBy(f => f, StringComparer.Ordinal).Where(g => g.Count() > 1))
            fields.Add("features", $"names {twice.Key} twice");
        foreach (var unknown in m.Optional.Except(m.Features, StringComparer.Ordinal)) fields.Add("optional", $"names {unknown}, which is no feature");
    }

    private static void CheckMode(ModelManifest m, Fields fields)
    {
        if (m.Mode == ModelMode.Window && m.States.Count > 0) fields.Add("states", "belong to mode stateful, a window model has none");
        if (m.Mode == ModelMode.Stateful && m.States.Count == 0) fields.Add("states", "are missing, mode stateful needs at least one");
        if (m.Mode == ModelMode.Stateful && m.Steps != 1) fields.Add("steps", "must be 1 in mode stateful, which takes one step at a time");
        if (m.Input.Layout.Length > 0 && !m.Input.Layout.Contains('F', StringComparison.Ordinal)) fields.Add("input.layout", "lacks F, the features");
        if (m.Steps > 1 && m.Input.Layout.Length > 0 && !m.Input.Layout.Contains('T', StringComparison.Ordinal)) fields.Add("input.layout", $"lacks T, but steps is {m.Steps}");
        if (!m.States.Select(s => s.Input).Append(m.Input.Name).IsDistinct()) fields.Add("states", "two inputs have the same name");
        if (!m.States.Select(s => s.Output).IsDistinct()) fields.Add("states", "two states come from the same output");
    }

    private static void CheckOutputs(ModelManifest m, Fields fields)
    {
        var o = m.Outputs;
        if (o.Score is null && o.Probability is null && !m.HasRul && o.Forecast is null)
            fields.Add("outputs", "needs one of score, probability, rul, histogram, forecast, else nothing could alert");
        if (o.Rul is not null && o.Histogram is not null) fields.Add("outputs", "rul and histogram exclude each other");
        if (o.Rul is not null && !m.Quantiles.Contains(0.5)) fields.Add("quantiles", "must hold 0.5 where rul is an output, the median is the score");
        if (!Ascending(m.Quantiles) || m.Quantiles.Any(q => q is <= 0 or >= 1)) fields.Add("quantiles", "must be ascending, between 0 and 1");
        if (o.Histogram is not null && m.Bins.Count < 2) fields.Add("bins", "are missing (centres of the histogram's bins, two or more)");
        if (!Ascending(m.Bins)) fields.Add("bins", "must be ascending");
        if (o.Spread is not null && o.Forecast is null) fields.Add("outputs.spread", "needs forecast");
        if (o.Forecast is not null && o.Spread is null) fields.Add("outputs.spread", "is missing, a forecast is judged by its spread");
        if (o.Contribution is not null && o.Score is null) fields.Add("outputs.contribution", "needs score, a forecast's contributions follow from its errors");
    }

    private static bool Ascending(IReadOnlyList<double> values) => values.Zip(values.Skip(1)).All(p => p.First < p.Second);

    private static bool IsDistinct(this IEnumerable<string> names)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return names.All(seen.Add);
    }
}
