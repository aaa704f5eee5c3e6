using System.Diagnostics;
using Confluent.Kafka;

namespace PredMaint.Testing;

/// <summary>Watches how long each partition's committed offset stands still, while readings flow to all of them.</summary>
public sealed class StandstillWatch : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource stop = new();
    private readonly Dictionary<int, (long Offset, long Since, TimeSpan Longest)> partitions = [];
    private readonly Task work;

    public StandstillWatch(KafkaBroker broker, string group, string topic, int count) => work = Task.Run(() => WatchAsync(broker, group, topic, count));

    /// <summary>By partition, the longest from one progress to the next.</summary>
    public async Task<IReadOnlyDictionary<int, TimeSpan>> EndAsync()
    {
        await stop.CancelAsync();
        await work;
        return partitions.ToDictionary(p => p.Key, p => p.Value.Longest);
    }

    public async ValueTask DisposeAsync()
    {
        if (!stop.IsCancellationRequested) await EndAsync();
        stop.Dispose();
    }

    private async Task WatchAsync(KafkaBroker broker, string group, string topic, int count)
    {
        using var outsider = GroupOffsets.Outsider(broker, group);
        while (!stop.IsCancellationRequested)
        {
            var committed = GroupOffsets.Committed(outsider, topic, Enumerable.Range(0, count));
            var now = Stopwatch.GetTimestamp();
            for (var p = 0; p < count; p++)
            {
                var offset = committed?.GetValueOrDefault(p, -1) ?? -1;
                var (before, since, longest) = partitions.GetValueOrDefault(p, (-1, now, TimeSpan.Zero));
                var still = Stopwatch.GetElapsedTime(since, now);
                partitions[p] = (Math.Max(before, offset), offset > before ? now : since, still > longest ? still : longest);
            }
            await Task.Delay(Every, CancellationToken.None);
        }
    }
}
