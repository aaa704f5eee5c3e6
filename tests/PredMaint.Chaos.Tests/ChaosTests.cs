using PredMaint.Testing;

namespace PredMaint.Chaos.Tests;

/// <summary>
/// Whatever dies, the committed alerts are the backtest's: none missing, none twice, none out of order. Short runs;
/// <c>make chaos</c> has the long ones.
/// </summary>
[Trait("needs", "kafka")]
public sealed class ChaosTests(KafkaFixture kafka, ITestOutputHelper output)
{
    [Fact]
    public async Task Workers_that_are_killed_frozen_and_stopped_publish_what_a_straight_run_does() =>
        await RunAsync(Options([Strike.KillWorker, Strike.FreezeWorker, Strike.StopWorker, Strike.KillAllWorkers], new RoundOptions(Membership.Classic, Threads: 1, Kills: 3)),
            cluster: null, await kafka.RequireAsync());

    [Fact]
    public async Task So_do_workers_whose_ends_of_transactions_are_lost_and_delayed() =>
        await RunAsync(Options([Strike.Scale, Strike.KillWorker], new RoundOptions(Membership.Static, Threads: 2, Kills: 2)) with { UseProxy = true },
            cluster: null, await kafka.RequireAsync());

    [Fact]
    public async Task So_do_workers_whose_brokers_die_one_after_the_other()
    {
        await using var cluster = await OwnCluster.StartAsync(nodes: 3, ChaosRun.BrokerSettings);
        await RunAsync(Options([Strike.KillBroker, Strike.KillWorker], new RoundOptions(Membership.Consumer, Threads: 2, Kills: 2)), cluster, cluster.Broker);
    }

    private async Task RunAsync(ChaosOptions options, OwnCluster? cluster, KafkaBroker broker)
    {
        await ChaosRun.RunAsync(options, cluster, broker, output.WriteLine, TestContext.Current.CancellationToken);
        // What failed keeps its logs.
        Directory.Delete(options.Folder, recursive: true);
    }

    private static ChaosOptions Options(Strike[] deck, RoundOptions round) => new()
    {
        Seed = Random.Shared.Next(1, 1_000_000), Deck = deck, Rounds = [round], Folder = Directory.CreateTempSubdirectory("predmaint-chaos-").FullName,
    };
}
