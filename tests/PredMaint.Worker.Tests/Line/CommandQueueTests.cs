using System.Reflection;
using System.Text;
using Confluent.Kafka;
using Microsoft.Extensions.Time.Testing;
using PredMaint.Core.Machines;
using PredMaint.Core.Models;
using PredMaint.Core.Readings;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Line;
using PredMaint.Worker.Telemetry;
using PredMaint.Worker.Tests.Configuration;

namespace PredMaint.Worker.Tests.Line;

/// <summary>When a command's turn is. What is carried out moves the task's position in the commands.</summary>
public sealed class CommandQueueTests : IDisposable
{
    private const int Partition = 3;

    private static readonly TimeSpan FetchWait = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider time = new();
    private readonly Place place;
    private readonly IConsumer<Ignore, Ignore> consumer = DispatchProxy.Create<IConsumer<Ignore, Ignore>, Place>();
    private readonly ConfigurationFolder folder = new();
    private readonly IReadOnlyList<ModelEntry> models;
    private readonly PartitionTask task;
    private readonly Dictionary<int, PartitionTask> tasks = [];
    private readonly Dictionary<int, PartitionStatus> owned = new() { [Partition] = new PartitionStatus(Partition) };
    private readonly CommandQueue queue;

    public CommandQueueTests()
    {
        place = (Place)(object)consumer;
        var yaml = ConfigurationFolder.Minimal.Replace("m.onnx", WorkerJob.Model, StringComparison.Ordinal);
        var (options, entries, _) = ConfigurationLoader.LoadWithModels(folder.Write("c.yaml", yaml), [], new Dictionary<string, string>(StringComparer.Ordinal), _ => { });
        models = entries!;
        task = new PartitionTask(Partition, options!.TaskSettings(), new Scorer(models, Scorer.SensorsOf(models), options.Readings, 1, new TaskCounters()));
        tasks.Add(Partition, task);
        queue = new CommandQueue("readings", FetchWait, time);
        task.Start(new StartFacts(default, Committed: null, First: 0, StartAt: 10));
    }

    [Fact]
    public void It_comes_before_the_first_reading_that_was_sent_after_it()
    {
        Add(offset: 0, sentMs: 100);
        Add(offset: 1, sentMs: 200);
        foreach (var (offset, sentMs, carriedOut) in new[] { (10L, 99L, 0L), (11, 100, 0), (12, 101, 1), (13, 150, 1), (14, 300, 2) })
        {
            queue.CarryOutBefore(Reading(offset, sentMs), task);
            Assert.Equal(carriedOut, task.CommandsPosition);
            task.Add(Reading(offset, sentMs));
        }
    }

    [Fact]
    public void Of_a_replay_it_comes_before_nothing()
    {
        Add(offset: 0, sentMs: 100);
        queue.CarryOutBefore(Reading(offset: 9, sentMs: 500), task);
        Assert.Equal(0, task.CommandsPosition);
    }

    [Fact]
    public void Without_a_younger_reading_it_waits_for_the_end_that_a_fetch_after_it_has_told()
    {
        // What the client knew before is old: it may have been held up.
        (place.High, place.Position, owned[Partition].End) = (20, 20, 20);
        Add(offset: 0, sentMs: 100);
        CarriesOut(0);
        place.High = 30;
        time.Advance(FetchWait);
        CarriesOut(0);
        // Readings flow without a pause, and the end moves on.
        (place.High, place.Position) = (40, 29);
        CarriesOut(0);
        place.Position = 30;
        CarriesOut(1);
    }

    [Fact]
    public void What_the_end_has_behind_the_last_reading_is_no_matter()
    {
        Add(offset: 0, sentMs: 100);
        time.Advance(FetchWait);
        (place.High, place.Position) = (30, 29);
        CarriesOut(0);
        owned[Partition].End = 30;
        CarriesOut(1);
    }

    [Fact]
    public void One_that_came_too_late_for_an_end_waits_for_the_next()
    {
        Add(offset: 0, sentMs: null);
        time.Advance(FetchWait);
        (place.High, place.Position) = (30, 20);
        CarriesOut(0);
        Add(offset: 1, sentMs: null);
        (place.High, place.Position) = (40, 30);
        CarriesOut(1);
        time.Advance(FetchWait);
        CarriesOut(1);
        place.Position = 40;
        CarriesOut(2);
    }

    [Fact]
    public void It_goes_with_its_partition_and_waits_while_nothing_was_fetched()
    {
        Add(offset: 0, sentMs: 100);
        time.Advance(FetchWait);
        CarriesOut(0);
        queue.Remove(Partition);
        (place.High, place.Position) = (30, 30);
        CarriesOut(0);
        queue.CarryOutBefore(Reading(offset: 10, sentMs: 500), task);
        Assert.Equal(0, task.CommandsPosition);
    }

    [Fact]
    public void It_is_full_by_bytes_and_no_longer_when_they_are_gone()
    {
        var oversized = new byte[1 << 20];
        for (var offset = 0; !queue.IsFull; offset++)
        {
            Assert.True(offset < 100_000, "never full");
            Add(offset, sentMs: 100, oversized);
        }
        queue.CarryOutBefore(Reading(offset: 10, sentMs: 500), task);
        Assert.False(queue.IsFull);
        for (var offset = 0; !queue.IsFull; offset++) Add(offset, sentMs: 100, oversized);
        queue.Remove(Partition);
        Assert.False(queue.IsFull);
    }

    public void Dispose()
    {
        foreach (var entry in models) entry.Model.Dispose();
        folder.Dispose();
    }

    /// <summary>Up to this position in the commands.</summary>
    private void CarriesOut(long position)
    {
        queue.CarryOut(consumer, tasks, owned);
        Assert.Equal(position, task.CommandsPosition);
    }

    private void Add(long offset, long? sentMs, byte[]? value = null) => queue.Add(new ConsumeResult<byte[], byte[]>
    {
        Partition = Partition,
        Offset = offset,
        Message = new Message<byte[], byte[]>
        {
            Key = "m"u8.ToArray(), Value = value ?? Encoding.UTF8.GetBytes("no command"),
            Timestamp = sentMs is { } ms ? new Timestamp(ms, TimestampType.CreateTime) : default,
        },
    });

    private static Reading Reading(long offset, long sentMs)
    {
        var reading = new Reading(0);
        WideJsonDecoder.DecodeKey([], isNull: true, reading);
        (reading.Partition, reading.Offset, reading.RecordTimeUs) = (Partition, offset, sentMs * 1000);
        return reading;
    }

    /// <summary>Where a consumer is, and where it knows the end to be.</summary>
    public class Place : DispatchProxy
    {
        public Offset High { get; set; } = Offset.Unset;

        public Offset Position { get; set; } = Offset.Unset;

        protected override object Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
        {
            nameof(IConsumer<,>.Position) => Position,
            nameof(IConsumer<,>.GetWatermarkOffsets) => new WatermarkOffsets(0, High),
            var other => throw new NotSupportedException(other),
        };
    }
}
