namespace PredMaint.Cli.Simulation;

/// <summary>What goes wrong with a sensor.</summary>
internal enum FaultKind
{
    /// <summary>Moves away, a tenth of its noise each reading.</summary>
    Drift,

    /// <summary>Jumps by twelve times its noise, one reading in twenty.</summary>
    Spike,

    /// <summary>Keeps the value it had.</summary>
    Stuck,

    /// <summary>Is missing from half of the readings.</summary>
    Dropout,
}

/// <summary>A fault and where it begins, counted in the machine's readings.</summary>
internal sealed record Fault(FaultKind Kind, int Sensor, long From);

/// <summary>A machine whose sensors swing slowly around levels of their own, with noise, and perhaps a fault. Values follow from the seed alone.</summary>
internal sealed class SimulatedMachine
{
    /// <summary>Of the level, where no other is given.</summary>
    private const double Noise = 0.01;

    /// <summary>Of the noise.</summary>
    private const double Swing = 5;
    private const int MinPeriod = 50;
    private const int MaxPeriod = 400;

    /// <summary>Readings before a fault may begin: a model warms up first.</summary>
    private const int EarliestFault = 60;
    private const int LatestFault = 240;

    private readonly double[] level;
    private readonly double[] noise;
    private readonly double swing;
    private readonly double[] period;
    private readonly double[] values;
    private readonly Random random;
    private long step;

    /// <param name="levels">Each sensor's level and noise, which then do not swing; null: levels of the machine's own.</param>
    public SimulatedMachine(int number, int sensors, ulong seed, double faultShare, IReadOnlyList<(double Level, double Noise)>? levels = null)
    {
        // A seeded one gives the same numbers on every platform. Machines must not depend on each other's.
        random = new Random((int)(seed * 0x9E3779B97F4A7C15 >> 33) ^ number * 0x01000193);
        Id = $"machine-{number:D6}";
        level = new double[sensors];
        noise = new double[sensors];
        swing = levels is null ? Swing : 0;
        period = new double[sensors];
        values = new double[sensors];
        for (var s = 0; s < sensors; s++)
        {
            level[s] = 0.5 + random.NextDouble();
            noise[s] = level[s] * Noise;
            if (levels is not null) (level[s], noise[s]) = levels[s];
            period[s] = MinPeriod + random.Next(MaxPeriod - MinPeriod);
        }
        if (random.NextDouble() < faultShare)
            Fault = new Fault((FaultKind)random.Next(Enum.GetValues<FaultKind>().Length), random.Next(sensors), EarliestFault + random.Next(LatestFault - EarliestFault));
    }

    public string Id { get; }

    /// <summary>Null where the machine stays sound.</summary>
    public Fault? Fault { get; }

    public bool IsFaulty => Fault is { } fault && step > fault.From;

    /// <summary>The next reading's values, NaN where one is missing; valid until the next call.</summary>
    public ReadOnlySpan<double> Next()
    {
        for (var s = 0; s < values.Length; s++)
        {
            var last = values[s];
            values[s] = level[s] + noise[s] * (swing * Math.Sin(2 * Math.PI * step / period[s]) + NextNormal());
            if (Fault is { } fault && fault.Sensor == s && step >= fault.From) values[s] = Faulty(fault, s, last);
        }
        step++;
        return values;
    }

    /// <summary>Standard normal (Box and Muller).</summary>
    private double NextNormal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private double Faulty(Fault fault, int sensor, double last) => fault.Kind switch
    {
        FaultKind.Drift => values[sensor] + noise[sensor] * 0.1 * (step - fault.From),
        FaultKind.Spike => random.Next(20) == 0 ? values[sensor] + 12 * noise[sensor] : values[sensor],
        FaultKind.Stuck => last,
        _ => random.Next(2) == 0 ? double.NaN : values[sensor],
    };
}
