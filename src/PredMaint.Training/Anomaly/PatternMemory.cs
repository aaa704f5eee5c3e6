using System.Text.Json.Nodes;
using PredMaint.Core.Models;
using PredMaint.Training.Export.Proto;

namespace PredMaint.Training.Anomaly;

/// <summary>
/// A model without weights, for machines that nobody has a history of: each remembers what its own sensors did lately, and a reading
/// scores by how far it lies from all that is remembered (the nearest neighbour's distance; the memory grows by leader clustering,
/// Hartigan 1975). It is one recurrent step in ONNX; the machine's memory is its state.
/// <para>
/// By sensor: readings are smoothed to a level; the last <see cref="Taps"/> levels are its pattern; of the patterns that are older
/// than <see cref="Delay"/> readings those are remembered, in place of the oldest, that differ from all others by more than
/// <see cref="Novelty"/> deviations. The distance of the pattern of now, smoothed, is told in units of what was usual in the sensor's
/// warm-up; the largest of the sensors is the score. While the score holds above <see cref="HoldAbove"/> nothing is remembered, else
/// a fault would soon be normal; what is left when it has gone back to a share of its peak, or after <see cref="HoldSteps"/>, is.
/// A sensor that is missing counts as not there: its memory stands still, and one that comes later has a warm-up of its own.
/// </para>
/// </summary>
internal sealed record PatternMemory(IReadOnlyList<string> Features)
{
    /// <summary>Readings from which deviation and usual distance are learnt; they give no score.</summary>
    public int Warmup { get; init; } = 400;

    /// <summary>Time constant of a level, in readings; 1 is the reading itself.</summary>
    public int Smoothing { get; init; } = 4;

    /// <summary>W, levels in a pattern.</summary>
    public int Taps { get; init; } = 4;

    /// <summary>K, patterns that a sensor remembers.</summary>
    public int Patterns { get; init; } = 256;

    /// <summary>Readings after which a pattern may be remembered.</summary>
    public int Delay { get; init; } = 10;

    /// <summary>Time constant of a distance, in readings.</summary>
    public int DistanceSmoothing { get; init; } = 10;

    /// <summary>Score at which nothing is remembered any more; null where everything is.</summary>
    public float? HoldAbove { get; init; } = 5;

    /// <summary>Readings after which a hold ends whatever the score: the machine has changed for good.</summary>
    public int HoldSteps { get; init; } = 400;

    /// <summary>Share of <see cref="HoldAbove"/> below which all is remembered again.</summary>
    public const float ReleaseShare = 0.7f;

    /// <summary>Of the highest score of a hold: below it the machine is taken to have come to rest, wherever that is.</summary>
    private const float RestShare = 0.3f;

    /// <summary>In standard deviations of the readings of the warm-up.</summary>
    private const float Novelty = 0.02f;

    /// <summary>Of a deviation, added to what is usual: a sensor that told nothing new in the warm-up is not infinitely sure.</summary>
    private const float Doubt = 0.05f;

    /// <summary>Of a sensor's mean, the least deviation: what a 32-bit float may lose is no change.</summary>
    private const float Resolution = 1e-6f;

    /// <summary>So that nothing is divided by zero.</summary>
    private const float Least = 1e-12f;

    /// <summary>The first part of the warm-up, in which everything is new, tells nothing about the usual distance.</summary>
    private int UsualFrom => Warmup / 4 + Delay;

    /// <summary>Beyond them nothing depends on how many readings there were.</summary>
    private int CountedSteps => Math.Max(Warmup + 1, Math.Max(Smoothing, Delay + Taps));

    /// <summary>Distances to a pattern that is not there yet.</summary>
    private const float Far = 1e30f;

