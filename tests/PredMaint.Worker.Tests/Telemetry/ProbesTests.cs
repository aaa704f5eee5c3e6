using Microsoft.Extensions.Time.Testing;
using PredMaint.Core.Readings;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Telemetry;

namespace PredMaint.Worker.Tests.Telemetry;

/// <summary>What Kubernetes is told: started, ready, alive, and why not.</summary>
public sealed class ProbesTests
{
    private readonly FakeTimeProvider time = new(DateTimeOffset.UnixEpoch.AddYears(56));
    private readonly LineStatus[] lines = [new(0), new(1)];
    private readonly Probes probes;

    public ProbesTests() => probes = new Probes(Options(), lines, time);

    [Fact]
    public void Before_its_lines_begin_a_worker_waits_for_the_brokers_and_is_alive_however_long_it_takes()
    {
        time.Advance(TimeSpan.FromDays(1));
        Assert.Equal((false, "waits for the brokers"), Said(probes.Readiness()));
        Assert.Equal((false, "0 % restored; waits for the brokers"), Said(probes.Startup()));
        Assert.Equal((true, "alive"), Said(probes.Liveness()));
    }

    [Fact]
    public void It_has_started_when_all_that_it_owns_was_live_once_and_tells_how_far_it_is()
    {
        Begin();
        Assert.Equal((false, "0 % restored; line 0: waits for the group to say which partitions it owns; line 1: waits for the group to say which partitions it owns"), Said(probes.Startup()));
        foreach (var line in lines) line.Assigned(time.GetTimestamp());
        var (one, two) = (lines[0].Add(3), lines[1].Add(4));
        (one.Restored, two.Restored) = (0.5, 1);
        Assert.Equal((false, "75 % restored; line 0: partition 3 is being restored, 50 %"), Said(probes.Startup()));
        Assert.Equal((false, "line 0: partition 3 is being restored, 50 %"), Said(probes.Readiness()));
        one.Restored = 1;
        lines[0].WasLive = lines[1].WasLive = true;
        Assert.Equal((true, "started"), Said(probes.Startup()));
        Assert.Equal((true, "ready"), Said(probes.Readiness()));

        // A partition that comes later makes it not ready, but started it has.
        lines[0].Add(5);
        Assert.True(probes.Startup().Is);
        Assert.Equal((false, "line 0: partition 5 is being restored, 0 %"), Said(probes.Readiness()));
    }

    [Fact]
    public void A_line_without_partitions_is_ready_when_none_has_come_for_a_while()
    {
        Begin();
        foreach (var line in lines) line.Assigned(time.GetTimestamp());
        lines[1].Add(4).Restored = 1;
        Assert.Equal((false, "line 0: waits for partitions that others give up"), Said(probes.Readiness()));
        time.Advance(TimeSpan.FromSeconds(10));
        foreach (var line in lines) line.PolledAt = time.GetTimestamp();
        Assert.True(probes.IsReady);
        lines[0].Lost();
        Assert.Equal((false, "line 0: waits for the group to say which partitions it owns"), Said(probes.Readiness()));
    }

    [Fact]
    public void Brokers_that_fail_make_it_not_ready_and_never_dead()
    {
        Live();
        lines[0].Partitions[0].Admitted(Reading(), time.GetTimestamp(), nowUs: 0);
        lines[0].FailedCommits = 4;
        lines[0].AreBrokersAway = true;
        lines[1].Failed("all brokers are down");
        time.Advance(TimeSpan.FromHours(1));
        lines[0].PolledAt = time.GetTimestamp();
        Assert.Equal((false, "line 0: no broker answers; line 0: 4 transactions failed one after the other; its partitions are paused meanwhile; line 1: begins anew: all brokers are down"), Said(probes.Readiness()));
        Assert.True(probes.Liveness().Is);

        // While it finds out how a transaction ended, none has failed yet.
        (lines[0].FailedCommits, lines[0].AreBrokersAway, lines[0].CommittingSince) = (0, false, time.GetTimestamp());
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal((false, "line 0: its transaction has not ended for 6 s; line 1: begins anew: all brokers are down"), Said(probes.Readiness()));
        Assert.True(probes.Liveness().Is);
    }

    [Fact]
    public void A_line_that_polls_no_more_is_dead_after_the_group_s_own_limit()
    {
        Live();
        time.Advance(TimeSpan.FromSeconds(299));
        Assert.True(probes.Liveness().Is);
        time.Advance(TimeSpan.FromSeconds(2));
        lines[1].PolledAt = time.GetTimestamp();
        Assert.Equal((false, "line 0: no poll for 301 s, allowed are 300 s (kafka.max.poll.interval.ms)"), Said(probes.Liveness()));
        Assert.Equal((false, "line 0: no poll for 301 s"), Said(probes.Readiness()));
        Assert.True(new Probes(Options(("max.poll.interval.ms", "600000")), lines, time).Liveness().Is);
    }

    [Fact]
    public void A_partition_that_gets_nowhere_while_its_line_polls_makes_the_worker_dead()
    {
        Live();
        lines[1].Partitions[0].Admitted(Reading(), time.GetTimestamp(), nowUs: 0);
        time.Advance(TimeSpan.FromSeconds(301));
        foreach (var line in lines) line.PolledAt = time.GetTimestamp();
        Assert.Equal((false, "line 1, partition 1: readings were not committed for 301 s, allowed are 300 s"), Said(probes.Liveness()));
    }

    [Fact]
    public void A_replay_is_not_held_against_a_partition()
    {
        Live();
        lines[1].Partitions[0].Admitted(Reading(), now: 0, nowUs: 0);
        Assert.Equal(0, lines[1].Partitions[0].UncommittedSince);
    }

    [Fact]
    public void A_worker_that_stops_is_not_ready()
    {
        Live();
        probes.Phase = "stops";
        Assert.Equal((false, "stops"), Said(probes.Readiness()));
        Assert.True(probes.Startup().Is);
    }

    private void Begin()
    {
        probes.Phase = null;
        foreach (var line in lines) line.Begin(time.GetTimestamp());
    }

    private void Live()
    {
        Begin();
        foreach (var line in lines)
        {
            line.Assigned(time.GetTimestamp());
            line.Add(line.Thread).Restored = 1;
            line.WasLive = true;
        }
    }

    private static (bool, string) Said((bool Is, IReadOnlyList<string> Reasons) answer) => (answer.Is, string.Join("; ", answer.Reasons));

    private static Reading Reading() => new(sensors: 1) { Offset = 7, TimeUs = 1 };

    private static WorkerOptions Options(params (string Key, string Value)[] kafka) => new()
    {
        Instance = "one", Kafka = kafka.ToDictionary(k => k.Key, k => k.Value, StringComparer.Ordinal), Models = [],
        Topics = new TopicNames { Readings = "r", Alerts = "a", State = "s", Commands = "c", DeadLetters = "d", Health = "h" },
    };
}
