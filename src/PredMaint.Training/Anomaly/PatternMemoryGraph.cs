using PredMaint.Training.Export.Proto;

namespace PredMaint.Training.Anomaly;

/// <content>The step as a graph.</content>
internal sealed partial record PatternMemory
{
    /// <summary>The step as ONNX nodes; each method a part of it. Rows [B,F] unless said.</summary>
    private sealed class Memory(OnnxGraph g, PatternMemory of)
    {
        private readonly long sensors = of.Features.Count;
        private readonly List<(string, string)> states = [];
        private readonly Dictionary<float, string> numbers = [];
        private readonly Dictionary<int, string> slots = [];
        private int nodes;

        public IReadOnlyList<(string Name, string Layout)> States => states;

        /// <summary>Of all states, a machine.</summary>
        public long Floats { get; private set; }

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

        /// <summary>Mean and deviation of the warm-up's readings (Welford 1962), in which one that is far off counts as a little off; and the level.</summary>
        public void Level()
        {
            // Before the first reading there is nothing to divide.
            var some = Op("Max", count, Number(1));
            var (mean, squares) = (State("mean", "BF", sensors), State("squares", "BF", sensors));
            var others = Op("Max", Op("Sub", count, Number(1)), Number(1));
            var isTrusted = Op("And", Op("Greater", count, Number(TrustedReadings)), Op("Greater", Op("Sqrt", Op("Div", squares, others)), Op("Add", Resolved(mean), Number(Least))));
            var far = Op("Where", isTrusted, Op("Mul", Deviation(mean, squares, others), Number(Outlier)), Number(Far));
            var near = Op("Max", Op("Min", Op("Sub", x, mean), far), Op("Neg", far));
            var off = Op("Mul", near, isWarmup);
            mean = Next("mean", Op("Add", mean, Op("Div", off, some)), "B", sensors);
            squares = Next("squares", Op("Add", squares, Op("Mul", Op("Mul", off, off), Op("Div", Op("Sub", some, Number(1)), some))), "B", sensors);
            deviation = Deviation(mean, squares, Op("Min", some, Number(of.Warmup)));
            level = Next("level", Op("Add", level, Op("Div", Op("Sub", x, level), Op("Min", some, Number(of.Smoothing)))), "B", sensors);
        }

        private string Deviation(string mean, string squares, string readings) =>
            Op("Add", Op("Max", Op("Sqrt", Op("Div", squares, readings)), Resolved(mean)), Number(Least));

        private string Resolved(string mean) => Op("Mul", Op("Abs", mean), Number(Resolution));

        public void Recent()
        {
            var before = State("recent", "BFH", sensors, RecentSteps);
            var longer = Op("Concat", [Slice(before, 1, RecentSteps), Op("Unsqueeze", level, Integers(2))], ("axis", 2L));
            recent = Next("recent", Op("Where", Op("Unsqueeze", isThere, Integers(2)), longer, before), "B", sensors, RecentSteps);
        }

        /// <summary>The patterns that ended <see cref="Delay"/> steps ago go into the memories in which they are new; then the distance of the patterns of now.</summary>
        public void Remember()
        {
            var may = Op("And", isThere, Op("GreaterOrEqual", count, Number(RecentSteps)));
            if (of.HoldAbove is not null) may = Op("And", may, IsLearning());
            var lengths = Enumerable.Range(0, of.Scales).Select(scale => Remember(of.Taps >> scale, may)).ToList();
            var isKnown = Op("And", Op("Greater", lengths[0].Used, Number(0)), Op("GreaterOrEqual", count, Number(of.Taps)));
            novelty = Op("Where", isKnown, Op("Div", lengths.Select(l => l.Distance).Aggregate((sum, distance) => Op("Add", sum, distance)), Number(of.Scales)), Number(0));
            nearest = Op("Where", isKnown, lengths[0].Last, level);
        }

