using System.Globalization;
using System.Text.Json;
using PredMaint.Bench.Contest;
using PredMaint.Bench.Measuring;

namespace PredMaint.Bench;

/// <summary>Everything that was measured; with <c>--json</c> it is written as it is.</summary>
public sealed record Results(int Cores, double LoadBefore, int Machines, int Partitions, bool HasPeer, IReadOnlyList<ModeResult> Modes, IReadOnlyList<LatencyMeasurement> Latency,
    IReadOnlyList<SnapshotPair> Snapshots, IReadOnlyList<TelemetryPair> Telemetry)
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public void WriteJson(string file) => File.WriteAllText(file, JsonSerializer.Serialize(this, Format));
}

/// <summary>The results as a person reads them, and what is wrong with them.</summary>
public sealed class Report(Results results, TextWriter output)
{
    /// <summary>Scores a CPU second of a window model, where nearly all the work is scoring: at least this share of raw ONNX Runtime's.</summary>
    private const double LeastToOnnx = 0.9;

    private const int MostDifferences = 5;

    private const double MostSnapshotCost = 1.1;

    private const double MostOfOwed = 1.2;

    private const double MostTelemetryCost = 1.03;

    /// <summary>librdkafka fetches up to 64 MB ahead, here some 250,000 readings: a small part of 70 % of this many.</summary>
    private const long FairReadings = 3_000_000;

    /// <returns>One sentence a failure.</returns>
    public IReadOnlyList<string> Write(bool quick)
    {
        List<string> failures = [];
        output.WriteLine();
        output.WriteLine($"{results.Cores} cores, shared with the broker; load average {results.LoadBefore:F1} before, {ProcessTree.Load():F1} after; {results.Machines:N0} machines, {results.Partitions} partitions.");
        output.WriteLine("CPU seconds of the process per million readings (rows for onnxruntime), from 30 % to 100 % of the work.");
        output.WriteLine("Absolute numbers hold for this machine and hour only: quote ratios. floor = consume+decode + onnxruntime.");
        if (!results.HasPeer) output.WriteLine("The peer is absent (../shared/peers/peer.jar and Java): neither ratios to it nor a comparison of alerts.");
        foreach (var mode in results.Modes) Write(mode, quick, failures);
        if (results.Latency.Count > 0) WriteLatency();
        if (results.Snapshots.Count > 0) WriteSnapshots(quick, failures);
        if (results.Telemetry.Count > 0) WriteTelemetry(quick, failures);
        foreach (var failure in failures) output.WriteLine($"FAILED: {failure}");
        return failures;
    }

    private void Write(ModeResult result, bool quick, List<string> failures)
    {
        var (mode, pairs) = (result.Mode, result.Pairs);
        output.WriteLine();
        output.WriteLine($"{mode.Name}, {mode.Readings:N0} readings");
        output.WriteLine("  pair  product    peer  consume  +decode  onnxrt | product/peer  product/floor | product/s     peer/s  RSS MB product peer");
        for (var i = 0; i < pairs.Count; i++) WriteRow($"{i + 1}", [pairs[i]]);
        if (pairs.Count > 1) WriteRow("med", pairs);
        var (consume, decode, onnx) = (Median(pairs, p => p.Product.CpuPerMillion / p.Consume.CpuPerMillion), Median(pairs, p => p.Product.CpuPerMillion / p.Decode.CpuPerMillion), Median(pairs, p => p.ToOnnx));
        output.WriteLine($"  median: product is {consume:F2} x consume, {decode:F2} x consume+decode, {1 / onnx:F2} x onnxruntime, {Median(pairs, p => p.ToFloor):F2} x their sum");
        if (mode.Steps == 1 && mode.Readings < FairReadings)
            output.WriteLine($"  fewer than {FairReadings:N0} readings: what our client fetches ahead before 30 % flatters the product and the consume floors, and much of the compiling falls into the measurement");
        if (mode.Steps > 1)
        {
            output.WriteLine($"  scores a CPU second, product to raw onnxruntime (batch {Mode.Batch}, one thread): {onnx:F3}, wanted {LeastToOnnx} or more");
            if (onnx < LeastToOnnx && !quick) failures.Add($"{mode.Name}: the product scores {onnx:F3} of raw onnxruntime's rate a CPU second, wanted {LeastToOnnx}");
        }
        foreach (var (check, number) in pairs.Select((p, i) => (p.Alerts, i + 1)))
            if (check is not null) Write(mode, number, check, failures);
    }