    /// <summary>The ONNX file, its manifest inside.</summary>
    /// <param name="alert">When it alerts; null where that is yet to be chosen.</param>
    /// <param name="trained">Where its settings come from; null where nowhere.</param>
    public byte[] ToBytes(ModelName name, JsonObject? alert, JsonObject? trained)
    {
        var g = new OnnxGraph(name.Name);
        var states = Export(g);
        var manifest = new JsonObject
        {
            ["name"] = name.Name,
            ["version"] = name.Version,
            ["kind"] = "anomaly",
            ["mode"] = "stateful",
            ["features"] = new JsonArray([.. Features.Select(f => JsonValue.Create(f))]),
            ["optional"] = new JsonArray([.. Features.Select(f => JsonValue.Create(f))]),
            ["input"] = new JsonObject { ["name"] = "x", ["layout"] = "TBF" },
            ["states"] = new JsonArray([.. states.Select(s => new JsonObject { ["input"] = s.Name, ["output"] = $"{s.Name}_next", ["layout"] = s.Layout })]),
            ["outputs"] = new JsonObject { ["score"] = "score", ["contribution"] = "distance", ["expected"] = "expected" },
            ["warmup"] = Warmup,
        };
        if (alert is not null) manifest["alert"] = alert;
        if (trained is not null) manifest["trained"] = trained;
        g.Metadata(ModelManifest.MetadataKey, manifest.ToJsonString());
        return g.ToBytes();
    }

    private IReadOnlyList<(string Name, string Layout)> Export(OnnxGraph g)
    {
        var m = new Memory(g, this);
        m.Read();
        m.Level();
        m.Recent();
        m.Remember();
        m.Score();
        if (HoldAbove is { } limit) m.Hold(limit);
        return m.States;
    }

    /// <summary>The step as ONNX nodes; each method a part of it. Rows [B,F] unless said.</summary>
    private sealed class Memory(OnnxGraph g, PatternMemory of)
    {
        private readonly long sensors = of.Features.Count;
        private readonly List<(string, string)> states = [];
        private readonly Dictionary<float, string> numbers = [];
        private readonly string slots = g.Initializer("slots", [of.Patterns], [.. Enumerable.Range(0, of.Patterns).Select(i => (float)i)]);
        private int nodes;

        public IReadOnlyList<(string Name, string Layout)> States => states;

        private int RecentSteps => of.Delay + of.Taps;

        /// <summary>Names of: whether the reading is there; readings of the sensor with this one; in the warm-up, 0 or 1; the reading; its deviation; the level; its last ones [B,F,R].</summary>
        private string isThere = "", count = "", isWarmup = "", x = "", deviation = "", level = "", recent = "";

        private string novelty = "", nearest = "";

        public void Read()
        {
            var readings = Op("Squeeze", g.Input("x", [1, "B", (int)sensors]), Integers(0));
            isThere = Op("Not", Op("IsNaN", readings));
            var before = State("count", "BF", sensors);
            // To count on would end where floats cannot tell numbers apart any more.
            count = Next("count", Op("Min", Op("Add", before, Flag(isThere)), Number(of.CountedSteps)), "B", sensors);
            isWarmup = Op("Mul", Flag(isThere), Flag(Op("Less", before, Number(of.Warmup))));
            level = State("level", "BF", sensors);
            x = Op("Where", isThere, readings, level);
        }

        /// <summary>Level, and mean and deviation of the warm-up's readings (Welford 1962).</summary>
        public void Level()
        {
            // Before the first reading there is nothing to divide.
            var some = Op("Max", count, Number(1));
            level = Next("level", Op("Add", level, Op("Div", Op("Sub", x, level), Op("Min", some, Number(of.Smoothing)))), "B", sensors);
            var (mean, squares) = (State("mean", "BF", sensors), State("squares", "BF", sensors));
            var off = Op("Mul", Op("Sub", x, mean), isWarmup);
            mean = Next("mean", Op("Add", mean, Op("Div", off, some)), "B", sensors);
            squares = Next("squares", Op("Add", squares, Op("Mul", off, Op("Sub", x, mean))), "B", sensors);
            var spread = Op("Sqrt", Op("Div", squares, Op("Min", some, Number(of.Warmup))));
            deviation = Op("Add", Op("Max", spread, Op("Mul", Op("Abs", mean), Number(Resolution))), Number(Least));
        }