        /// <summary>The memories of patterns of one length: distance and last level of the nearest, and how many are there.</summary>
        private (string Distance, string Last, string Used) Remember(int taps, string may)
        {
            var old = Op("Unsqueeze", Slice(recent, of.Taps - taps, of.Taps), Integers(3));
            var lately = Remember($"patterns{taps}", of.Patterns, Novelty, old, taps, may);
            var pattern = Op("Unsqueeze", Slice(recent, RecentSteps - taps, RecentSteps), Integers(3));
            var (distance, last) = Nearest(lately, pattern);
            if (of.Lasting == 0) return (distance, last, lately.Used);
            var (distanceOfLasting, lastOfLasting) = Nearest(Remember($"lasting{taps}", of.Lasting, LastingNovelty, old, taps, may), pattern);
            return (Op("Min", distance, distanceOfLasting), Op("Where", Op("Less", distanceOfLasting, distance), lastOfLasting, last), lately.Used);
        }

        /// <summary>One memory, with the old pattern [B,F,W,1] in place of its oldest where that may be and it is new.</summary>
        /// <returns>Patterns [B,F,W,K], along whose last dimension the arithmetic is fast, how many are there [B,F], W and K.</returns>
        private (string Patterns, string Used, int Taps, int Size) Remember(string name, int size, float novelty, string old, int taps, string may)
        {
            var (patterns, used) = (State(name, "BFLH", sensors, taps, size), State($"{name}_used", "BF", sensors));
            var insert = Op("And", may, Op("Greater", Nearest((patterns, used, taps, size), old).Distance, Op("Mul", deviation, Number(novelty))));
            var slot = Op("Mod", [used, Number(size)], ("fmod", 1L));
            var here = Op("And", Op("Equal", Slots(size), Op("Unsqueeze", slot, Integers(2))), Op("Unsqueeze", insert, Integers(2)));
            patterns = Next(name, Op("Where", Op("Unsqueeze", here, Integers(2)), old, patterns), "B", sensors, taps, size);
            var more = Op("Add", used, Flag(insert));
            used = Next($"{name}_used", Op("Where", Op("Less", more, Number(2 * size)), more, Op("Sub", more, Number(size))), "B", sensors);
            return (patterns, used, taps, size);
        }

        /// <summary>Root mean square distance of a pattern [B,F,W,1] to the nearest of a memory, and that one's last level; those that are not there are infinitely far.</summary>
        private (string Distance, string Last) Nearest((string Patterns, string Used, int Taps, int Size) memory, string pattern)
        {
            var off = Op("Sub", memory.Patterns, pattern);
            var mean = Op("ReduceMean", [Op("Mul", off, off)], ("axes", new[] { 2L }), ("keepdims", 0L));
            var there = Op("Where", Op("Less", Slots(memory.Size), Op("Unsqueeze", memory.Used, Integers(2))), mean, Number(Far));
            var lasts = Op("Squeeze", Op("Slice", memory.Patterns, Integers(memory.Taps - 1), Integers(memory.Taps), Integers(2)), Integers(2));
            var index = Op("ArgMin", [there], ("axis", 2L), ("keepdims", 1L));
            return (Op("Sqrt", Op("ReduceMin", [there], ("axes", new[] { 2L }), ("keepdims", 0L))), Op("Squeeze", Op("GatherElements", [lasts, index], ("axis", 2L)), Integers(2)));
        }

        private string Slots(int size)
        {
            if (!slots.TryGetValue(size, out var name)) slots.Add(size, name = g.Initializer($"slots{size}", [size], [.. Enumerable.Range(0, size).Select(i => (float)i)]));
            return name;
        }

        public void Score()
        {
            var before = State("novelty", "BF", sensors);
            var after = Op("Add", before, Op("Div", Op("Sub", novelty, before), Number(of.DistanceSmoothing)));
            var distance = Next("novelty", Op("Where", isThere, after, before), "B", sensors);
            var told = Op("Mul", isWarmup, Flag(Op("Greater", count, Number(of.UsualFrom))));
            var usualAtMost = Op("Min", novelty, deviation);
            var usual = Next("usual", Op("Add", State("usual", "BF", sensors), Op("Mul", told, Op("Mul", usualAtMost, usualAtMost))), "B", sensors);
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
            var floats = 1L;
            foreach (var dim in dims) floats *= dim;
            Floats += floats;
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
