using PredMaint.Testing;

namespace PredMaint.Chaos;

/// <summary>A proxy that loses, or delays, some of the requests to end a transaction and of the answers to them.</summary>
public sealed class EndTxnFates : IDisposable
{
    private readonly Lock gate = new();
    private readonly Random chance;
    private readonly KafkaProxy proxy;
    private readonly SortedDictionary<FateKind, int> counts = [];

    public EndTxnFates(KafkaBroker broker, int seed)
    {
        chance = new Random(seed);
        proxy = new KafkaProxy(broker.Bootstrap, Judge);
    }

    public string Bootstrap => proxy.Bootstrap;

    public bool IsArmed { get; set; } = true;

    public string Summary
    {
        get { lock (gate) return $"ends of transactions: {string.Join(", ", counts.Select(c => $"{c.Value} {c.Key}"))}"; }
    }

    public void Dispose() => proxy.Dispose();

    private Fate Judge(ApiKey key)
    {
        if (key != ApiKey.EndTxn || !IsArmed) return default;
        lock (gate)
        {
            var fate = chance.Next(100) switch
            {
                < 2 => new Fate(FateKind.LoseRequest),
                < 6 => new Fate(FateKind.LoseAnswer),
                // Up to twice what the client waits for.
                < 10 => new Fate(FateKind.DelayAnswer, TimeSpan.FromSeconds(6) * chance.NextDouble()),
                _ => default,
            };
            counts[fate.Kind] = counts.GetValueOrDefault(fate.Kind) + 1;
            return fate;
        }
    }
}
