using PredMaint.Core.Models;

namespace PredMaint.Onnx.Tests;

public class RunTests
{
    [Theory]
    [InlineData("win.onnx")]
    [InlineData("stateful.onnx")]
    public void A_run_allocates_next_to_nothing(string fixture)
    {
        const int runs = 1000;
        using var model = Models.Load(Models.Fixture(fixture));
        var buffers = model.CreateBuffers(16);
        for (var i = 0; i < 10; i++) model.Run(buffers, 16);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < runs; i++) model.Run(buffers, 16);
        var perRun = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)runs;
        Assert.True(perRun <= 4, $"{perRun} bytes a run");
    }

    [Fact]
    public void Threads_with_buffers_of_their_own_share_a_model()
    {
        using var model = Models.Load(Models.Fixture("stateful.onnx"));
        int[] Result(ModelBuffers buffers, int seed)
        {
            new Row(model, seed).Put(buffers, 16, seed);
            model.Run(buffers, 16);
            return Row.Result(model, buffers, 16, seed);
        }
        var expected = Enumerable.Range(0, 4).Select(seed => Result(model.CreateBuffers(16), seed)).ToArray();
        Parallel.For(0, 4, seed =>
        {
            var buffers = model.CreateBuffers(16);
            for (var i = 0; i < 100; i++) Assert.Equal(expected[seed], Result(buffers, seed));
        });
    }

    [Fact]
    public void Batches_are_whole_vectors_and_hold_what_was_asked()
    {
        using var model = Models.Load(Models.Fixture("stateful.onnx"));
        for (var maxRows = 1; maxRows < 600; maxRows += 7)
        {
            var buffers = model.CreateBuffers(maxRows);
            Assert.All(buffers.Sizes, size => Assert.Equal(0, size % 8));
            Assert.Equal(buffers.Sizes.Order().Distinct(), buffers.Sizes);
            Assert.InRange(buffers.MaxRows, maxRows, maxRows + 7);
        }
    }

    [Fact]
    public void A_size_that_is_none_of_the_buffers_is_refused()
    {
        using var model = Models.Load(Models.Fixture("stateful.onnx"));
        var buffers = model.CreateBuffers(16);
        Assert.Contains("allowed are 8, 16", Assert.Throws<ArgumentOutOfRangeException>(() => model.Run(buffers, 17)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Buffers_of_another_model_are_refused()
    {
        using var model = Models.Load(Models.Fixture("stateful.onnx"));
        using var other = Models.Load(Models.Fixture("stateful.onnx"));
        Assert.Throws<ArgumentException>(() => model.Run(other.CreateBuffers(16), 16));
    }
}