    /// <summary>The medians of some pairs; a dash where there is no peer.</summary>
    private void WriteRow(string label, IReadOnlyList<Pair> pairs)
    {
        output.WriteLine(
            $"  {label,4} {Of(p => p.Product.CpuPerMillion, "F2"),8} {Of(p => p.Peer?.CpuPerMillion, "F2"),7} {Of(p => p.Consume.CpuPerMillion, "F2"),8} {Of(p => p.Decode.CpuPerMillion, "F2"),8} {Of(p => p.Onnx.CpuPerMillion, "F2"),7}"
            + $" | {Of(p => p.ToPeer, "F3"),12} {Of(p => p.ToFloor, "F3"),14}"
            + $" | {Of(p => p.Product.ReadingsPerSecond, "N0"),9} {Of(p => p.Peer?.ReadingsPerSecond, "N0"),10} {Of(p => p.Product.PeakMegabytes, "F0"),15} {Of(p => p.Peer?.PeakMegabytes, "F0"),4}");

        string Of(Func<Pair, double?> value, string format)
        {
            var median = Median(pairs, value);
            return double.IsNaN(median) ? "-" : median.ToString(format, CultureInfo.InvariantCulture);
        }
    }

    private void Write(Mode mode, int number, AlertCheck check, List<string> failures)
    {
        output.WriteLine($"  pair {number}: alerts raised and cleared: product {check.Product:N0}, peer {check.Peer:N0}; machines that differ: {check.Differences.Count}, by rounding at a limit: {check.Borderline}");
        foreach (var difference in check.Differences.Take(MostDifferences)) output.WriteLine($"    {difference}");
        if (check.Differences.Count > 0) failures.Add($"{mode.Name}, pair {number}: the alerts of {check.Differences.Count} machine(s) differ from the peer's");
        if (check.Product == 0) failures.Add($"{mode.Name}, pair {number}: no alert came, so nothing was compared");
    }

    private void WriteLatency()
    {
        output.WriteLine();
        output.WriteLine("latency at 5,000 readings/s, reading sent to alert read committed, ms");
        output.WriteLine("  who         alerts      p50      p95      p99      max");
        foreach (var m in results.Latency) output.WriteLine($"  {m.Name,-8} {m.Alerts,9:N0} {m.P50,8:F1} {m.P95,8:F1} {m.P99,8:F1} {m.Max,8:F1}");
        var (product, peer) = (results.Latency.Where(m => m.Name == "product").ToList(), results.Latency.Where(m => m.Name == "peer").ToList());
        output.WriteLine($"  median, product/peer: p50 {Measure.Median(product.Select(m => m.P50)) / Measure.Median(peer.Select(m => m.P50)):F2}, p99 {Measure.Median(product.Select(m => m.P99)) / Measure.Median(peer.Select(m => m.P99)):F2}");
    }

    private void WriteSnapshots(bool quick, List<string> failures)
    {
        output.WriteLine();
        output.WriteLine("snapshots: CPU seconds per million readings with and without, and what went to the state topic");
        output.WriteLine("  pair     with  without   ratio | snapshots  mean B  controls   due  transitions  MB  of owed");
        foreach (var (pair, i) in results.Snapshots.Select((p, i) => (p, i)))
        {
            var s = pair.State;
            output.WriteLine(
                $"  {i + 1,4} {pair.With.CpuPerMillion,8:F2} {pair.Without.CpuPerMillion,8:F2} {pair.Cost,7:F3} | {s.Snapshots,9:N0} {s.SnapshotBytes / Math.Max(1, s.Snapshots),7:N0} {s.Controls,9:N0} {s.Due,5:N0} {s.Transitions,12:N0} {(s.SnapshotBytes + s.ControlBytes) / 1e6,3:F0} {s.OfOwed,8:F3}");
        }
        var (cost, owed) = (Measure.Median(results.Snapshots.Select(p => p.Cost)), Measure.Median(results.Snapshots.Select(p => p.State.OfOwed)));
        output.WriteLine($"  median: CPU {cost:F3}, wanted {MostSnapshotCost} or less; bytes {owed:F3} of what is owed, wanted {MostOfOwed} or less");
        if (cost > MostSnapshotCost && !quick) failures.Add($"snapshots cost {cost:F3} of the CPU without them, wanted {MostSnapshotCost}");
        if (owed > MostOfOwed) failures.Add($"{owed:F3} of the bytes that are owed go to the state topic, wanted {MostOfOwed}");
    }

    private void WriteTelemetry(bool quick, List<string> failures)
    {
        output.WriteLine();
        output.WriteLine($"telemetry: CPU seconds per million readings with all of it sent and with none, of two that share a core, each compiled once (no tiers), from {TelemetryPair.After:P0} of the work of either to the end of the first");
        output.WriteLine("  pair     with  without   ratio | scrapes  OTLP requests");
        foreach (var (pair, i) in results.Telemetry.Select((p, i) => (p, i)))
            output.WriteLine($"  {i + 1,4} {pair.CpuWith,8:F2} {pair.CpuWithout,8:F2} {pair.Cost,7:F3} | {pair.Scrapes,7} {pair.Exports,14}");
        var cost = Measure.Median(results.Telemetry.Select(p => p.Cost));
        output.WriteLine($"  median: CPU {cost:F3}, wanted {MostTelemetryCost} or less");
        if (cost > MostTelemetryCost && !quick) failures.Add($"telemetry costs {cost:F3} of the CPU without it, wanted {MostTelemetryCost}");
    }

    private static double Median(IEnumerable<Pair> pairs, Func<Pair, double?> of) => Measure.Median(pairs.Select(of).OfType<double>());
}
