using PredMaint.Core.Machines;

namespace PredMaint.Worker.Line;

/// <summary>A partition on its way from its assignment to being live.</summary>
/// <param name="since">When it was assigned.</param>
/// <param name="isSecond">The first attempt has met a contradiction.</param>
internal sealed class Restoring(PartitionTask task, long since, bool isSecond)
{
    public PartitionTask Task => task;
    public long Since { get; } = since;
    public bool IsSecond => isSecond;

    /// <summary>When something came of it last.</summary>
    public long Heard { get; set; } = since;
    public bool IsHeld { get; set; }
    public PartitionFacts? Facts { get; set; }
    public long Records { get; set; }
    public long StateOffset { get; set; }
    public bool IsRead { get; set; }
    public long? From { get; set; }

    /// <summary>From 0 to 1: of its state that is read.</summary>
    public double StateShare => (double)StateOffset / Math.Max(1, Facts?.StateEnd ?? 1);

    /// <summary>From 0 to 1: of its readings that are replayed.</summary>
    public double ReplayShare => (double)(Task.Position - From!.Value) / Math.Max(1, Task.LiveFrom - From.Value);
}
