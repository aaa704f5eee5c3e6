using PredMaint.Core.Snapshots;

namespace PredMaint.Core.Tests.Snapshots;

public sealed class ControlRecordTests
{
    private static readonly ControlRecord Some = new(World.Topics, Position: 7, ReplayFrom: 3, ReplayClockUs: 11, CommandsPosition: 2, ClockUs: 13);

    [Fact]
    public void What_is_written_is_read() => Assert.Equal(Some, ControlRecord.Read(Some.Write()));

    /// <summary>It knew the id of the readings topic alone: whatever the others are now is no contradiction.</summary>
    [Fact]
    public void What_version_1_wrote_is_read_and_contradicts_no_other_state_topic()
    {
        var writer = new StateWriter();
        writer.Begin(1);
        writer.Raw(World.Topics.Readings.ToByteArray(bigEndian: true));
        foreach (var value in new long[] { 7, 3, 11, 2, 13 }) writer.Long(value);
        var read = ControlRecord.Read(writer.End());
        Assert.Equal(Some with { Topics = new TopicIds(World.Topics.Readings, Guid.Empty, Guid.Empty) }, read);
        Assert.Null(read.Topics.Contradiction(World.Topics));
        Assert.True(read.Topics.HasCommandsOf(World.Topics));
    }
}
