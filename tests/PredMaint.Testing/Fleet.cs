using System.Globalization;
using System.Text;

namespace PredMaint.Testing;

/// <summary>
/// Readings of a fleet for the test models: 14 sensors, machines in turn, a reading a second of event time; every tenth
/// machine drifts from its 30th step on. The same for the same seed.
/// </summary>
public static class Fleet
{
    private const int Sensors = 14;
    private const int FirstDriftingStep = 30;

    /// <summary>Event time of step 0.</summary>
    public static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeMilliseconds(1_766_000_000_000);

    public static string Machine(int number) => $"machine-{number:000000}";

    /// <summary>Whole steps of the fleet, each with one reading a machine.</summary>
    public static IEnumerable<(string? Key, string Value)> Readings(int machines, int steps, int fromStep = 0, int seed = 1)
    {
        for (var step = fromStep; step < fromStep + steps; step++)
            for (var machine = 0; machine < machines; machine++)
                yield return (Machine(machine), Reading(machine, step, seed));
    }

    /// <param name="time">Its event time; null for that of the step.</param>
    public static string Reading(int machine, int step, int seed = 1, DateTimeOffset? time = null)
    {
        var noise = Chance(seed, machine, step);
        var wear = machine % 10 == 0 ? Math.Max(0, step - FirstDriftingStep) * 0.02 : 0;
        var json = new StringBuilder(320);
        json.Append(CultureInfo.InvariantCulture, $$"""{"machineId":"{{Machine(machine)}}","timestamp":"{{time ?? Start.AddSeconds(step):yyyy-MM-ddTHH:mm:ss.fffZ}}","values":{""");
        for (var s = 1; s <= Sensors; s++)
        {
            var value = Math.Sin(step * 0.05 * s + machine) + 0.1 * (noise.NextDouble() - 0.5) + wear * (s % 3);
            json.Append(CultureInfo.InvariantCulture, $"{(s > 1 ? "," : "")}\"s{s}\":{value:0.0000}");
        }
        return json.Append("}}").ToString();
    }

    /// <summary>The same numbers for the same three. (The library's own hash codes differ from run to run.)</summary>
    public static Random Chance(int seed, int machine, int step) => new(unchecked((seed * 486_187_739 + machine) * 16_777_619 + step));
}
