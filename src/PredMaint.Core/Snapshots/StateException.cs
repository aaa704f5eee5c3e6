namespace PredMaint.Core.Snapshots;

/// <summary>What the state topic says cannot be used, or contradicts what the group has committed. It is never guessed away.</summary>
public sealed class StateException(string message) : Exception(message);
