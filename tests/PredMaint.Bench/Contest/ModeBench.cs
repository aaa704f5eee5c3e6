using PredMaint.Bench.Brokers;
using PredMaint.Bench.Measuring;

namespace PredMaint.Bench.Contest;

/// <summary>One round: all contestants over the same readings, one after the other.</summary>
public sealed record Pair(Measurement Product, Measurement? Peer, Measurement Consume, Measurement Decode, Measurement Onnx, AlertCheck? Alerts)
{
    /// <summary>What no processor of these readings can save: consume, decode, score.</summary>
    public double Floor => Decode.CpuPerMillion + Onnx.CpuPerMillion;

    public double ToFloor => Product.CpuPerMillion / Floor;

    public double? ToPeer => Product.CpuPerMillion / Peer?.CpuPerMillion;

    /// <summary>Scores a CPU second, the product's to raw ONNX Runtime's.</summary>
    public double ToOnnx => Onnx.CpuPerMillion / Product.CpuPerMillion;
}

public sealed record ModeResult(Mode Mode, IReadOnlyList<Pair> Pairs);

/// <summary>Measures one way of serving a model.</summary>
public sealed class ModeBench(BenchOptions options, Cluster cluster, Contestants contestants, TextWriter say)
{
    /// <remarks>
    /// (1) send the readings; then in each pair (2) product and peer, taking turns in who comes first, (3) the floors,
    /// (4) compare the alerts.
    /// </remarks>
    public async Task<ModeResult> RunAsync(Mode mode, CancellationToken cancel)
    {
        // (1)
        var topic = cluster.Topic($"{mode.Name}-readings");
        await cluster.CreateAsync(topic);
        await say.WriteLineAsync($"{mode.Name}: sending {mode.Readings:N0} readings of {options.Machines:N0} machines");
        new ReadingGenerator(options.Machines).Send(cluster.Broker, topic, mode.Readings, cancel);
        List<Pair> pairs = [];
        for (var n = 1; n <= options.Pairs; n++)
        {
            await say.WriteLineAsync($"{mode.Name}: pair {n} of {options.Pairs}");
            pairs.Add(await PairAsync(mode, topic, peerFirst: n % 2 == 0, cancel));
        }
        return new ModeResult(mode, pairs);
    }

    private async Task<Pair> PairAsync(Mode mode, string topic, bool peerFirst, CancellationToken cancel)
    {
        // (2)
        var product = await contestants.ProductAsync(mode, topic, cancel);
        var peer = options.Peer is null ? null : await contestants.PeerAsync(mode, topic);
        Measurement? ofPeer = null;
        if (peer is not null && peerFirst) ofPeer = await contestants.MeasureAsync("peer", peer, mode, topic, cancel);
        var ofProduct = await contestants.MeasureAsync("product", product, mode, topic, cancel);
        if (peer is not null && !peerFirst) ofPeer = await contestants.MeasureAsync("peer", peer, mode, topic, cancel);
        // (3)
        var consume = await contestants.MeasureAsync("consume", contestants.Consume(mode, topic, decode: false), mode, topic, cancel);
        var decode = await contestants.MeasureAsync("consume+decode", contestants.Consume(mode, topic, decode: true), mode, topic, cancel);
        var onnx = await Measure.RunAsync("onnxruntime", contestants.Onnx(mode), mode.OnnxRows, c => Task.FromResult(c.Progress), options.Limit, cancel);
        await contestants.SayAsync(onnx);
        // (4)
        AlertCheck? alerts = null;
        if (peer is not null)
            alerts = Transitions.Compare(await Transitions.ReadAsync(cluster, product.Alerts, cancel), await Transitions.ReadAsync(cluster, peer.Alerts, cancel));
        return new Pair(ofProduct, ofPeer, consume, decode, onnx, alerts);
    }
}
