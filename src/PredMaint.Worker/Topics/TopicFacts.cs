namespace PredMaint.Worker.Topics;

/// <summary>A topic as the brokers have it.</summary>
/// <param name="CleanupPolicy">delete, compact, or both with a comma; null where it was not asked for.</param>
public sealed record TopicFacts(string Name, int Partitions, short ReplicationFactor, string? CleanupPolicy = null);
