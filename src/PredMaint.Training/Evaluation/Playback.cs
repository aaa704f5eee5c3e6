using PredMaint.Core.Models;
using PredMaint.Training.Data;

namespace PredMaint.Training.Evaluation;

/// <summary>What a model said at each cycle of one engine; rows as the model's outputs have them, empty where it has none.</summary>
/// <param name="Rul">[cycles, quantiles].</param>
/// <param name="Expected">[cycles, 1], expected remaining life.</param>
/// <param name="Forecast">[cycles, features], of the cycle that follows.</param>
/// <param name="Spread">[cycles, features].</param>
internal sealed record Trace(Engine Engine, float[] Rul, float[] Expected, float[] Forecast, float[] Spread)
{
    /// <summary>Quantiles of remaining life at a cycle.</summary>
    public ReadOnlySpan<float> RulAt(int cycle) => Rul.AsSpan()[(Rul.Length / Engine.Cycles * cycle)..(Rul.Length / Engine.Cycles * (cycle + 1))];

    public float MedianAt(int cycle) => RulAt(cycle)[Rul.Length / Engine.Cycles / 2];
}

/// <summary>Plays whole engines through a stateful model, a cycle at a time from zero state, as the product does.</summary>
internal static class Playback
{
    public static IReadOnlyList<Trace> Run(IModel model, IReadOnlyList<Engine> engines)
    {
        var buffers = model.CreateBuffers(engines.Count);
        var size = buffers.SizeFor(engines.Count);
        var traces = engines.Select(e => new Trace(e, Rows(e, buffers.Rul, size), Rows(e, buffers.Expected, size),
            Rows(e, buffers.Forecast, size), Rows(e, buffers.Spread, size))).ToList();
        var state = new float[model.Shape.StateLength];
        var steps = engines.Max(e => e.Cycles);
        for (var t = 0; t < steps; t++)
        {
            for (var row = 0; row < engines.Count; row++)
            {
                if (t < engines[row].Cycles) buffers.SetStep(size, row, 0, engines[row].Reading(t));
                if (t == 0) continue;
                buffers.GetState(size, row, state);
                buffers.SetState(size, row, state);
            }
            model.Run(buffers, size);
            for (var row = 0; row < engines.Count; row++)
            {
                if (t >= engines[row].Cycles) continue;
                Copy(buffers.Rul, traces[row].Rul, row, t, engines[row].Cycles);
                Copy(buffers.Expected, traces[row].Expected, row, t, engines[row].Cycles);
                Copy(buffers.Forecast, traces[row].Forecast, row, t, engines[row].Cycles);
                Copy(buffers.Spread, traces[row].Spread, row, t, engines[row].Cycles);
            }
        }
        return traces;
    }

    private static float[] Rows(Engine engine, float[] output, int rows) => new float[engine.Cycles * (output.Length / rows)];

    private static void Copy(float[] output, float[] trace, int row, int cycle, int cycles)
    {
        var width = trace.Length / cycles;
        output.AsSpan(row * width, width).CopyTo(trace.AsSpan(cycle * width));
    }
}
