using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using PredMaint.Core.Models;

namespace PredMaint.Onnx;

/// <summary>
/// Buffers whose first rows are bound to the graph's inputs and outputs, once for each batch size that was ever used, so
/// that a run neither copies nor allocates.
/// </summary>
internal sealed class OnnxBuffers(OnnxModel model, InferenceSession session, int maxRows)
    : ModelBuffers(model.Manifest, model.Shape, maxRows), IDisposable
{
    private readonly RunOptions options = new();
    private readonly Dictionary<int, Binding> bindings = [];
    private readonly bool onCpu = model.Provider == Sessions.Cpu;

    /// <summary>The model that these buffers fit.</summary>
    public OnnxModel Model => model;

    public void Run(int size)
    {
        if (!bindings.TryGetValue(size, out var binding))
        {
            if (!Sizes.Contains(size)) throw new ArgumentOutOfRangeException(nameof(size), size, $"allowed are {string.Join(", ", Sizes)}");
            bindings.Add(size, binding = Bind(size));
        }
        if (!onCpu) binding.SendInputs();
        session.RunWithBinding(options, binding.Io);
    }

    public void Dispose()
    {
        foreach (var binding in bindings.Values) binding.Dispose();
        options.Dispose();
    }

    private Binding Bind(int size)
    {
        var manifest = model.Manifest;
        var outputs = manifest.Outputs;
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
            binding.AddInput(state.Input, StatesIn[k], StateDims(state, size));
            binding.AddOutput(state.Output, StatesOut[k], StateDims(state, size));
        }
        Add(outputs.Score, Score);
        Add(outputs.Probability, Probability);
        Add(outputs.Rul, Rul);
        Add(outputs.Histogram, Histogram);
        Add(outputs.Forecast, Forecast);
        Add(outputs.Spread, Spread);
        Add(outputs.Expected, Expected);
        Add(outputs.Contribution, Contribution);
        return binding;

        void Add(string? name, float[] buffer)
        {
            if (name is not null) binding.AddOutput(name, buffer, [size, buffer.Length / MaxRows]);
        }
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

        public void AddOutput(string name, float[] buffer, long[] dims)
        {
            var value = Prefix(buffer, dims);
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

        private static OrtValue Prefix(float[] buffer, long[] dims)
        {
            var length = dims.Aggregate(1L, (product, dim) => product * dim);
            return OrtValue.CreateTensorValueFromMemory(
                OrtMemoryInfo.DefaultInstance, MemoryMarshal.CreateFromPinnedArray(buffer, 0, checked((int)length)), dims);
        }
    }
}
