namespace PredMaint.Simulation.Stage;

/// <summary>Thrown by every call of a process that has died: its threads unwind and touch nothing any more.</summary>
internal sealed class DiedException : Exception;

/// <summary>
/// Threads of the operating system of which exactly one runs at a time, in virtual time. Each call that a client would make
/// over the network is a place where chance lets another go on; the same seed gives the same order.
/// </summary>
internal sealed class Schedule(Random random)
{
    /// <summary>How often the thread that runs goes on: a change of threads costs more than all that happens between two.</summary>
    private const double Stays = 0.75;

    private static readonly TimeSpan LongestHandOver = TimeSpan.FromMinutes(1);

    [ThreadStatic]
    private static Actor? current;

    private readonly List<Actor> actors = [];
    private readonly List<Actor> ready = [];
    private readonly SemaphoreSlim ended = new(0);
    private Exception? mistake;

    /// <summary>What the world does by itself between two steps of its threads; false when it is over.</summary>
    public required Func<bool> Turn { get; init; }

    /// <summary>When something will happen without any thread's doing.</summary>
    public required Func<TimeSpan> NextEvent { get; init; }

    /// <summary>Since the beginning.</summary>
    public TimeSpan Now { get; private set; }

    public long Steps { get; private set; }

    public static Process Current => current?.Process ?? throw new InvalidOperationException("no thread of the simulation");

    public static bool IsActor => current is not null;

    /// <summary>Begins a thread of a process; it runs when its turn comes.</summary>
    public void Start(Process process, Action body)
    {
        var actor = new Actor(process);
        actors.Add(actor);
        SimulationThreads.Run(() =>
        {
            actor.Gate.Wait();
            current = actor;
            try
            {
                if (!process.IsDead) body();
            }
            catch (DiedException)
            {
                // So it ends.
            }
#pragma warning disable CA1031 // It is handed on to whoever runs the simulation.
            catch (Exception e)
#pragma warning restore CA1031
            {
                mistake ??= e;
            }
            current = null;
            actors.Remove(actor);
            HandOn(null);
        });
    }

    /// <summary>Runs until the world is over and all threads have ended.</summary>
    public void Run()
    {
        HandOn(null);
        if (!ended.Wait(LongestHandOver)) throw new InvalidOperationException("the simulation hangs: a thread waits for what is no part of it");
        if (mistake is not null) throw new InvalidOperationException($"a thread ended with {mistake.GetType().Name}: {mistake.Message}", mistake);
    }

    /// <summary>A place where others may go on.</summary>
    public void Pass() => Wait(null, TimeSpan.Zero);

    public void Sleep(TimeSpan time) => Wait(static () => false, time);

    /// <summary>Waits in virtual time.</summary>
    /// <returns>False where it has not come true in time.</returns>
    public bool Wait(Func<bool>? until, TimeSpan limit)
    {
        var me = current ?? throw new InvalidOperationException("no thread of the simulation");
        if (me.Process.IsDead) throw new DiedException();
        me.Until = until;
        me.Deadline = limit < TimeSpan.Zero ? TimeSpan.MaxValue : Now + limit;
        HandOn(me);
        if (me.Process.IsDead) throw new DiedException();
        return until is null || until();
    }

    private void HandOn(Actor? me)
    {
        var next = Choose(me);
        if (next == me && me is not null) return;
        if (next is null) ended.Release();
        else next.Gate.Release();
        if (me is not null) me.Gate.Wait();
    }

    /// <summary>The thread whose turn it is; null when none is left.</summary>
    private Actor? Choose(Actor? me)
    {
        while (true)
        {
            Steps++;
            Now += TimeSpan.FromMicroseconds(random.Next(2000));
            // A mistake must not leave threads behind.
            var goesOn = mistake is null && TryTurn();
            if (!goesOn)
            {
                foreach (var actor in actors) actor.Process.Die();
                if (actors.Count == 0) return null;
            }
            if (me is not null && IsReady(me) && random.NextDouble() < Stays) return me;
            ready.Clear();
            foreach (var actor in actors)
                if (IsReady(actor)) ready.Add(actor);
            if (ready.Count > 0) return ready[random.Next(ready.Count)];
            Jump();
        }
    }

    private bool TryTurn()
    {
        try
        {
            return Turn();
        }
#pragma warning disable CA1031 // It is handed on to whoever runs the simulation.
        catch (Exception e)
#pragma warning restore CA1031
        {
            mistake = e;
            return false;
        }
    }

    private bool IsReady(Actor actor) =>
        actor.Process.IsDead || (actor.Process.StallsUntil <= Now && (Now >= actor.Deadline || actor.Until is null || actor.Until()));

    /// <summary>All wait: nothing happens before the first of them is due.</summary>
    private void Jump()
    {
        var due = NextEvent();
        foreach (var actor in actors)
        {
            var wakes = actor.Deadline > actor.Process.StallsUntil ? actor.Deadline : actor.Process.StallsUntil;
            // A stalled one may have what it waits for when it wakes.
            if (actor.Process.StallsUntil > Now) wakes = actor.Process.StallsUntil;
            if (wakes < due) due = wakes;
        }
        if (due > Now && due < TimeSpan.MaxValue) Now = due;
    }

    private sealed class Actor(Process process)
    {
        public Process Process => process;
        public SemaphoreSlim Gate { get; } = new(0);
        public Func<bool>? Until { get; set; }
        public TimeSpan Deadline { get; set; }
    }
}

/// <summary>A program on its computer: its threads die and stall together.</summary>
internal sealed class Process(string name)
{
    public string Name => name;

    public bool IsDead { get; private set; }

    public TimeSpan StallsUntil { get; set; }

    public void Die() => IsDead = true;
}

/// <summary>Threads that are used again: each seed has dozens.</summary>
internal static class SimulationThreads
{
    private const int StackBytes = 512 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly List<Idle> Waiting = [];

    public static void Run(Action body)
    {
        Idle? idle = null;
        lock (Waiting)
        {
            if (Waiting.Count > 0)
            {
                idle = Waiting[^1];
                Waiting.RemoveAt(Waiting.Count - 1);
            }
        }
        if (idle is null)
        {
            idle = new Idle();
            new Thread(idle.Live, StackBytes) { IsBackground = true, Name = "simulation" }.Start();
        }
        idle.Take(body);
    }

    private sealed class Idle
    {
        private readonly SemaphoreSlim work = new(0);
        private Action body = () => { };

        public void Take(Action next)
        {
            body = next;
            work.Release();
        }

        public void Live()
        {
            while (true)
            {
                if (!work.Wait(Patience))
                {
                    lock (Waiting)
                    {
                        if (Waiting.Remove(this)) return;
                    }
                    // It was taken at this very moment.
                    continue;
                }
                body();
                lock (Waiting) Waiting.Add(this);
            }
        }
    }
}