        public void Recent()
        {
            var before = State("recent", "BFH", sensors, RecentSteps);
            var longer = Op("Concat", [Slice(before, 1, RecentSteps), Op("Unsqueeze", level, Integers(2))], ("axis", 2L));
            recent = Next("recent", Op("Where", Op("Unsqueeze", isThere, Integers(2)), longer, before), "B", sensors, RecentSteps);
        }

        /// <summary>The pattern that ended <see cref="Delay"/> steps ago goes into the memory, where it is new; then the distance of the pattern of now.</summary>
        public void Remember()
        {
            // Patterns lie along the last dimension, where the arithmetic is fast.
            var (patterns, used) = (State("patterns", "BFLH", sensors, of.Taps, of.Patterns), State("used", "BF", sensors));
            var old = Op("Unsqueeze", Slice(recent, 0, of.Taps), Integers(3));
            var isNew = Op("Greater", Nearest(patterns, used, old).Distance, Op("Mul", deviation, Number(Novelty)));
            var insert = Op("And", Op("And", isNew, isThere), Op("GreaterOrEqual", count, Number(RecentSteps)));
            if (of.HoldAbove is not null) insert = Op("And", insert, IsLearning());
            var slot = Op("Mod", [used, Number(of.Patterns)], ("fmod", 1L));
            var here = Op("And", Op("Equal", slots, Op("Unsqueeze", slot, Integers(2))), Op("Unsqueeze", insert, Integers(2)));
            patterns = Next("patterns", Op("Where", Op("Unsqueeze", here, Integers(2)), old, patterns), "B", sensors, of.Taps, of.Patterns);
            var more = Op("Add", used, Flag(insert));
            used = Next("used", Op("Where", Op("Less", more, Number(2 * of.Patterns)), more, Op("Sub", more, Number(of.Patterns))), "B", sensors);
            var now = Nearest(patterns, used, Op("Unsqueeze", Slice(recent, of.Delay, RecentSteps), Integers(3)));
            var isKnown = Op("And", Op("Greater", used, Number(0)), Op("GreaterOrEqual", count, Number(of.Taps)));
            novelty = Op("Where", isKnown, now.Distance, Number(0));
            var last = Op("Squeeze", Op("Slice", patterns, Integers(of.Taps - 1), Integers(of.Taps), Integers(2)), Integers(2));
            var found = Op("Squeeze", Op("GatherElements", [last, Op("Unsqueeze", now.Index, Integers(2))], ("axis", 2L)), Integers(2));
            nearest = Op("Where", isKnown, found, level);
        }

        /// <summary>Root mean square distance of a pattern [B,F,W,1] to the nearest of [B,F,W,K], and which that is.</summary>
        /// <param name="used">Patterns that are there: those after them are infinitely far.</param>
        private (string Distance, string Index) Nearest(string patterns, string used, string pattern)
        {
            var off = Op("Sub", patterns, pattern);
            var mean = Op("ReduceMean", [Op("Mul", off, off)], ("axes", new[] { 2L }), ("keepdims", 0L));
            var there = Op("Where", Op("Less", slots, Op("Unsqueeze", used, Integers(2))), mean, Number(Far));
            return (Op("Sqrt", Op("ReduceMin", [there], ("axes", new[] { 2L }), ("keepdims", 0L))), Op("ArgMin", [there], ("axis", 2L), ("keepdims", 0L)));
        }

