using System.Globalization;
using System.Text.RegularExpressions;
using PredMaint.Testing;

namespace PredMaint.Chaos;

/// <summary>The workers of a round. Each has a place, and so a name, that outlives it: what is started there again is the same instance.</summary>
public sealed partial class Crew(Job job, RoundOptions round, string? bootstrap, string folder, Journal journal) : IAsyncDisposable
{
    /// <summary>The shortest session that brokers allow.</summary>
    public static readonly TimeSpan Session = TimeSpan.FromSeconds(6);

    /// <summary>So small that a restore has both to read snapshots and to replay.</summary>
    private static readonly string[] Small = ["snapshotInterval=20s", "replayMax=1000", "commitInterval=500ms", "batchMax=64"];

    private readonly Dictionary<string, RunningProgram> places = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> starts = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Places => places.Keys;

    /// <summary>Workers that ended by themselves, with a reason, and were started again as a cluster manager would.</summary>
    public int GivenUp { get; private set; }

    /// <summary>Partitions that were taken over, by all workers together.</summary>
    public int Restores { get; private set; }

    /// <summary>Readings that were replayed in silence by them.</summary>
    public long Replayed { get; private set; }

    public RunningProgram this[string place] => places[place];

    public void Start(string place)
    {
        starts[place] = starts.GetValueOrDefault(place) + 1;
        places[place] = job.Run([.. Settings(place)]);
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync(string place)
    {
        await places[place].KillAsync();
        await EndAsync(place);
    }

    /// <summary>SIGTERM. What was admitted must be committed: it ends with 0, within what Kubernetes grants.</summary>
    public async Task StopAsync(string place)
    {
        var worker = places[place];
        worker.Terminate();
        var code = await worker.ExitAsync(TimeSpan.FromSeconds(30));
        await EndAsync(place);
        Assert.True(code == 0, $"worker {place} was asked to stop and ended with {code}: {LastLine(worker.Errors)}");
    }

    /// <summary>Starts those again that gave up; giving up without a reason is a failure.</summary>
    public async Task ReviveAsync()
    {
        foreach (var place in places.Where(p => p.Value.HasExited).Select(p => p.Key).ToList())
        {
            var worker = places[place];
            var code = await worker.ExitAsync();
            await EndAsync(place);
            Assert.True(code == 1 && worker.Errors.Trim().Length > 0, $"worker {place} ended by itself with {code}: {worker.Errors}");
            journal.Say($"worker {place} gave up ({LastLine(worker.Errors)}) and is started again");
            GivenUp++;
            Start(place);
        }
    }

    /// <summary>What the workers that run now have said last.</summary>
    public string Describe() => string.Join('\n', places.Select(p => $"-- {p.Key}{(p.Value.HasExited ? " (ended)" : "")}\n{string.Join('\n', p.Value.Output.Split('\n').TakeLast(8))}\n{p.Value.Errors}"));

    public async ValueTask DisposeAsync()
    {
        foreach (var place in places.Keys.ToList())
        {
            if (!places[place].HasExited) await places[place].KillAsync();
            await EndAsync(place);
        }
    }

    private IEnumerable<string> Settings(string place)
    {
        foreach (var setting in Small) yield return setting;
        yield return $"instance={place}";
        yield return $"threads={round.Threads}";
        if (bootstrap is not null)
        {
            yield return $"kafka.bootstrap.servers={bootstrap}";
            // An answer that is lost is given up after this.
            yield return "kafka.transaction.timeout.ms=3000";
        }
        if (round.Membership == Membership.Consumer)
        {
            yield return "kafka.group.protocol=consumer";
            yield break;
        }
        yield return $"kafka.session.timeout.ms={Session.TotalMilliseconds}";
        yield return "kafka.heartbeat.interval.ms=1000";
        if (round.Membership == Membership.Static) yield return $"kafka.group.instance.id={place}";
    }

    /// <summary>Keeps what it said.</summary>
    private async Task EndAsync(string place)
    {
        places.Remove(place, out var worker);
        var output = worker!.Output;
        foreach (var restored in Restored().Matches(output).Cast<Match>())
        {
            Restores++;
            Replayed += long.Parse(restored.Groups["replayed"].ValueSpan, CultureInfo.InvariantCulture);
        }
        await File.WriteAllTextAsync(Path.Combine(folder, $"worker-{place}-{starts[place]:000}.log"), $"{output}\n{worker.Errors}\n");
        await worker.DisposeAsync();
    }

    private static string LastLine(string text) => text.Trim().Split('\n')[^1];

    [GeneratedRegex("restored, live from offset .* (?<replayed>[0-9]+) offsets replayed", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Restored();
}
