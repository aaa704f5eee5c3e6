using Confluent.Kafka;
using PredMaint.Simulation.Kafka;
using PredMaint.Simulation.Stage;

namespace PredMaint.Simulation.Clients;

/// <summary>What the clients of one process share: the brokers, its place in the schedule, and the trouble that it meets.</summary>
internal sealed class Host(Process process, Schedule schedule, Broker broker, Random random, Trouble trouble, Action<string>? trace)
{
    public Process Process => process;
    public Schedule Schedule => schedule;
    public Broker Broker => broker;
    public Random Random => random;
    public Trouble Trouble => trouble;

    /// <summary>Partitions of the state topic that are being read: no tombstone goes meanwhile.</summary>
    public int StateReaders { get; set; }

    /// <summary>The member that its present line is.</summary>
    public Member? Member { get; set; }

    public bool IsTracing => trace is not null;

    public void Trace(string what) => trace?.Invoke($"{process.Name}: {what}");

    public bool Happens(double chance) => random.NextDouble() < chance;

    /// <summary>A request on its way to the broker, or the reply on its way back; either may be lost where that is said.</summary>
    public void Travel(double lost = 0)
    {
        schedule.Pass();
        if (Happens(trouble.SlowRequest)) schedule.Sleep(TimeSpan.FromMilliseconds(random.Next(Happens(0.3) ? 800 : 100)));
        if (lost > 0 && Happens(lost)) throw TimedOut();
    }

    public static KafkaRetriableException TimedOut() => new(new Error(ErrorCode.Local_TimedOut, "no reply in time"));

    public static KafkaException Unreachable() => new(new Error(ErrorCode.Local_Transport, "connection lost"));
}

/// <summary>How often what goes wrong, a step or a call: each seed has its own mixture.</summary>
internal sealed record Trouble
{
    public double Crash { get; set; }
    public double Stall { get; set; }
    public double Reload { get; set; }
    public double Expel { get; set; }
    public double Move { get; set; }
    public double Compact { get; set; }
    public double TransactionTimeout { get; set; }
    public double LostRequest { get; set; }
    public double LostReply { get; set; }
    public double HangingClient { get; set; }
    public double TooLongBetweenPolls { get; set; }
    public double SlowFetch { get; set; }
    public double SlowRequest { get; set; }

    /// <summary>Coordinators that do not answer a producer that begins.</summary>
    public double LostBeginning { get; set; }

    /// <summary>From now on nothing goes wrong.</summary>
    public void End()
    {
        Crash = Stall = Reload = Expel = Move = Compact = TransactionTimeout = LostRequest = LostReply = HangingClient = TooLongBetweenPolls = SlowFetch = SlowRequest = LostBeginning = 0;
    }
}