        public void Score()
        {
            var before = State("novelty", "BF", sensors);
            var after = Op("Add", before, Op("Div", Op("Sub", novelty, before), Number(of.DistanceSmoothing)));
            var distance = Next("novelty", Op("Where", isThere, after, before), "B", sensors);
            var told = Op("Mul", isWarmup, Flag(Op("Greater", count, Number(of.UsualFrom))));
            var usual = Next("usual", Op("Add", State("usual", "BF", sensors), Op("Mul", told, Op("Mul", novelty, novelty))), "B", sensors);
            var times = Op("Max", Op("Sub", Op("Min", count, Number(of.Warmup)), Number(of.UsualFrom)), Number(1));
            var unit = Op("Add", Op("Sqrt", Op("Div", usual, times)), Op("Mul", deviation, Number(Doubt)));
            Output("distance", Op("Where", IsKnown(), Op("Div", distance, unit), Number(0)), sensors);
            Output("score", Op("ReduceMax", ["distance"], ("axes", new[] { 1L })), 1);
            Output("expected", nearest, sensors);
        }

        /// <summary>The sensor's warm-up is over.</summary>
        private string IsKnown() => Op("Greater", count, Number(of.Warmup));

        /// <summary>States held [B,1], its readings so far, and peak [B,1], its highest score, are 0 where there is no hold.</summary>
        public void Hold(float limit)
        {
            var goesOn = Op("And", Op("Greater", "peak", Number(0)), Op("GreaterOrEqual", "score", Number(limit * ReleaseShare)));
            var isHeld = Op("Or", Op("Greater", "score", Number(limit)), goesOn);
            Next("held", Op("Where", isHeld, Op("Add", "held", Number(1)), Number(0)), "B", 1);
            Next("peak", Op("Where", isHeld, Op("Max", "peak", "score"), Number(0)), "B", 1);
            Next("before", Op("Identity", "score"), "B", 1);
        }

        /// <summary>By what was so before this step [B,1].</summary>
        private string IsLearning()
        {
            var (held, peak, before) = (State("held", "BH", 1), State("peak", "BH", 1), State("before", "BH", 1));
            var isOver = Op("Or", Op("Equal", held, Number(0)), Op("Greater", held, Number(of.HoldSteps)));
            return Op("Or", isOver, Op("Less", before, Op("Mul", peak, Number(RestShare))));
        }

        private string State(string name, string layout, params ReadOnlySpan<long> dims)
        {
            states.Add((name, layout));
            return g.Input(name, ["B", .. Sizes(dims)]);
        }

        /// <summary>The state's successor; returns its name.</summary>
        private string Next(string state, string value, string batch, params ReadOnlySpan<long> dims)
        {
            var name = g.Node("Identity", [value], $"{state}_next");
            g.Output(name, [batch, .. Sizes(dims)]);
            return name;
        }

        private void Output(string name, string value, long width) => g.Output(g.Node("Identity", [value], name), ["B", (int)width]);

        private static OnnxDimension[] Sizes(ReadOnlySpan<long> dims)
        {
            var sizes = new OnnxDimension[dims.Length];
            for (var i = 0; i < dims.Length; i++) sizes[i] = (int)dims[i];
            return sizes;
        }

        /// <summary>[from, to) of the last dimension of [B,F,R].</summary>
        private string Slice(string rows, int from, int to) => Op("Slice", rows, Integers(from), Integers(to), Integers(2));

        private string Op(string op, params ReadOnlySpan<string> inputs) => g.Node(op, inputs, $"n{nodes++}");

        private string Op(string op, string[] inputs, params ReadOnlySpan<OnnxAttribute> attributes) => g.Node(op, inputs, $"n{nodes++}", attributes);

        /// <summary>1 where it is so.</summary>
        private string Flag(string condition) => Op("Cast", [condition], ("to", (long)ElementType.Float));

        private string Number(float value)
        {
            if (!numbers.TryGetValue(value, out var name)) numbers.Add(value, name = g.Initializer($"number{numbers.Count}", [], [value]));
            return name;
        }

        private string Integers(long value) => g.Initializer($"index{nodes++}", [1], [value]);
    }
}
