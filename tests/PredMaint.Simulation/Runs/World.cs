using PredMaint.Simulation.Clients;
using PredMaint.Simulation.Kafka;
using PredMaint.Simulation.Stage;

namespace PredMaint.Simulation.Runs;

/// <summary>
/// One seed: gateways send readings, workers come and go, everything goes wrong for a while; then there is peace, and all
/// must come out as if nothing had happened.
/// </summary>
internal sealed class World
{
    private const int MostSteps = 150_000;

    /// <summary>Of what went wrong before, all has come to its end.</summary>
    private static readonly TimeSpan PeaceBegins = TimeSpan.FromSeconds(12);

    private readonly Random random;
    private readonly Scenario scenario;
    private readonly Schedule schedule;
    private readonly VirtualTime time;
    private readonly Broker broker;
    private readonly Verdict verdict;
    private readonly Trouble trouble;
    private readonly Gateway[] gateways;
    private readonly Slot[] slots;
    private readonly List<Worker> workers = [];
    private readonly TimeSpan peace;
    private readonly bool hasUpgrades;
    private readonly List<string>? trace;
    private readonly Guid readingsId = new("b5b0c1de-3f3c-5d0f-9a52-6d0f6d5e5c01");
    private string? failure;
    private bool isPeace;
    private bool isStopping;
    private int serial;

    public World(int seed, List<string>? trace)
    {
        this.trace = trace;
        random = new Random(seed);
        hasUpgrades = random.Next(4) == 0;
        scenario = new Scenario(random);
        schedule = new Schedule(random) { Turn = Turn, NextEvent = NextEvent };
        time = new VirtualTime(schedule);
        broker = new Broker(random, Scenario.Partitions, () => schedule.Now);
        verdict = new Verdict(scenario, broker, hasUpgrades, Fail);
        (broker.OnCommit, broker.OnOffsets) = (verdict.OnCommit, verdict.OnOffsets);
        trouble = Mixture();
        gateways = [.. scenario.Logs.Select((log, p) => new Gateway(log, broker.Topic(Scenario.Topics.Readings)[p], broker.Topic(Scenario.Topics.Commands)[p], () => verdict.Control(p)))];
        slots = [.. Enumerable.Range(0, random.Next(1, 4)).Select(n => new Slot($"w{n}"))];
        peace = TimeSpan.FromMilliseconds(random.Next(800, 2500));
    }

    public Verdict Verdict => verdict;

    public long Steps => schedule.Steps;

    public int Crashes { get; private set; }

    public int Zombies { get; private set; }

    public long Replayed => workers.Sum(w => w.Counters.Replayed);

    public long Aborts => workers.Sum(w => w.Counters.Aborts);

    /// <summary>Null where everything held.</summary>
    public string? Run()
    {
        try
        {
            schedule.Run();
            if (failure is null) verdict.Judge();
        }
        catch (InvalidOperationException e)
        {
            Fail(e.ToString());
        }
        return failure;
    }

    private bool Turn()
    {
        if (failure is not null) return false;
        time.Fire();
        broker.Turn();
        foreach (var gateway in gateways) gateway.Turn(schedule.Now, random);
        if (!isPeace && schedule.Now >= peace) MakePeace();
        if (!isPeace) MakeTrouble();
        broker.Group.Turn(trouble.Move);
        Supervise();
        if (schedule.Steps > MostSteps) Fail($"it comes to no end: committed are {string.Join(", ", broker.Committed)}");
        if (isPeace && !isStopping && IsDrained()) StopAll();
        return failure is null && !(isStopping && broker.IsQuiet && workers.TrueForAll(w => w.Process.IsDead));
    }

    private TimeSpan NextEvent()
    {
        var due = broker.NextEvent;
        foreach (var gateway in gateways) if (gateway.Due < due) due = gateway.Due;
        foreach (var slot in slots) if (slot.Worker?.Process.IsDead != false && slot.Due < due && !isStopping) due = slot.Due;
        foreach (var worker in workers) if (worker.SessionEnds < due) due = worker.SessionEnds.Value;
        return due;
    }

    private void Fail(string why)
    {
        Trace($"FAILED: {why}");
        failure ??= why;
    }

    private void Trace(string what) => trace?.Add($"{schedule.Now.TotalMilliseconds,9:0.0} {what}");

    /// <summary>Every seed has its own mixture of what goes wrong: much of one thing, nothing of another.</summary>
    private Trouble Mixture()
    {
        double Rate(double usual) => random.Next(3) == 0 ? 0 : usual * Math.Pow(4, random.NextDouble() * 2 - 1);
        return new Trouble
        {
            Crash = Rate(0.005), Stall = Rate(0.005), Reload = Rate(0.005), Expel = Rate(0.002), Move = Rate(0.004), Compact = Rate(0.03), TransactionTimeout = Rate(0.003),
            LostRequest = Rate(0.02), LostReply = Rate(0.02), HangingClient = Rate(0.005), TooLongBetweenPolls = Rate(0.001), SlowFetch = Rate(0.1), SlowRequest = Rate(0.03), LostBeginning = Rate(0.2),
        };
    }

