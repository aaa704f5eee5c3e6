using PredMaint.Testing;

namespace PredMaint.Chaos;

/// <summary>Rounds of chaos on one cluster.</summary>
public static class ChaosRun
{
    /// <summary>Sessions as short as the classic protocol's; a killed worker's open transaction is looked for every second.</summary>
    public const string BrokerSettings = "transaction.abort.timed.out.transaction.cleanup.interval.ms=1000;group.consumer.min.session.timeout.ms=6000;group.consumer.session.timeout.ms=6000;"
        + "group.consumer.min.heartbeat.interval.ms=1000;group.consumer.heartbeat.interval.ms=1000";

    /// <param name="cluster">Brokers that may be killed; null where they may not.</param>
    /// <returns>A sentence for each round.</returns>
    /// <exception cref="ChaosException">A round failed.</exception>
    public static async Task<IReadOnlyList<string>> RunAsync(ChaosOptions options, OwnCluster? cluster, KafkaBroker broker, Action<string> say, CancellationToken stop = default)
    {
        Directory.CreateDirectory(options.Folder);
        using var journal = new Journal(options.Folder, say);
        journal.Say($"seed {options.Seed}, {cluster?.Nodes.ToString() ?? "given"} broker(s) at {broker.Bootstrap}, logs in {options.Folder}");
        List<string> summaries = [];
        foreach (var round in options.Rounds)
        {
            try
            {
                summaries.Add(await new Round(options, round, summaries.Count + 1, cluster, broker, journal, stop).RunAsync());
                journal.Say(summaries[^1]);
            }
#pragma warning disable CA1031 // Whatever ended the round, the logs are kept and the seed is said.
            catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
            {
                KeepBrokerLogs(cluster, options.Folder);
                var message = $"seed {options.Seed}, round {summaries.Count + 1} ({round}) failed: {(e is Xunit.Sdk.IAssertionException ? e.Message : e)}\nlogs in {options.Folder}";
                journal.Say(message);
                throw new ChaosException(message, e);
            }
        }
        return summaries;
    }

    private static void KeepBrokerLogs(OwnCluster? cluster, string folder)
    {
        if (cluster is null) return;
        foreach (var log in Directory.EnumerateFiles(cluster.Folder, "broker.log", SearchOption.AllDirectories))
            File.Copy(log, Path.Combine(folder, $"broker-{Path.GetFileName(Path.GetDirectoryName(log))}.log"), overwrite: true);
    }
}

/// <summary>Alerts differ, or something did not recover.</summary>
public sealed class ChaosException(string message, Exception cause) : Exception(message, cause);
