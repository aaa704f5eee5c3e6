using System.Text.Json;
using System.Text.Json.Serialization;

namespace PredMaint.Training.Runs;

/// <summary>What is to be trained on a data scientist's own data.</summary>
/// <param name="Network">Its features and centres are empty until the data is read.</param>
/// <param name="Networks">Taken together in one file.</param>
/// <param name="Epochs">At most.</param>
/// <param name="Patience">Epochs without a better one, after which a network stops.</param>
/// <param name="Condition">Sensor that tells the operating conditions apart; null where there is one condition.</param>
/// <param name="RaiseAt">Null for a limit that follows from the head, or from <paramref name="FalseAlarms"/>.</param>
/// <param name="FalseAlarms">That a machine may raise in 30 days.</param>
internal sealed record RunPlan(DataSource Data, NetworkSpec Network, int Networks, int Epochs, int Patience, int Seed, string? Condition, double? RaiseAt, double FalseAlarms, ModelName Model)
{
    // Shares of the life limit: with the turbofans' 125 cycles, 30 to raise and 5 more to clear.
    private const double RaiseShare = 0.24;
    private const double ClearShare = 0.04;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    /// <summary>Steps of life at which an alert is due.</summary>
    public double LeadTime() => Network.Head switch
    {
        HeadKind.Life when RaiseAt is { } life => life,
        HeadKind.Probability => Network.Horizon,
        _ => Math.Max(1, Math.Round(RaiseShare * Network.LifeLimit)),
    };

    /// <summary>Steps that are added to it before the alert clears.</summary>
    public double ClearMargin() => Math.Max(1, Math.Round(ClearShare * Network.LifeLimit));

    /// <summary>Two thirds of the lead time must be left, and no more than twice of it.</summary>
    public LifeLimits JudgedBy() => new(Network.LifeLimit, (int)Math.Round(LeadTime() * 2 / 3), (int)Math.Round(LeadTime() * 2), Network.Head == HeadKind.Probability ? Network.Horizon : null);

    public string ToJson(Split split) => JsonSerializer.Serialize(new { Plan = this, Machines = new { Fit = NamesOf(split.Fit), Choose = NamesOf(split.Choose), Judge = NamesOf(split.Judge) } }, Json);

    public static string[] NamesOf(IEnumerable<Series> machines) => [.. machines.Select(m => m.Name)];
}
