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
            Assert.Contains("its weights must be inside it", Assert.Single(Models.Refused(file)), StringComparison.Ordinal);
        }
        finally
        {
            foreach (var place in places) File.Delete(place);
        }
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
