using PredMaint.Training.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace PredMaint.Training.Learning;

/// <summary>What a training tells while it runs.</summary>
/// <param name="Loss">Mean of the epoch.</param>
public sealed record EpochDone(string Model, int Epoch, int Epochs, double Loss);

/// <summary>How a network is fitted to whole engines: shuffled batches, warm-up then cosine, gradients cut to norm 1.</summary>
internal static class Trainer
{
    /// <summary>To be raised with every change of how a network, a head or this learns: weights that are kept from before are then fitted anew.</summary>
    public const int Recipe = 1;

    private const int BatchEngines = 16;

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

    /// <param name="loss">Of one batch of engines, a scalar tensor that carries its graph.</param>
    public static void Fit(nn.Module net, string name, IReadOnlyList<Series> engines, int epochs, Random random, Func<Series[], Tensor> loss, Action<EpochDone> report)
    {
        using var optimizer = new AdamW(net.parameters());
        var order = engines.ToArray();
        var batches = (order.Length + BatchEngines - 1) / BatchEngines;
        var step = 0;
        net.train();
        for (var epoch = 1; epoch <= epochs; epoch++)
        {
            double sum = 0;
            foreach (var batch in Batches(order, random))
            {
                using var scope = NewDisposeScope();
                var value = loss(batch);
                value.backward();
                nn.utils.clip_grad_norm_(net.parameters(), MaxGradientNorm);
                optimizer.Step(Rate((double)step++ / (epochs * batches)));
                sum += value.item<float>();
            }
            if (!double.IsFinite(sum)) throw new InvalidOperationException($"the training of {name} diverged in epoch {epoch}: its loss is {sum}");
            report(new EpochDone(name, epoch, epochs, sum / batches));
        }
        net.eval();
    }

    /// <summary>Machines of like length go together: a batch is as long as its longest.</summary>
    private static Series[][] Batches(Series[] order, Random random)
    {
        random.Shuffle(order);
        var batches = order.Chunk(SortedTogether * BatchEngines).SelectMany(part => part.OrderBy(s => s.Steps).Chunk(BatchEngines)).ToArray();
        random.Shuffle(batches);
        return batches;
    }

    /// <param name="done">Share of the training that lies behind, 0 to 1.</param>
    private static double Rate(double done) => done < WarmupShare
        ? PeakRate * (done + 0.01) / (WarmupShare + 0.01)
        : PeakRate * (1 + Math.Cos(Math.PI * (done - WarmupShare) / (1 - WarmupShare))) / 2;
}
