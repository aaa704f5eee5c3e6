using System.Buffers;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using PredMaint.Core.Readings;

namespace PredMaint.Cli.Simulation;

/// <summary>What to simulate, and when to end.</summary>
/// <param name="Rate">Readings a second of all machines; 0: as fast as the brokers take them.</param>
/// <param name="Count">Readings in all; <see cref="long.MaxValue"/> where none is given.</param>
/// <param name="Levels">Each sensor's level and noise; null: machines have levels of their own.</param>
/// <param name="Duration">Null: until <paramref name="Count"/> or until cancelled.</param>
internal sealed record SimulationSettings(string Topic, int Machines, double Rate, long Count, TimeSpan? Duration, double FaultShare, ulong Seed, IReadOnlyList<string> Sensors,
    IReadOnlyList<(double Level, double Noise)>? Levels);

/// <summary>Produces the readings of simulated machines, one machine after the other, at an even rate, stamped with the wall clock.</summary>
internal sealed class Simulator(SimulationSettings settings, IProducer<byte[], byte[]> producer, TimeProvider time)
{
    /// <summary>After so many readings the clock and the interrupt are looked at again.</summary>
    private const int Burst = 1000;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private readonly SimulatedMachine[] machines =
        [.. Enumerable.Range(1, settings.Machines).Select(i => new SimulatedMachine(i, settings.Sensors.Count, settings.Seed, settings.FaultShare, settings.Levels))];

    private readonly byte[][] keys = [.. Enumerable.Range(1, settings.Machines).Select(i => Encoding.UTF8.GetBytes($"machine-{i:D6}"))];
    private readonly long[] lastUs = new long[settings.Machines];
    private readonly ArrayBufferWriter<byte> buffer = new(1024);

    /// <summary>Made, and refused by a full queue: a machine's values are made once.</summary>
    private byte[]? pending;
    private long delivered;
    private volatile string? failure;

    public IReadOnlyList<SimulatedMachine> Machines => machines;
    public long Sent { get; private set; }
    public long Delivered => Interlocked.Read(ref delivered);

    /// <summary>Why readings failed, the last reason.</summary>
    public string? Failure => failure;

    public async Task RunAsync(Action progress, CancellationToken cancel)
    {
        var start = time.GetTimestamp();
        while (!cancel.IsCancellationRequested && Sent < settings.Count)
        {
            var elapsed = time.GetElapsedTime(start);
            if (elapsed >= settings.Duration) break;
            var due = settings.Rate > 0 ? Math.Min(settings.Count, (long)(elapsed.TotalSeconds * settings.Rate) + 1) : settings.Count;
            var until = Math.Min(due, Sent + Burst);
            while (Sent < until && TrySend()) { }
            progress();
            // Nothing more is due, or the queue is full.
            if (Sent == due || Sent < until) await Task.Delay(Tick, time, CancellationToken.None);
        }
    }

    /// <summary>False when the producer's queue is full.</summary>
    private bool TrySend()
    {
        var i = (int)(Sent % machines.Length);
        pending ??= NextValue(i);
        try
        {
            producer.Produce(settings.Topic, new Message<byte[], byte[]> { Key = keys[i], Value = pending }, report =>
            {
                if (report.Error.IsError) failure = report.Error.Reason;
                else Interlocked.Increment(ref delivered);
            });
        }
        catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
        {
            return false;
        }
        pending = null;
        Sent++;
        return true;
    }

    private byte[] NextValue(int machine)
    {
        // A machine's next reading is later than its last, whatever the clock does.
        var nowUs = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        lastUs[machine] = Math.Max(nowUs, lastUs[machine] + 1);
        var values = machines[machine].Next();
        buffer.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("machineId", machines[machine].Id);
            json.WriteString("timestamp", Rfc3339.Format(lastUs[machine]));
            json.WriteStartObject("values");
            for (var s = 0; s < values.Length; s++)
                if (double.IsNaN(values[s])) json.WriteNull(settings.Sensors[s]);
                else json.WriteNumber(settings.Sensors[s], Math.Round(values[s], 6));
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }
}
