using PredMaint.Core.Alerts;

namespace PredMaint.Core.Machines;

/// <summary>
/// The state of a model that this worker does not have, or no longer for this machine: kept as it came, because in a rolling
/// deployment the next owner may have the model.
/// </summary>
public sealed record Orphan(AlertModel Model, ModelState State);
