using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace PredMaint.Training.Networks;

/// <summary>
/// A causal transformer encoder (Vaswani et al. 2017), normalised before each part (Xiong et al. 2020): at each place attention
/// over the places up to it. It sees a window and has no state to go on from.
/// </summary>
internal sealed class TransformerBody : Body
{
    private const int Layers = 2;
    private const int Heads = 4;
    private const double Epsilon = 1e-5;

    private readonly Linear embed;
    private readonly ModuleList<Layer> layers = new();
    private readonly LayerNorm last;
    private readonly Tensor places;
    private readonly Tensor mask;

    /// <param name="steps">The longest window.</param>
    public TransformerBody(int inputs, int width, int steps) : base(nameof(TransformerBody), width)
    {
        embed = nn.Linear(inputs, width);
        for (var i = 0; i < Layers; i++) layers.Add(new Layer(width));
        last = nn.LayerNorm(width, Epsilon);
        places = tensor(Places(steps, width), [steps, 1, width]);
        mask = tensor(Mask(steps), [steps, steps]);
        register_buffer(nameof(places), places);
        register_buffer(nameof(mask), mask);
        RegisterComponents();
    }

    public override Tensor forward(Tensor z)
    {
        var steps = z.shape[0];
        // Not "+": see Kept.
        var x = embed.call(z).add(places.narrow(0, 0, steps), Learning.Kept.One);
        var seen = mask.narrow(0, 0, steps).narrow(1, 0, steps);
        foreach (var layer in layers) x = layer.call(x, seen);
        return last.call(x);
    }

    public override string Export(OnnxGraph g, string z, int steps, bool stateful, string prefix)
    {
        if (stateful) throw new NotSupportedException("a transformer has no state to go on from");
        var place = g.Initializer($"{prefix}places", [steps, 1, Width], Places(steps, Width));
        var seen = g.Initializer($"{prefix}mask", [steps, steps], Mask(steps));
        var x = g.Node("Add", [Export(g, embed, z, $"{prefix}embed"), place], $"{prefix}embedded");
        for (var i = 0; i < Layers; i++) x = layers[i].Export(g, x, seen, steps, $"{prefix}layer{i}");
        return Normalised(g, last, g.Node("Gather", [x, g.Initializer($"{prefix}end", [], [steps - 1L])], $"{prefix}x_row", ("axis", 0L)), $"{prefix}h_row");
    }

    private static string Normalised(OnnxGraph g, LayerNorm norm, string x, string name) => g.Node("LayerNormalization",
        [x, g.Initializer($"{name}.scale", norm.weight!.shape, Values(norm.weight!)), g.Initializer($"{name}.shift", norm.bias!.shape, Values(norm.bias!))], name, ("epsilon", (float)Epsilon));

    /// <summary>Sines and cosines of the place, [steps, width].</summary>
    private static float[] Places(int steps, int width) =>
        [.. from t in Enumerable.Range(0, steps) from k in Enumerable.Range(0, width) let angle = t / Math.Pow(10_000, (k - k % 2) / (double)width) select (float)(k % 2 == 0 ? Math.Sin(angle) : Math.Cos(angle))];

    /// <summary>[steps, steps], added to the scores: no place sees a later one.</summary>
    private static float[] Mask(int steps) => [.. from t in Enumerable.Range(0, steps) from seen in Enumerable.Range(0, steps) select seen > t ? -1e9f : 0];

    private sealed class Layer : nn.Module<Tensor, Tensor, Tensor>
    {
        private readonly int width;
        private readonly float scale;
        private readonly Scalar keptScale;
        private readonly LayerNorm attentionNorm;
        private readonly LayerNorm widenNorm;
        private readonly Linear query;
        private readonly Linear key;
        private readonly Linear value;
        private readonly Linear mix;
        private readonly Linear widen;
        private readonly Linear narrow;

        public Layer(int width) : base(nameof(Layer))
        {
            this.width = width;
            scale = 1 / MathF.Sqrt(width / Heads);
            keptScale = scale.ToScalar();
            (attentionNorm, widenNorm) = (nn.LayerNorm(width, Epsilon), nn.LayerNorm(width, Epsilon));
            (query, key, value, mix) = (nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, width));
            (widen, narrow) = (nn.Linear(width, 2 * width), nn.Linear(2 * width, width));
            RegisterComponents();
        }

        public override Tensor forward(Tensor x, Tensor mask)
        {
            var (steps, batch) = (x.shape[0], x.shape[1]);
            var n = attentionNorm.call(x);
            var scores = Part(query).matmul(Part(key).transpose(2, 3)).mul(keptScale).add(mask, Learning.Kept.One);
            var seen = nn.functional.softmax(scores, -1).matmul(Part(value)).permute(2, 0, 1, 3).reshape(steps, batch, width);
            x = x.add(mix.call(seen), Learning.Kept.One);
            return x.add(narrow.call(nn.functional.relu(widen.call(widenNorm.call(x)))), Learning.Kept.One);

            // [B,heads,T,width/heads]
            Tensor Part(Linear linear) => linear.call(n).view(steps, batch, Heads, width / Heads).permute(1, 2, 0, 3);
        }

        public string Export(OnnxGraph g, string x, string mask, int steps, string name)
        {
            var n = Normalised(g, attentionNorm, x, $"{name}.attentionNorm");
            var parts = g.Initializer($"{name}.parts", [4], [steps, -1L, Heads, width / Heads]);
            var scores = g.Node("Mul", [g.Node("MatMul", [Part(query, "query", [1, 2, 0, 3]), Part(key, "key", [1, 2, 3, 0])], $"{name}.products"), g.Initializer($"{name}.scale", [], [scale])], $"{name}.scores");
            var weights = g.Node("Softmax", [g.Node("Add", [scores, mask], $"{name}.masked")], $"{name}.weights", ("axis", -1L));
            var seen = g.Node("Transpose", [g.Node("MatMul", [weights, Part(value, "value", [1, 2, 0, 3])], $"{name}.heads")], $"{name}.turned", ("perm", new long[] { 2, 0, 1, 3 }));
            var joined = g.Node("Reshape", [seen, g.Initializer($"{name}.whole", [3], [steps, -1L, width])], $"{name}.seen");
            x = g.Node("Add", [x, Body.Export(g, mix, joined, $"{name}.mix")], $"{name}.attended");
            var wide = g.Node("Relu", [Body.Export(g, widen, Normalised(g, widenNorm, x, $"{name}.widenNorm"), $"{name}.widen")], $"{name}.wide");
            return g.Node("Add", [x, Body.Export(g, narrow, wide, $"{name}.narrow")], $"{name}.out");

            string Part(Linear linear, string part, long[] perm) => g.Node("Transpose",
                [g.Node("Reshape", [Body.Export(g, linear, n, $"{name}.{part}"), parts], $"{name}.{part}.parts")], $"{name}.{part}.turned", ("perm", perm));
        }
    }
}
