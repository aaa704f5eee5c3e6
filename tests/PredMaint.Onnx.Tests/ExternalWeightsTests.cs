using Google.Protobuf;
using PredMaint.Training.Export.Proto;

namespace PredMaint.Onnx.Tests;

public class ExternalWeightsTests
{
    [Fact]
    public void Weights_outside_the_file_are_refused_since_the_digest_does_not_cover_them()
    {
        var location = $"{Guid.NewGuid():N}.data";
        var model = Model.Parser.ParseFrom(Tiny.Window().ToBytes());
        var weights = Assert.Single(model.Graph.Initializer, tensor => tensor.Name == "w");
        var data = weights.RawData.ToByteArray();
        weights.RawData = ByteString.Empty;
        model.Graph.Initializer.Remove(weights);
        model.Graph.Initializer.Add(MoveOut(weights, location));
        var file = Models.Write(model.ToByteArray());
        string[] places = [Path.Combine(Path.GetDirectoryName(file)!, location), Path.GetFullPath(location)];
        try
        {
            foreach (var place in places) File.WriteAllBytes(place, data);
            Assert.EndsWith($"its weights must be inside it, where its sha256 covers them: tensor w lies in {location}", Assert.Single(Models.Refused(file)), StringComparison.Ordinal);
        }
        finally
        {
            foreach (var place in places) File.Delete(place);
        }
    }

    /// <summary>Field numbers of onnx.proto, from the model to a tensor.</summary>
    [Theory]
    [InlineData("an initialiser", 7, 5)]
    [InlineData("a sparse initialiser's indices", 7, 15, 2)]
    [InlineData("a constant", 7, 1, 5, 5)]
    [InlineData("a list of constants", 7, 1, 5, 10)]
    [InlineData("a branch", 7, 1, 5, 6, 5)]
    [InlineData("a function's sparse constant", 25, 7, 5, 22, 1)]
    [InlineData("the training's graph", 20, 1, 5)]
    public void They_are_found_wherever_a_tensor_can_be(string what, params int[] path)
    {
        var model = path.Reverse().Aggregate(MoveOut(new Tensor { Name = what }, "elsewhere").ToByteArray(), (inner, field) => Field(field, inner));
        Assert.EndsWith($": tensor {what} lies in elsewhere", ExternalData.Refusal([.. Field(2, "exporter"u8.ToArray()), .. model]), StringComparison.Ordinal);
        Assert.Null(ExternalData.Refusal(path.Reverse().Aggregate(new Tensor { Name = what }.ToByteArray(), (inner, field) => Field(field, inner))));
    }

    [Fact]
    public void What_cannot_be_walked_to_its_end_is_refused()
    {
        var model = Tiny.Window().ToBytes();
        Assert.Null(ExternalData.Refusal(model));
        Assert.NotNull(ExternalData.Refusal(model.AsSpan()[..^1]));
        // A group, in which the rest would hide.
        Assert.NotNull(ExternalData.Refusal([0x0B, .. model]));
        Assert.NotNull(ExternalData.Refusal(Field(7, Enumerable.Range(0, 100).Aggregate(Array.Empty<byte>(), (inner, _) => Field(1, Field(5, Field(6, inner)))))));
    }

    private static byte[] Field(int number, byte[] content)
    {
        using var bytes = new MemoryStream();
        using var writer = new CodedOutputStream(bytes);
        writer.WriteTag(number, WireFormat.WireType.LengthDelimited);
        writer.WriteBytes(ByteString.CopyFrom(content));
        writer.Flush();
        return bytes.ToArray();
    }

    /// <summary>The tensor with the format's fields external_data (13) and data_location (14, 1 = external).</summary>
    private static Tensor MoveOut(Tensor weights, string location)
    {
        using var bytes = new MemoryStream();
        using var writer = new CodedOutputStream(bytes);
        weights.WriteTo(writer);
        writer.WriteTag(13, WireFormat.WireType.LengthDelimited);
        writer.WriteMessage(new Metadata { Key = "location", Value = location });
        writer.WriteTag(14, WireFormat.WireType.Varint);
        writer.WriteInt32(1);
        writer.Flush();
        return Tensor.Parser.ParseFrom(bytes.ToArray());
    }
}
