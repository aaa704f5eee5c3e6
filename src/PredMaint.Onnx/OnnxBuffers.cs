using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using PredMaint.Core.Models;

namespace PredMaint.Onnx;

/// <summary>
/// Buffers whose first rows are bound to the graph's inputs and outputs, once for each batch size that was ever used, so
/// that a run allocates nothing. Outputs other than states pass through <see cref="AlignedOutput"/>.
/// </summary>
internal sealed class OnnxBuffers : ModelBuffers
{
    private readonly InferenceSession session;
    private readonly RunOptions options = new();
    private readonly Dictionary<int, Binding> bindings = [];
    private readonly AlignedOutput[] outputs;

    public OnnxBuffers(OnnxModel model, InferenceSession session, int maxRows) : base(model.Manifest, model.Shape, maxRows)
    {
        Model = model;
        this.session = session;
        outputs = [.. Outputs.Select(o => new AlignedOutput(o.Tensor, o.Values))];
    }

    /// <summary>The model that these buffers fit.</summary>
    public OnnxModel Model { get; }

    public void Run(int size)
    {
        if (!bindings.TryGetValue(size, out var binding))
        {
            if (!Sizes.Contains(size)) throw new ArgumentOutOfRangeException(nameof(size), size, $"allowed are {string.Join(", ", Sizes)}");
            bindings.Add(size, binding = Bind(size));
        }
        if (Model.Provider != Sessions.Cpu) binding.SendInputs();
        session.RunWithBinding(options, binding.Io);
        foreach (var output in outputs) output.Collect(size);
    }

    protected override void Dispose(bool disposing)
    {
        foreach (var binding in bindings.Values) binding.Dispose();
        bindings.Clear();
        foreach (var output in outputs) output.Dispose();
        options.Dispose();
        Model.Forget(this);
        base.Dispose(disposing);
    }

    private Binding Bind(int size)
    {
        var manifest = Model.Manifest;
        var binding = new Binding(session.CreateIoBinding());
        binding.AddInput(manifest.Input.Name, Input, [.. manifest.Input.Layout.Select(letter => letter switch
        {
            'B' => size,
            'F' => manifest.Features.Count,
            _ => (long)manifest.Steps,
        })]);
        for (var k = 0; k < manifest.States.Count; k++)
        {
            var state = manifest.States[k];
            var dims = StateDims(state, size);
            binding.AddInput(state.Input, StatesIn[k], dims);
            binding.AddOutput(state.Output, Binding.Prefix(StatesOut[k], dims));
        }
        foreach (var output in outputs) binding.AddOutput(output.Tensor.Name, output.Prefix(size));
        return binding;
    }

    private long[] StateDims(StateSpec state, int size)
    {
        var dims = Array.ConvertAll(session.InputMetadata[state.Input].Dimensions, d => (long)d);
        dims[state.Layout.IndexOf('B', StringComparison.Ordinal)] = size;
        return dims;
    }

    /// <summary>The tensors of one batch size.</summary>
    private sealed class Binding(OrtIoBinding io) : IDisposable
    {
        private readonly List<(string Name, OrtValue Value)> inputs = [];
        private readonly List<OrtValue> outputs = [];

        public OrtIoBinding Io => io;

        public void AddInput(string name, float[] buffer, long[] dims)
        {
            var value = Prefix(buffer, dims);
            inputs.Add((name, value));
            io.BindInput(name, value);
        }

        public void AddOutput(string name, OrtValue value)
        {
            outputs.Add(value);
            io.BindOutput(name, value);
        }

        /// <summary>A device of its own memory takes a copy of an input when that is bound, so it is bound for each run.</summary>
        public void SendInputs()
        {
            foreach (var (name, value) in inputs) io.BindInput(name, value);
            io.SynchronizeBoundInputs();
        }

        public void Dispose()
        {
            io.Dispose();
            foreach (var (_, value) in inputs) value.Dispose();
            foreach (var value in outputs) value.Dispose();
        }

        public static OrtValue Prefix(float[] buffer, long[] dims)
        {
            var length = dims.Aggregate(1L, (product, dim) => product * dim);
            return OrtValue.CreateTensorValueFromMemory(
                OrtMemoryInfo.DefaultInstance, MemoryMarshal.CreateFromPinnedArray(buffer, 0, checked((int)length)), dims);
        }
    }
}
