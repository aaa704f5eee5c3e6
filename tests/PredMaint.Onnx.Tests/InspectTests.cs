using PredMaint.Core.Models;

namespace PredMaint.Onnx.Tests;

public class InspectTests
{
    [Fact]
    public void A_good_model_is_described()
    {
        var file = Models.Fixture("stateful.onnx");
        var description = OnnxModel.Inspect(file, Models.Cpu);
        Assert.Empty(description.Mistakes);
        Assert.Equal("cpu", description.Provider);
        Assert.Equal(ModelMode.Stateful, description.Manifest?.Mode);
        Assert.Equal(64, description.Sha256?.Length);
        Assert.Equal(["x", "h1", "c1", "h2", "c2"], description.Inputs.Select(t => t.Name));
        Assert.Equal([-1, -1, 14], description.Inputs[0].Shape);
        Assert.Contains(description.Outputs, t => t is { Name: "y", Type: "Float" });
    }

    [Fact]
    public void A_model_that_would_be_refused_still_shows_its_tensors()
    {
        var description = OnnxModel.Inspect(Models.Write(Tiny.Window(), manifest: null), Models.Cpu);
        Assert.Null(description.Manifest);
        Assert.Single(description.Mistakes);
        Assert.Equal("x", Assert.Single(description.Inputs).Name);
        Assert.Equal([-1, 1], Assert.Single(description.Outputs).Shape);
    }

    [Fact]
    public void A_missing_file_is_a_mistake_of_the_description() =>
        Assert.Single(OnnxModel.Inspect("nowhere.onnx", Models.Cpu).Mistakes);
}
