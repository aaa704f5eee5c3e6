using System.Runtime.InteropServices;
using Google.Protobuf;
using PredMaint.Training.Export.Proto;
using Attribute = PredMaint.Training.Export.Proto.Attribute;

namespace PredMaint.Training.Export;

/// <summary>
/// Builds an ONNX file node by node. Every method that adds a tensor returns its name, so that calls chain:
/// <code>
/// var g = new OnnxGraph("example");
/// var x = g.Input("x", ["B", 3]);
/// var w = g.Initializer("w", [3, 1], new float[] { 1, 2, 3 });
/// g.Output(g.Node("MatMul", [x, w], "y"), ["B", 1]);
/// File.WriteAllBytes("example.onnx", g.ToBytes());
/// </code>
/// Nothing is checked here: ONNX Runtime checks the graph when it loads it.
/// </summary>
public sealed class OnnxGraph
{
    /// <summary>The format's version that came with operator set 17.</summary>
    private const int IrVersion = 8;
    private const int OperatorSetVersion = 17;

    private readonly Model model;

    public OnnxGraph(string name)
    {
        model = new Model { IrVersion = IrVersion, ProducerName = "predmaint", Graph = new Graph { Name = name } };
        model.OpsetImport.Add(new OperatorSet { Version = OperatorSetVersion });
    }

    /// <summary>A graph input; a dimension is a number or, where it is free, a letter.</summary>
    public string Input(string name, ReadOnlySpan<OnnxDimension> dims, ElementType type = ElementType.Float)
    {
        model.Graph.Input.Add(NewValue(name, dims, type));
        return name;
    }

    /// <summary>Makes the tensor of that name a graph output.</summary>
    public void Output(string name, ReadOnlySpan<OnnxDimension> dims, ElementType type = ElementType.Float) =>
        model.Graph.Output.Add(NewValue(name, dims, type));

    /// <summary>A constant, row-major; a scalar where <paramref name="dims"/> is empty.</summary>
    public string Initializer(string name, ReadOnlySpan<long> dims, ReadOnlySpan<float> values) =>
        Initializer(name, dims, values.Length, MemoryMarshal.AsBytes(values), ElementType.Float);

    public string Initializer(string name, ReadOnlySpan<long> dims, ReadOnlySpan<long> values) =>
        Initializer(name, dims, values.Length, MemoryMarshal.AsBytes(values), ElementType.Int64);

    /// <summary>A node with one output; returns its name. An empty input name is an optional input left out.</summary>
    public string Node(string op, ReadOnlySpan<string> inputs, string output, params ReadOnlySpan<OnnxAttribute> attributes)
    {
        Node(op, inputs, [output], attributes);
        return output;
    }

    /// <summary>A node with several outputs; an empty name is an output left out.</summary>
    public void Node(string op, ReadOnlySpan<string> inputs, ReadOnlySpan<string> outputs, params ReadOnlySpan<OnnxAttribute> attributes)
    {
        var node = new Node { OpType = op, Name = $"{op}_{model.Graph.Node.Count}" };
        foreach (var input in inputs) node.Input.Add(input);
        foreach (var output in outputs) node.Output.Add(output);
        foreach (var attribute in attributes) node.Attribute.Add(attribute.Value);
        model.Graph.Node.Add(node);
    }

    /// <summary>An entry of the file's <c>metadata_props</c>.</summary>
    public void Metadata(string key, string value) => model.MetadataProps.Add(new Metadata { Key = key, Value = value });

    /// <summary>The file; the same calls give the same bytes.</summary>
    public byte[] ToBytes() => model.ToByteArray();

    private string Initializer(string name, ReadOnlySpan<long> dims, int length, ReadOnlySpan<byte> bytes, ElementType type)
    {
        var tensor = new Tensor { Name = name, DataType = type, RawData = ByteString.CopyFrom(bytes) };
        long expected = 1;
        foreach (var dim in dims) { tensor.Dims.Add(dim); expected *= dim; }
        if (length != expected) throw new ArgumentException($"{name} has {length} values, its dimensions make {expected}", nameof(length));
        model.Graph.Initializer.Add(tensor);
        return name;
    }

    private static Value NewValue(string name, ReadOnlySpan<OnnxDimension> dims, ElementType type)
    {
        var shape = new Shape();
        foreach (var dim in dims) shape.Dim.Add(dim.Value);
        return new Value { Name = name, Type = new TypeOfValue { TensorType = new TensorType { ElemType = type, Shape = shape } } };
    }
}

/// <summary>A dimension of an input or output: a number, or a name where it is free.</summary>
public sealed class OnnxDimension
{
    private OnnxDimension(Dimension value) => Value = value;

    internal Dimension Value { get; }

    public static implicit operator OnnxDimension(int size) => new(new Dimension { DimValue = size });
    public static implicit operator OnnxDimension(string name) => new(new Dimension { DimParam = name });
}

/// <summary>An attribute of a node, written as a pair: <c>("hidden_size", 64)</c>, <c>("perm", new long[] { 1, 0 })</c>.</summary>
public sealed class OnnxAttribute
{
    private OnnxAttribute(Attribute value) => Value = value;

    internal Attribute Value { get; }

    public static implicit operator OnnxAttribute((string Name, long Value) a) =>
        new(new Attribute { Name = a.Name, Type = Attribute.Types.Type.Int, I = a.Value });

    public static implicit operator OnnxAttribute((string Name, float Value) a) =>
        new(new Attribute { Name = a.Name, Type = Attribute.Types.Type.Float, F = a.Value });

    public static implicit operator OnnxAttribute((string Name, string Value) a) =>
        new(new Attribute { Name = a.Name, Type = Attribute.Types.Type.String, S = ByteString.CopyFromUtf8(a.Value) });

    public static implicit operator OnnxAttribute((string Name, long[] Values) a) =>
        new(new Attribute { Name = a.Name, Type = Attribute.Types.Type.Ints, Ints = { a.Values } });

    public static implicit operator OnnxAttribute((string Name, float[] Values) a) =>
        new(new Attribute { Name = a.Name, Type = Attribute.Types.Type.Floats, Floats = { a.Values } });

    public static implicit operator OnnxAttribute((string Name, string[] Values) a) =>
        new(new Attribute { Name = a.Name, Type = Attribute.Types.Type.Strings, Strings = { a.Values.Select(ByteString.CopyFromUtf8) } });
}

/// <summary>The rows of an LSTM's weights: Torch stacks the gates i, f, g, o; ONNX stacks them i, o, f, c (its c is Torch's g).</summary>
public static class GateOrder
{
    private static readonly int[] TorchGateOfOnnx = [0, 3, 1, 2];

    /// <param name="torch">[4*hidden, width] row-major, or [4*hidden].</param>
    public static float[] ToOnnx(ReadOnlySpan<float> torch, int hidden)
    {
        var gate = torch.Length / TorchGateOfOnnx.Length;
        if (gate * TorchGateOfOnnx.Length != torch.Length || gate % hidden != 0)
            throw new ArgumentException($"{torch.Length} values are not four gates of {hidden} units", nameof(torch));
        var onnx = new float[torch.Length];
        for (var i = 0; i < TorchGateOfOnnx.Length; i++)
            torch.Slice(TorchGateOfOnnx[i] * gate, gate).CopyTo(onnx.AsSpan(i * gate));
        return onnx;
    }
}
