namespace PredMaint.Core.Machines;

/// <summary>
/// Judges a step by the forecast of the step before: z_i = (x_i - f_i) / max(spread_i, 1e-6) over the sensors really
/// present; the score is the root of the mean of z_i squared.
/// </summary>
internal static class ForecastError
{
    private const float MinSpread = 1e-6f;

    /// <summary>Null where there is no forecast yet or no sensor to judge it by.</summary>
    public static float? Score(StepBatch steps, int step, ReadOnlySpan<int> sensorOf, ModelState state)
    {
        if (!state.HasForecast) return null;
        var (sum, count) = (0.0, 0);
        for (var f = 0; f < sensorOf.Length; f++)
        {
            if (!steps.IsPresent(step, sensorOf[f])) continue;
            sum += Squared(steps, step, sensorOf[f], state, f);
            count++;
        }
        return count == 0 ? null : (float)Math.Sqrt(sum / count);
    }

    /// <summary>z squared of one feature; 0 where the sensor is not present.</summary>
    public static double Squared(StepBatch steps, int step, int sensor, ModelState state, int feature)
    {
        if (!steps.IsPresent(step, sensor)) return 0;
        var spread = state.Forecast[state.Forecast.Length / 2 + feature];
        // Not Math.Max: a spread that is NaN must make the score NaN, and one of 0 must not.
        var z = ((double)steps.Values(step)[sensor] - state.Forecast[feature]) / (spread < MinSpread ? MinSpread : spread);
        return z * z;
    }
}
