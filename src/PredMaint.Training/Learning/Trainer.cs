using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace PredMaint.Training.Learning;

/// <summary>Mean losses of an epoch.</summary>
/// <param name="HeldOut">On machines that it does not learn from; null where there are none.</param>
public readonly record struct EpochLoss(double Fit, double? HeldOut)
{
    /// <summary>For people.</summary>
    public string Text => FormattableString.Invariant($"loss {Fit:F4}{(HeldOut is { } heldOut ? FormattableString.Invariant($", held out {heldOut:F4}") : "")}");

    public override string ToString() => FormattableString.Invariant($"{Fit} {HeldOut}");

    /// <summary>Of what <see cref="ToString"/> wrote.</summary>
    public static EpochLoss Parse(string text) => TryParse(text) ?? throw new FormatException($"is no loss: {text}");

    /// <summary>Null where it is none.</summary>
    public static EpochLoss? TryParse(string text) =>
        text.Split(' ') is [var first, var second] && double.TryParse(first, CultureInfo.InvariantCulture, out var fit) && (double.TryParse(second, CultureInfo.InvariantCulture, out var heldOut) || second.Length == 0)
            ? new EpochLoss(fit, second.Length == 0 ? null : heldOut) : null;
}

/// <summary>What a training tells while it runs.</summary>
/// <param name="Epochs">At most; of the last one, at which it stopped, its own number.</param>
public sealed record EpochDone(string Model, int Epoch, int Epochs, EpochLoss Loss)
{
    public bool IsLast => Epoch == Epochs;
}

/// <summary>How a network is fitted to whole engines: shuffled batches, warm-up then cosine, gradients cut to norm 1.</summary>
internal static class Trainer
{
    /// <summary>To be raised with every change of how a network, a head or this learns: weights that are kept from before are then fitted anew.</summary>
    public const int Recipe = 1;

    private const int BatchEngines = 16;

    /// <summary>Batches of an epoch where there are few machines: with fewer, an epoch hardly moves a network.</summary>
    private const int FewestBatches = 4;

    /// <summary>Batches whose machines are sorted by length: few, so that the same ones seldom meet again.</summary>
    private const int SortedTogether = 4;

    private const double PeakRate = 3e-3;
    private const double WarmupShare = 0.1;
    private const double MaxGradientNorm = 1;

    /// <summary>Seeds TorchSharp and keeps it to one thread, so that the same seed gives the same weights.</summary>
    public static Random Begin(int seed)
    {
        set_num_threads(1);
        manual_seed(seed);
        return new Random(seed);
    }

    /// <param name="stopping">Ends it before its epochs are through and picks the best of them; null to go through all.</param>
    /// <param name="loss">Of one batch of engines, a scalar tensor that carries its graph.</param>
    public static void Fit(nn.Module net, string name, IReadOnlyList<Series> engines, int epochs, Random random, Func<Series[], Tensor> loss, Action<EpochDone> report, EarlyStopping? stopping = null)
    {
        using var optimizer = new AdamW(net.parameters());
        var order = engines.ToArray();
        var size = Math.Clamp(order.Length / FewestBatches, 1, BatchEngines);
        var batches = (order.Length + size - 1) / size;
        var step = 0;
        net.train();
        for (var epoch = 1; epoch <= epochs; epoch++)
        {
            double sum = 0;
            foreach (var batch in Batches(order, size, random))
            {
                using var scope = NewDisposeScope();
                var value = loss(batch);
                value.backward();
                nn.utils.clip_grad_norm_(net.parameters(), MaxGradientNorm);
                optimizer.Step(Rate((double)step++ / (epochs * batches)));
                sum += value.item<float>();
            }
            var done = new EpochLoss(sum / batches, stopping?.Judge());
            if (!double.IsFinite(done.Fit + (done.HeldOut ?? 0))) throw new InvalidOperationException($"the training of {name} diverged in epoch {epoch}: {done.Text}");
            var isOver = stopping is { IsOver: true };
            report(new EpochDone(name, epoch, isOver ? epoch : epochs, done));
            if (isOver) break;
        }
        stopping?.Restore();
        net.eval();
    }

    /// <summary>Machines of like length go together: a batch is as long as its longest.</summary>
    private static Series[][] Batches(Series[] order, int size, Random random)
    {
        random.Shuffle(order);
        var batches = order.Chunk(SortedTogether * size).SelectMany(part => part.OrderBy(s => s.Steps).Chunk(size)).ToArray();
        random.Shuffle(batches);
        return batches;
    }

    /// <param name="done">Share of the training that lies behind, 0 to 1.</param>
    private static double Rate(double done) => done < WarmupShare
        ? PeakRate * (done + 0.01) / (WarmupShare + 0.01)
        : PeakRate * (1 + Math.Cos(Math.PI * (done - WarmupShare) / (1 - WarmupShare))) / 2;
}
