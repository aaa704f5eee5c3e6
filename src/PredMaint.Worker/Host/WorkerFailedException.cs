namespace PredMaint.Worker.Host;

/// <summary>Why a worker could not go on.</summary>
public sealed class WorkerFailedException(string message, Exception? cause = null) : Exception(message, cause);
