namespace PredMaint.Core.Models;

/// <summary>A state tensor around its batch dimension: row i of a batch of b is <c>[o, i, 0..Inner)</c> for each o of Outer.</summary>
public readonly record struct StateShape(int Outer, int Inner)
{
    /// <summary>Floats a machine.</summary>
    public int Length => Outer * Inner;
}

/// <summary>What the graph fixes and the manifest does not say.</summary>
/// <param name="States">In the manifest's order.</param>
/// <param name="FixedBatch">The batch size where the graph was exported with a fixed one; 0 where it is free.</param>
public sealed record ModelShape(IReadOnlyList<StateShape> States, int FixedBatch = 0)
{
    /// <summary>Floats of recurrent state a machine.</summary>
    public int StateLength => States.Sum(s => s.Length);
}