    private void MakeTrouble()
    {
        if (random.NextDouble() < trouble.Crash && Pick() is { } victim) Crash(victim);
        if (random.NextDouble() < trouble.Stall && Pick() is { } sleeper) Stall(sleeper);
        if (random.NextDouble() < trouble.Expel && Pick() is { Host.Member: { } member }) broker.Group.Remove(member);
        if (hasUpgrades && random.NextDouble() < trouble.Reload && Pick() is { } upgraded) upgraded.Reload(Fleet.Sets[random.Next(Fleet.Sets.Count)]);
        broker.TimeOutSome(trouble.TransactionTimeout);
        if (random.NextDouble() >= trouble.Compact) return;
        // Tombstones stay for a day, which no restore takes.
        var removesTombstones = workers.TrueForAll(w => w.Host.StateReaders == 0 || w.Process.IsDead);
        broker.Compact(Scenario.Topics.State, random.Next(Scenario.Partitions), removesTombstones);
    }

    private void Crash(Worker worker)
    {
        Trace($"{worker.Process.Name} crashes");
        Crashes++;
        worker.Process.Die();
    }

    private void Stall(Worker worker)
    {
        var isLong = random.Next(3) > 0;
        worker.Process.StallsUntil = schedule.Now + TimeSpan.FromMilliseconds(isLong ? random.Next(200, 1500) : random.Next(10, 200));
        Trace($"{worker.Process.Name} stalls until {worker.Process.StallsUntil.TotalMilliseconds:0}");
        Zombies++;
        worker.SessionEnds = SessionEnd();
        if (!isLong || random.Next(2) == 0) return;
        // Whoever watches over it starts another in its place, under the same name or a new one; this one will wake.
        var slot = Array.Find(slots, s => s.Worker == worker);
        if (slot is null) return;
        (slot.Worker, slot.Due) = (null, schedule.Now + TimeSpan.FromMilliseconds(random.Next(5, 300)));
        if (random.Next(3) == 0) slot.Instance = $"{slot.Instance}x";
    }

    private TimeSpan SessionEnd() => schedule.Now + TimeSpan.FromMilliseconds(random.Next(50, 400));

    private Worker? Pick()
    {
        var living = workers.FindAll(w => !w.Process.IsDead);
        return living.Count == 0 ? null : living[random.Next(living.Count)];
    }

    private void Supervise()
    {
        foreach (var worker in workers)
        {
            var isSilent = worker.Process.IsDead || worker.Process.StallsUntil > schedule.Now;
            if (!isSilent) worker.SessionEnds = null;
            else if (worker.Host.Member is { IsExpelled: false } member)
            {
                worker.SessionEnds ??= SessionEnd();
                if (worker.SessionEnds <= schedule.Now) broker.Group.Remove(member);
            }
            if (worker.SessionEnds <= schedule.Now) worker.SessionEnds = null;
        }
        foreach (var slot in slots)
        {
            if (isStopping || slot.Worker?.Process.IsDead == false) continue;
            if (slot.Worker is not null) (slot.Worker, slot.Due) = (null, schedule.Now + TimeSpan.FromMilliseconds(random.Next(5, 300)));
            if (slot.Due > schedule.Now) continue;
            var models = hasUpgrades ? Fleet.Sets[random.Next(Fleet.Sets.Count)] : scenario.Models;
            var host = new Host(new Process($"{slot.Instance}#{++serial}"), schedule, broker, random, trouble, trace is null ? null : Trace);
            slot.Worker = new Worker(scenario.Options(slot.Instance), models, host, time, readingsId, Fail) { MustHold = () => isPeace && schedule.Now - peace > PeaceBegins };
            workers.Add(slot.Worker);
            slot.Worker.Start();
        }
    }

    /// <summary>Nothing goes wrong any more, and of two with the same name the older one is gone.</summary>
    private void MakePeace()
    {
        Trace("peace");
        isPeace = true;
        trouble.End();
        foreach (var worker in workers)
        {
            worker.Process.StallsUntil = TimeSpan.Zero;
            if (!Array.Exists(slots, s => s.Worker == worker)) worker.Process.Die();
        }
    }

    private bool IsDrained()
    {
        for (var p = 0; p < gateways.Length; p++)
            if (!gateways[p].IsDone || broker.Committed.GetValueOrDefault(p, -1) < gateways[p].LastReading + 1) return false;
        return true;
    }

    private void StopAll()
    {
        Trace("all is committed");
        isStopping = true;
        foreach (var worker in workers) worker.Stop();
    }

    /// <summary>A worker's place: a new process takes it when the last one is gone.</summary>
    private sealed class Slot(string instance)
    {
        public string Instance { get; set; } = instance;
        public Worker? Worker { get; set; }
        public TimeSpan Due { get; set; }
    }
}
