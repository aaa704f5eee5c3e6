namespace PredMaint.Core.Alerts;

/// <summary>What an alert says of the model behind it. Kept with a machine's state, so that an alert can be cleared whose model is gone.</summary>
/// <param name="Kind">anomaly, failure, quality.</param>
/// <param name="Sha256">Of the model file, lower-case hexadecimal.</param>
public sealed record AlertModel(string Kind, string Name, string Version, string Sha256, float RaiseAt, float ClearAt)
{
    public string NameAndVersion => $"{Name}@{Version}";
}
