using System.Text;

namespace PredMaint.Onnx;

/// <summary>
/// Finds tensors whose numbers lie in another file: the model's digest does not cover it, and its path is whatever the model
/// says. Walks the protobuf encoding (onnx.proto of github.com/onnx/onnx) only as far as tensors can be.
/// </summary>
internal ref struct ExternalData
{
    /// <summary>Each graph within a graph is three messages deeper; no exporter nests so far.</summary>
    private const int MaxDepth = 96;

    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Bytes = 2;
    private const int Fixed32 = 5;

    private enum Kind { Model, Graph, Node, Attribute, Tensor, SparseTensor, Function, Training }

    private static readonly Dictionary<(Kind In, int Field), Kind> Inner = new()
    {
        [(Kind.Model, 7)] = Kind.Graph, [(Kind.Model, 20)] = Kind.Training, [(Kind.Model, 25)] = Kind.Function,
        [(Kind.Training, 1)] = Kind.Graph, [(Kind.Training, 2)] = Kind.Graph,
        [(Kind.Function, 7)] = Kind.Node, [(Kind.Function, 11)] = Kind.Attribute,
        [(Kind.Graph, 1)] = Kind.Node, [(Kind.Graph, 5)] = Kind.Tensor, [(Kind.Graph, 15)] = Kind.SparseTensor,
        [(Kind.Node, 5)] = Kind.Attribute,
        [(Kind.Attribute, 5)] = Kind.Tensor, [(Kind.Attribute, 6)] = Kind.Graph, [(Kind.Attribute, 10)] = Kind.Tensor,
        [(Kind.Attribute, 11)] = Kind.Graph, [(Kind.Attribute, 22)] = Kind.SparseTensor, [(Kind.Attribute, 23)] = Kind.SparseTensor,
        [(Kind.SparseTensor, 1)] = Kind.Tensor, [(Kind.SparseTensor, 2)] = Kind.Tensor,
    };

    private ReadOnlySpan<byte> rest;

    private ExternalData(ReadOnlySpan<byte> message) => rest = message;

    /// <summary>Why the model must not be loaded; null where all of it is inside.</summary>
    public static string? Refusal(ReadOnlySpan<byte> model)
    {
        try
        {
            return Find(model, Kind.Model, depth: 0) is { } tensor
                ? $"its weights must be inside it, where its sha256 covers them: {tensor}" : null;
        }
        catch (InvalidDataException e)
        {
            return $"is not a model that ONNX Runtime loads: {e.Message}";
        }
    }

    private static string? Find(ReadOnlySpan<byte> message, Kind kind, int depth)
    {
        if (depth > MaxDepth) throw new InvalidDataException($"it is nested deeper than {MaxDepth} messages");
        var fields = new ExternalData(message);
        var (name, location, isOutside) = ("", "", false);
        while (fields.Next(out var field, out var type, out var number, out var bytes))
        {
            if (kind == Kind.Tensor) switch (field, type)
            {
                case (8, Bytes): name = Encoding.UTF8.GetString(bytes); break;
                case (13, Bytes): location = Location(bytes) ?? location; break;
                case (14, Varint): isOutside = unchecked((int)number) == 1; break;
            }
            else if (type == Bytes && Inner.TryGetValue((kind, field), out var inner) && Find(bytes, inner, depth + 1) is { } found) return found;
        }
        return isOutside ? $"tensor {name} lies in {location}" : null;
    }

    /// <summary>Of an entry of <c>external_data</c>, the value under the key "location".</summary>
    private static string? Location(ReadOnlySpan<byte> entry)
    {
        var fields = new ExternalData(entry);
        var (isLocation, value) = (false, "");
        while (fields.Next(out var field, out var type, out _, out var bytes))
        {
            if (field == 1 && type == Bytes) isLocation = bytes.SequenceEqual("location"u8);
            if (field == 2 && type == Bytes) value = Encoding.UTF8.GetString(bytes);
        }
        return isLocation ? value : null;
    }

    private bool Next(out int field, out int type, out ulong number, out ReadOnlySpan<byte> bytes)
    {
        (field, type, number) = (0, 0, 0);
        bytes = default;
        if (rest.IsEmpty) return false;
        var tag = ReadVarint();
        (field, type) = ((int)(tag >> 3), (int)(tag & 7));
        switch (type)
        {
            case Varint: number = ReadVarint(); break;
            case Fixed64: Take(8); break;
            case Fixed32: Take(4); break;
            case Bytes: bytes = Take(ReadVarint()); break;
            // Groups are not of this format; skipping one wrongly would hide what follows.
            default: throw new InvalidDataException($"a field of the unknown wire type {type}");
        }
        return true;
    }

    private ulong ReadVarint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }
        throw new InvalidDataException("a number of more than ten bytes");
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)rest.Length) throw new InvalidDataException("it ends in the middle of a field");
        var taken = rest[..(int)length];
        rest = rest[(int)length..];
        return taken;
    }
}
