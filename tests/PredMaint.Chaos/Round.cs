using PredMaint.Testing;

namespace PredMaint.Chaos;

/// <summary>
/// One round: (1) topics, readings and workers begin; (2) strikes fall, each after progress since the one before; (3) the
/// readings end, the workers finish them; (4) what was committed is compared with the backtest over the same readings.
/// </summary>
public sealed class Round(ChaosOptions options, RoundOptions round, int number, OwnCluster? cluster, KafkaBroker broker, Journal journal, CancellationToken stop)
{
    /// <summary>Takes in a session that has to end, a transaction that has to be aborted, a broker that starts on a busy machine.</summary>
    private static readonly TimeSpan ProgressDeadline = TimeSpan.FromMinutes(3);

    private readonly string folder = Directory.CreateDirectory(Path.Combine(options.Folder, $"round-{number}")).FullName;
    private readonly Random chance = new(options.Seed * 31 + number);

    /// <exception cref="Xunit.Sdk.XunitException">The round failed; it says why.</exception>
    public async Task<string> RunAsync()
    {
        // (1)
        using var job = new Job(broker, partitions: options.Partitions, more: ReadingFlow.Settings, program: options.Program);
        await job.CreateTopicsAsync();
        File.Copy(job.Configuration, Path.Combine(folder, "c.yaml"), overwrite: true);
        using var fates = options.UseProxy ? new EndTxnFates(broker, options.Seed + number) : null;
        using var stillness = new Stillness(job, options.Partitions);
        await using var watch = new AlertWatch(broker, job.Alerts, options.Partitions);
        await using var flow = new ReadingFlow(broker, job.Readings, options.Machines, options.Seed + number, options.StepsPerSecond);
        await using var crew = new Crew(job, round, fates?.Bootstrap, folder, journal);
        var strikes = new Strikes(options, crew, stillness, cluster, chance, journal);
        journal.Say($"round {number} ({round}): group {job.Group}");
        strikes.Begin();
        var begun = TimeProvider.System.GetTimestamp();

        // (2)
        while (strikes.Kills < round.Kills)
        {
            await ProgressAsync(job, stillness, watch, flow, crew);
            await strikes.StrikeAsync();
        }

        // (3)
        await ProgressAsync(job, stillness, watch, flow, crew);
        await flow.StopAsync();
        journal.Say("the readings have ended");
        if (fates is not null) fates.IsArmed = false;
        await ReachedAsync(job, stillness, crew);
        foreach (var place in crew.Places.ToList()) await crew.StopAsync(place);

        // (4)
        var (readings, alerts) = await JudgeAsync(job, watch);
        return $"round {number} ({round}): {strikes.Summary}{(fates is null ? "" : $", {fates.Summary}")}; {crew.GivenUp} workers gave up; {crew.Restores} partitions taken over, {crew.Replayed} readings replayed; "
            + $"{readings} readings, {alerts} alerts, all as the backtest has them; {TimeProvider.System.GetElapsedTime(begun).TotalSeconds:0} s";
    }

    /// <summary>Waits for a new alert, often for one commit in every partition too, then for some moment.</summary>
    private async Task ProgressAsync(Job job, Stillness stillness, AlertWatch watch, ReadingFlow flow, Crew crew)
    {
        var before = watch.Count;
        await UntilAsync(() => Task.FromResult(flow.Failure is not null || watch.Count > before), "a new alert", crew);
        Assert.True(flow.Failure is null, $"the readings have ceased to flow: {flow.Failure}");
        if (chance.Next(2) == 0)
        {
            await ReachedAsync(job, stillness, crew);
            journal.Say($"all partitions go on; {watch.Count} alerts");
        }
        else journal.Say($"{watch.Count} alerts");
        await crew.ReviveAsync();
        await Task.Delay(TimeSpan.FromSeconds(1.5) * chance.NextDouble(), stop);
    }

    /// <summary>Waits until what is in the topic now has been committed.</summary>
    private async Task ReachedAsync(Job job, Stillness stillness, Crew crew)
    {
        var ends = await job.Broker.EndsAsync(job.Readings);
        await UntilAsync(() => Task.FromResult(stillness.Committed() is { } committed && ends.All(e => e.Value == 0 || committed.GetValueOrDefault(e.Key, -1) >= e.Value)), $"the commit of what is in {job.Readings} now", crew);
    }

    /// <summary>Workers that give up meanwhile are started again.</summary>
    private Task UntilAsync(Func<Task<bool>> condition, string what, Crew crew) => Eventually.TrueAsync(
        async () =>
        {
            stop.ThrowIfCancellationRequested();
            await crew.ReviveAsync();
            return await condition();
        },
        what, ProgressDeadline, crew.Describe);

    private async Task<(int Readings, int Alerts)> JudgeAsync(Job job, AlertWatch watch)
    {
        var expected = await job.BacktestAsync();
        var records = await broker.ReadCommittedAsync(job.Alerts);
        var actual = Alert.Of(records);
        foreach (var name in new[] { "readings.jsonl", "alerts.jsonl" }) File.Copy(job.PathOf(name), Path.Combine(folder, name), overwrite: true);
        await File.WriteAllLinesAsync(Path.Combine(folder, "published.jsonl"), records.Select(r => r.Text()));
        var differences = Verdict.Differences(expected, actual);
        await File.WriteAllLinesAsync(Path.Combine(folder, "differences.txt"), differences);
        Assert.True(differences.Count == 0, $"{expected.Count} alerts expected, {actual.Count} found, {differences.Count} machines differ:\n{string.Join('\n', differences.Take(5))}");
        Assert.True(expected.Count >= round.Kills, $"only {expected.Count} alerts: the readings prove nothing");
        Assert.Empty(await broker.ReadCommittedAsync(job.DeadLetters));
        // What a subscriber was given stays, and nothing came to him twice.
        await Eventually.TrueAsync(() => watch.Count >= records.Count, "the last alert at the subscriber that watched");
        Assert.Equal(records.Select(r => (r.Partition.Value, r.Offset.Value)).Order(), (await watch.StopAsync()).Order());
        return (File.ReadLines(job.PathOf("readings.jsonl")).Count(), actual.Count);
    }
}
