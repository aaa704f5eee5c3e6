using static TorchSharp.torch;

namespace PredMaint.Training.Learning;

/// <summary>Keeps the weights of the epoch at which a network did best on machines that it does not learn from.</summary>
/// <param name="patience">Epochs without a better one, after which it is over.</param>
internal sealed class EarlyStopping(Network net, IReadOnlyList<Series> heldOut, int patience) : IDisposable
{
    private readonly List<Tensor> best = [];
    private double lowest = double.PositiveInfinity;
    private int epochsSince;

    public bool IsOver => epochsSince >= patience;

    /// <summary>After each epoch; the loss on the held-out machines.</summary>
    public double Judge()
    {
        var loss = net.HeldOutLoss(heldOut);
        epochsSince++;
        if (!(loss < lowest)) return loss;
        (lowest, epochsSince) = (loss, 0);
        Dispose();
        best.Clear();
        using var scope = NewDisposeScope();
        best.AddRange(net.parameters().Select(p => p.detach().clone().DetachFromDisposeScope()));
        return loss;
    }

    /// <summary>Gives the network the weights of its best epoch.</summary>
    public void Restore()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (parameter, kept) in net.parameters().Zip(best)) parameter.copy_(kept);
    }

    public void Dispose() => best.ForEach(kept => kept.Dispose());
}
