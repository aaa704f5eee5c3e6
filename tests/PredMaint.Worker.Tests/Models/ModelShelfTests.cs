using PredMaint.Core.Alerts;
using PredMaint.Core.Models;
using PredMaint.Worker.Models;

namespace PredMaint.Worker.Tests.Models;

public sealed class ModelShelfTests : IDisposable
{
    private readonly Stub first = new();
    private readonly Stub second = new();
    private readonly Stub kept = new();

    [Fact]
    public void A_model_is_disposed_of_when_the_last_thread_has_let_go_of_it()
    {
        var shelf = new ModelShelf([Entry(first), Entry(kept)]);
        var (one, two) = (shelf.Take(), shelf.Take());
        shelf.Replace([Entry(second), Entry(kept)]);
        Assert.Equal(0, first.Disposed);
        shelf.Take();
        shelf.Return(one);
        Assert.Equal(0, first.Disposed);
        shelf.Return(two);
        Assert.Equal((1, 0, 0), (first.Disposed, second.Disposed, kept.Disposed));
    }

    [Fact]
    public void What_no_thread_took_goes_at_once_and_what_one_has_at_the_end_stays()
    {
        var shelf = new ModelShelf([Entry(first)]);
        shelf.Replace([Entry(second)]);
        Assert.Equal(1, first.Disposed);
        var taken = shelf.Take();
        shelf.Clear();
        Assert.Equal(0, second.Disposed);
        shelf.Return(taken);
        Assert.Equal(1, second.Disposed);
    }

    public void Dispose()
    {
        foreach (var model in new[] { first, second, kept }) model.Dispose();
    }

    private static ModelEntry Entry(IModel model) => new(model, "*", new AlertPolicy { RaiseAt = 1, ClearAt = 1 });

    private sealed class Stub : IModel
    {
        public int Disposed { get; private set; }

        public ModelManifest Manifest => throw new NotSupportedException();

        public string Sha256 => "";

        public ModelShape Shape => throw new NotSupportedException();

        public string Provider => "cpu";

        public ModelBuffers CreateBuffers(int maxRows) => throw new NotSupportedException();

        public void Run(ModelBuffers buffers, int size) => throw new NotSupportedException();

        public void Dispose() => Disposed++;
    }
}
